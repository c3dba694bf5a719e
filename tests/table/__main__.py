"""Mutation run: python -m table [table | compiler] [--sample COUNT] [--seed SEED]

Changes the table of rule sets in some ten thousand ways, and the compiler in some fifty, and fails
unless the case lists of cases/ and the tests of csrc/tests notice each. What cannot be noticed is
listed in survivors.txt with its reason.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter

from . import compiler, mutate, table
from .reviewed import compare, read_survivors


def run_table(folder, sample, seed):
    """Return whether the table agrees with the lists and every mutant of it is killed."""
    judge = table.Table(folder)
    faults = judge.faults()
    for fault in faults:
        print(f"table: {fault}")
    if faults:
        print(f"table: {len(faults)} times the table is not what the lists say")
        return False
    mutants = mutate.all_mutants(judge)
    if sample:
        mutants = random.Random(seed).sample(mutants, sample)
    survivors = [mutant for mutant in mutants if not mutate.noticed(judge, mutant)]
    killed = Counter(mutant.permission for mutant in mutants)
    total = dict(killed)
    killed.subtract(mutant.permission for mutant in survivors)
    for name in total:
        print(f"table: {name:42} {killed[name]:5} of {total[name]:5} killed")
    faults = compare(map(str, survivors), read_survivors(), None if sample else map(str, mutants))
    for fault in faults:
        print(f"table: {fault}")
    print(
        f"table: {sum(killed.values())} of {len(mutants)} mutants killed, the other "
        f"{len(survivors)} {'NOT ALL ' if faults else ''}reviewed"
    )
    return not faults


def run_compiler(folder, sample, seed):
    """Return whether every break of the compiler is noticed."""
    breaks = compiler.read_breaks()
    if sample:
        breaks = random.Random(seed).sample(breaks, sample)
    judge = compiler.Compiler(folder)
    judge.build()
    failing = judge.notice(judge.whole)
    if failing:
        print(f"compiler: test_{failing} fails before anything is broken")
        return False
    noticed = 0
    for broken, (test, fault) in zip(breaks, judge.judge_all(breaks)):
        noticed += test is not None
        print(f"compiler: {fault or test or 'NOT NOTICED':12} {broken}")
    print(f"compiler: {noticed} of {len(breaks)} breaks noticed")
    return noticed == len(breaks)


def main():
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["table", "compiler"])
    parser.add_argument("--sample", type=int, default=0, help="this many only, at random")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    if arguments.sample:
        print(f"--sample {arguments.sample} --seed {arguments.seed}")
    runs = {"table": run_table, "compiler": run_compiler}
    good = True
    for what in [arguments.what] if arguments.what else runs:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            good = runs[what](folder, arguments.sample, arguments.seed) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
