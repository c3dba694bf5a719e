"""Applications with real servers: each runs under its chain of permissions.

test_explained.py shows that it fails without any one of them.
"""

import pytest

from . import APPLICATIONS, data, files, web  # noqa: F401  they register programs


@pytest.mark.parametrize("program", APPLICATIONS.here(), ids=repr)
def test_it_runs(program, form, play):
    program.check_run(play(program, form=form))


@pytest.mark.once
def test_every_application_is_run():
    APPLICATIONS.check_complete()
