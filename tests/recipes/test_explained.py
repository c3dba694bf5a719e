"""Each of the recipes without one of its permissions: its explanations lead to that one."""

import pytest
from programs import explained

from . import RECIPES, files, network, packages, processes, suites  # noqa: F401  they register

REASONS = {
    ("captured_output", "allow_python_files()"): explained.BY_A_CHILD,
    ("captured_output", "allow_read_path('words')"): explained.BY_A_CHILD,
    ("captured_output", "allow_stdout()"): explained.BY_A_CHILD,
    ("child_with_timeout", "allow_stdin()"): explained.BY_A_CHILD,
    ("fork_pool", processes.WAITS): explained.IN_A_THREAD,
    ("fork_workers", processes.WAITS): explained.IN_A_THREAD,
    ("simplejson_suite", "allow_create_threads()"): explained.BY_A_CHILD,
    ("simplejson_suite", "allow_stdin()"): explained.BY_A_CHILD,
    ("static_program", "allow_create_threads()"): explained.BY_A_CHILD,
    ("static_program", "allow_stdout()"): explained.BY_A_CHILD,
    # faulthandler's own thread, in C.
    ("watchdog", "allow_stderr()"): explained.IN_A_THREAD,
}


@pytest.mark.once
@pytest.mark.parametrize(("program", "permission"), RECIPES.permissions(), ids=str)
def test_explanations_lead_to_it(program, permission, play):
    explained.check(play, program, permission, REASONS)
