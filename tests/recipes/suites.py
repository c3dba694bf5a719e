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
    files={"temporary/none": b""},
    refusals={
        "allow_create_threads()": ("AssertionError", ""),
        "ForkAndExec()": ("AssertionError", ""),
        "allow_execute_path(sys.executable)": ("AssertionError", ""),
        "allow_python_files()": ("AssertionError|ModuleNotFoundError", ""),
        "allow_scratch_dir('temporary')": ("AssertionError", ""),
        "allow_stdin()": ("AssertionError", ""),
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
        for name in ("stdout", "python_files")
    },
)
def toolz_suite(result):
    assert count(rb"^(\d+) passed", result) > 150
