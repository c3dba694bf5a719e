"""From rules to a filter in force: a Python binding of libseccomp.

The arguments are the file with the policies, and the module: pyseccomp and Debian's python3-seccomp
have the same interface.
"""

import errno
import importlib
import json
import sys
from functools import partial
from pathlib import Path

from answering import answer_all, enforce_rehearsed

seccomp = importlib.import_module(sys.argv[2])

OPERATORS = {
    "<": seccomp.LT,
    "<=": seccomp.LE,
    "==": seccomp.EQ,
    "!=": seccomp.NE,
    ">=": seccomp.GE,
    ">": seccomp.GT,
}


def comparison(argument, op, datum):
    if isinstance(op, int):
        return seccomp.Arg(argument, seccomp.MASKED_EQ, op, datum)
    return seccomp.Arg(argument, OPERATORS[op], datum)


def enforcer(rules):
    prepared = [(name, [comparison(*item) for item in items]) for name, items in rules]

    def enforce():
        context = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name, comparisons in prepared:
            context.add_rule(seccomp.ALLOW, name, *comparisons)
        context.load()

    return partial(enforce_rehearsed, enforce)


policies = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
answer_all({name: enforcer(rules) for name, rules in policies.items()})
