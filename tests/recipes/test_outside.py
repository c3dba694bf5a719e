"""What recipes may not reach: what is outside of the paths and ports that they name."""

import pytest
from programs.outside import check_outside, limited

from . import RECIPES, files, network, packages, processes, suites  # noqa: F401  they register

LIMITED = limited(RECIPES.here())


@pytest.mark.parametrize("program", LIMITED, ids=repr)
def test_what_is_outside_is_refused(program, play):
    check_outside(play, program)


@pytest.mark.once
@pytest.mark.parametrize("program", [p for p in LIMITED if p.name == "database"], ids=repr)
def test_without_a_filter_it_works(program, play):
    """Else the refusals would show nothing."""
    check_outside(play, program, filtered=False)
