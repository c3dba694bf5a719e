"""Run tests under a filter: they make files below tmp_path, and what they print is captured."""

import sys

import pytest

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(SystemIO.everything()).apply_to_all_threads()

sys.exit(pytest.main(["-p", "no:cacheprovider", "--basetemp=scratch", "tests"]))
