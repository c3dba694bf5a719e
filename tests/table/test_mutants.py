"""A sample of what ./dev mutants does in full, and that it can fail."""

import os
import random

import pytest

from . import cases, compiler, library, mutate, table
from .reviewed import compare, read_survivors

pytestmark = pytest.mark.once

SEED = int(os.environ.get("ES_TEST_SEED", random.randrange(2**32)))
SAMPLE = 1000


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return table.Table(tmp_path_factory.mktemp("table"))


def test_the_table_is_what_the_lists_say(judge):
    assert judge.faults({"x86_64": table.NATIVE}) == []


def test_a_sample_of_mutants_is_killed(judge):
    print(f"ES_TEST_SEED={SEED}")
    mutants = random.Random(SEED).sample(mutate.all_mutants(judge), SAMPLE)
    survivors = [str(mutant) for mutant in mutants if not mutate.noticed(judge, mutant)]
    assert compare(survivors, read_survivors()) == []


def test_a_broken_compiler_is_noticed(tmp_path):
    print(f"ES_TEST_SEED={SEED}")
    broken = random.Random(SEED).choice(compiler.read_breaks())
    test, fault = compiler.Compiler(tmp_path).judge(broken)
    assert not fault, f"{broken}: {fault}"
    assert test, f"{broken} is not noticed"


def test_the_breaks_fit_the_source(tmp_path):
    for broken in compiler.read_breaks():
        copy = tmp_path / broken.file
        copy.parent.mkdir(exist_ok=True)
        copy.write_text((compiler.CSRC / broken.file).read_text())
        assert not broken.apply(tmp_path), broken


# ---- The runner can fail -------------------------------------------------------------------------


def test_a_changed_table_is_told(judge):
    row = next(r for r in judge.rows if str(r) == "SystemIO.allow_stdout: promise write(0==0x1)")
    mutant = mutate.RowMutant(row, "dropped", library.RULE, None)
    mutant.apply(judge.lib)
    try:
        (fault,) = judge.faults_of("SystemIO.allow_stdout", table.NATIVE)
        assert fault.startswith("write(1")
        assert fault.endswith("is EPERM, not ALLOW")
        assert judge.faults_of("SystemIO.allow_stderr", table.NATIVE) == set()
    finally:
        mutant.undo(judge.lib)
    assert judge.faults_of("SystemIO.allow_stdout", table.NATIVE) == set()


def test_a_mutant_that_changes_nothing_survives(judge):
    row = next(row for row in judge.rows if row.kind == library.PROMISE)
    same = mutate.RowMutant(row, "as it is", row.kind, row.comparisons)
    assert mutate.noticed(judge, same) is None


def test_mutants_leave_the_table_as_it_was(judge):
    mutants = mutate.all_mutants(judge)
    # Each comparison has more mutants than that, and writing all takes half a minute.
    before = [str(mutant) for mutant in mutants[::20]]
    for mutant in mutants[::400]:
        mutate.noticed(judge, mutant)
    judge.rows = [judge.read_row(i) for i in range(len(judge.rows))]
    assert [str(mutant) for mutant in mutate.all_mutants(judge)[::20]] == before


def test_survivors_must_be_reviewed():
    reviewed = {"a": "because", "b": "because", "c": ""}
    assert compare(["a", "d"], reviewed, ["a", "b", "d"]) == [
        "reviewed without a reason: c",
        "reviewed, but killed: b",
        "reviewed, but no mutant: c",
        "survives, and nobody has said why: d",
    ]


def test_a_list_that_contradicts_itself_is_refused(judge):
    line = judge.plain.line("EPERM", "write(1)", "here")
    with pytest.raises(cases.ListError, match="here: SystemIO.allow_stdout: write"):
        judge.plain.check(["SystemIO.allow_stdout"], [line], judge.is_absent)


def test_a_break_that_does_not_fit_is_refused(tmp_path):
    (tmp_path / "compile.c").write_text("a\nb\nb\n")
    broken = compiler.Break("compile.c: nothing")
    broken.new = ["c"]
    for old, times in ((["x"], 0), (["b"], 2)):
        broken.old = old
        assert broken.apply(tmp_path) == f"its old lines occur {times} times"
    broken.old = ["a", "b"]
    assert broken.apply(tmp_path) is None
    assert (tmp_path / "compile.c").read_text() == "c\nb\n"
