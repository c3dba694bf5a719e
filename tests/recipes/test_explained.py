"""Each of the recipes without one of its permissions: its explanations lead to that one."""

import pytest
from programs import explained

from . import RECIPES, files, network, packages, processes, suites  # noqa: F401  they register

REASONS = {}


@pytest.mark.once
@pytest.mark.parametrize(("program", "permission"), RECIPES.permissions(), ids=str)
def test_explanations_lead_to_it(program, permission, play):
    explained.check(play, program, permission, REASONS)
