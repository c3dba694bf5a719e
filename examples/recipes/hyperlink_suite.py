"""Run the tests of a package under a filter: those of hyperlink, which is pure Python."""

import encodings.punycode
import sys
import unittest

import idna.uts46data

from pyextrasafe import SafetyContext, SystemIO

# test_hypothesis fails without a filter, too, with a hypothesis of today.
NAMES = ["common", "decoded_url", "parse", "scheme_registration", "socket", "url"]

tests = unittest.defaultTestLoader.loadTestsFromNames([f"hyperlink.test.test_{n}" for n in NAMES])

SafetyContext().enable(SystemIO().allow_stdout()).apply_to_all_threads()

result = unittest.TextTestRunner(stream=sys.stdout).run(tests)
assert result.wasSuccessful()
