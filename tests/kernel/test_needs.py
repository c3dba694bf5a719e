"""docs/data/needs.csv: what each line says is enough is enough, and without it is what it says."""

import csv
import pathlib
import platform
import sys

import pytest

from .box import GLIBC

PYPY = platform.python_implementation() == "PyPy"
TABLE = pathlib.Path(__file__).parents[2] / "docs" / "data" / "needs.csv"
with TABLE.open(encoding="utf-8", newline="") as file:
    NEEDS = [
        need for need in csv.DictReader(file) if not (PYPY and need["doing"].endswith("(CPython)"))
    ]
# Others say it in other words.
WORDS = not PYPY and sys.version_info >= (3, 11)
# Of PyPy: docs/limits.rst.
HEARS_NOTHING = ["resource.getrusage(who)"]


def case(box, before, after, permissions):
    import pyextrasafe

    space = {}
    exec(before, space)
    # A chain may name what was made before.
    box.apply(*eval(f"[{permissions}]", {**vars(pyextrasafe), **space}))
    try:
        box.note("answer", f"silent: {eval(after, space)!r}")
    except Exception as error:  # noqa: BLE001
        box.note("answer", f"{type(error).__name__}: {error}")
    box.true("there is an answer", True)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need["doing"])
def test_it_is_enough(run, form, need):
    values = {name: need[name] for name in ("before", "after", "permissions")}
    answer = run(case, form=form, stdin=b"text", **values).notes["answer"]
    assert answer.startswith("silent: ")
    assert answer != need["refused"]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need["doing"])
def test_without_it_is_as_told(run, need):
    values = {"before": need["before"], "after": need["after"]}
    values["permissions"] = "SystemIO().allow_stderr()"
    answer = run(case, stdin=b"text", **values).notes["answer"]
    told = need["refused"]
    if PYPY and need["doing"] in HEARS_NOTHING:
        told = "silent"
    if not GLIBC and need["doing"] == "socket.getaddrinfo(name, port)":
        assert answer.startswith(("PermissionError", "gaierror"))
        return
    if not WORDS:
        answer, told = answer.partition(":")[0], told.partition(":")[0]
    assert answer.startswith(told)
