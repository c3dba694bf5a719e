"""Fixtures of the kernel tests alone; those of all tests in boxes are in tests/conftest.py."""

import pytest

from .box import compile_c
from .judge import Judge


@pytest.fixture(scope="session")
def static_program(tmp_path_factory):
    """The path of a program that needs no dynamic loader; it exits with status 42."""
    path = tmp_path_factory.mktemp("static") / "program"
    compile_c("int main(void) { return 42; }", path, "-static")
    return str(path)


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    """What the lists of tests/table/cases say."""
    return Judge(tmp_path_factory.mktemp("constants"))
