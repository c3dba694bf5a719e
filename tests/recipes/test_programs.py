"""Whole programs: each runs under its chain of permissions, and fails without any one of them."""

import pytest

from . import RECIPES, files, network, packages, processes, suites  # noqa: F401  they register


@pytest.mark.parametrize("program", RECIPES.here(), ids=repr)
def test_it_runs(program, form, play):
    program.check_run(play(program, form=form))


@pytest.mark.parametrize(("program", "permission"), RECIPES.permissions(), ids=str)
def test_it_fails_without(program, permission, play):
    program.check_refusal(permission, play(program, without=permission))


@pytest.mark.once
def test_every_program_is_run():
    RECIPES.check_complete()
