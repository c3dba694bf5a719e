"""The fixture that runs a program."""

import pathlib

import pytest


@pytest.fixture
def play(run, certificate):
    """play(program) runs a program in a box, play(program, without=...) a poorer one."""
    files = {"localhost.pem": pathlib.Path(certificate).read_bytes()}
    return lambda program, without=None: program.run(run.launch, files, without)
