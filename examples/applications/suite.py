"""Run tests under a filter: they make files below tmp_path, and what they print is captured."""

import os
import sys
import tempfile

import pytest

from pyextrasafe import Custom, SafetyContext, SystemIO

F_DUPFD_CLOEXEC = 1030  # PyPy's fcntl does not have it
OPTIONS = ["--rootdir=tests", "-pno:cacheprovider", "--basetemp=scratch/base"]

os.mkdir("scratch")
tempfile.tempdir = "scratch"  # capfd's files, too
sys.dont_write_bytecode = True

SafetyContext().enable(
    SystemIO()
    .allow_python_files()
    .allow_read_path("tests")
    .allow_scratch_dir("scratch")
    .allow_pipes()
    .allow_stdout()
    .allow_stderr(),
    Custom()
    .add_simple("chdir")  # pytest goes back to where it was started
    # capfd puts files in the place of the standard streams, and keeps copies of these.
    .add_simple("dup2")
    .add_simple("dup")  # PyPy
    .add_conditional(("fcntl", [(1, "==", F_DUPFD_CLOEXEC)]), unite=True),
).apply_to_all_threads()

sys.exit(pytest.main([*OPTIONS, "tests"]))
