"""Run the tests of a package under a filter, by pytest: those of toolz, which is pure Python."""

import os

import pytest

from pyextrasafe import Custom, SafetyContext, SystemIO


class LockDown:
    """A plugin: the tests are collected, and imported, but have not run yet."""

    def pytest_collection_finish(self, session):
        SafetyContext().enable(
            SystemIO().allow_stdout(),
            SystemIO().allow_python_files(),
            Custom().add_simple("chdir"),  # pytest goes back to where it was started
        ).apply_to_all_threads()


os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
options = ["-c/dev/null", "--rootdir=.", "-pno:cacheprovider", "--capture=sys", "--tb=no", "-qx"]
assert pytest.main([*options, "--pyargs", "toolz.tests"], plugins=[LockDown()]) == 0
