"""Run the tests of a package under a filter: those of simplejson, which has a part in C."""

import sys
import unittest

import simplejson.tests

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

tests = simplejson.tests.all_tests_suite()

SafetyContext().enable(
    Threads().allow_create_threads(),  # they use the package in several threads,
    ForkAndExec(),  # start its command line tool,
    SystemIO.everything(),  # make temporary files for it, and import late
).apply_to_all_threads()

result = unittest.TextTestRunner(stream=sys.stdout, failfast=True).run(tests)
assert result.wasSuccessful()
