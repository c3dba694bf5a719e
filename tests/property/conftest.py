"""The process that asks the kernel."""

import pytest

from .kernel import Prober


@pytest.fixture(scope="session")
def prober():
    """A process whose children load filters and make calls."""
    prober = Prober()
    yield prober
    prober.close()
