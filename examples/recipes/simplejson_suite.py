"""Run the tests of a package under a filter: those of simplejson, which has a part in C."""

import os
import sys
import tempfile
import unittest

import simplejson.tests

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

tests = simplejson.tests.all_tests_suite()
tempfile.tempdir = os.path.abspath("temporary")

SafetyContext().enable(
    Threads().allow_create_threads(),  # they use the package in several threads,
    ForkAndExec().allow_execute_path(sys.executable),  # start its command line tool,
    SystemIO().allow_python_files(),  # import late,
    SystemIO().allow_scratch_dir("temporary"),  # make temporary files for the tool,
    SystemIO().allow_stdin().allow_stdout(),  # talk to it, and report
).apply_to_all_threads()

result = unittest.TextTestRunner(stream=sys.stdout, failfast=True).run(tests)
assert result.wasSuccessful()
