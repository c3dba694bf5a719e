"""The tests of packages of others, run under a filter."""

import re

from . import program


def count(pattern, result):
    (number,) = re.findall(pattern, result.stdout, re.M)
    return int(number)


@program(packages=["hyperlink"])
def hyperlink_suite(result):
    assert b"\nOK" in result.stdout
    assert count(rb"^Ran (\d+) tests", result) > 80


# The tests fail that need it.
@program(
    packages=["simplejson"],
    refusals={
        "allow_create_threads()": ("AssertionError", ""),
        "ForkAndExec()": ("AssertionError", ""),
        "everything(), but less": ("AssertionError", ""),
    },
)
def simplejson_suite(result):
    assert b"\nOK" in result.stdout
    assert count(rb"^Ran (\d+) tests", result) > 150


# pytest takes some refusals for failures of the tests.
@program(
    packages=["toolz"],
    refusals={
        f"allow_{name}()": ("AssertionError|PermissionError", "")
        for name in ("stdout", "open_readonly", "read", "metadata", "close")
    },
)
def toolz_suite(result):
    assert count(rb"^(\d+) passed", result) > 150
