"""Fixtures of the kernel tests alone; those of all tests in boxes are in tests/conftest.py."""

import pytest

from .judge import Judge


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    """What the lists of tests/table/cases say."""
    return Judge(tmp_path_factory.mktemp("constants"))
