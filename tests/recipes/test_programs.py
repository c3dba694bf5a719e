"""Whole programs: each runs under its chain of permissions, and fails without any one of them."""

import pytest

from . import files, network, packages, processes, suites  # noqa: F401  they register programs
from .program import ALL, HERE, RECIPES
from .where import here

PROGRAMS = [program for program in ALL if here(program)]
PERMISSIONS = [(program, name) for program in PROGRAMS for name in program.permissions()]


@pytest.mark.parametrize("program", PROGRAMS, ids=repr)
def test_it_runs(program, form, play):
    result = play(program, form=form)
    assert not result.faults(), str(result)
    assert result.ending == program.ends, str(result)
    assert result.finished or program.ends != "exit 0", str(result)
    assert b"Traceback" not in result.stderr, str(result)
    program.check(result)


@pytest.mark.parametrize(("program", "permission"), PERMISSIONS, ids=str)
def test_it_fails_without(program, permission, play):
    program.check_refusal(permission, play(program, without=permission))


@pytest.mark.once
def test_every_program_is_run():
    recipes = {program.name for program in ALL}
    visitors = {program.visitor for program in ALL if program.visitor}
    assert {path.stem for path in RECIPES.glob("*.py")} == recipes
    assert {path.stem for path in (HERE / "visitors").glob("*.py")} == visitors
