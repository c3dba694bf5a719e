"""Runs where a wheel was installed: imports it, compiles a context, and asks what that allows."""

import platform
import sys

import pyextrasafe

answers = pyextrasafe.SafetyContext().enable(pyextrasafe.SystemIO().allow_stdout()).compile()
assert answers.decide("write", 1).action == "allow"
assert answers.decide("write", 2).action == "errno"
assert answers.decide("openat", None, "/etc/passwd", "O_RDONLY").action == "errno"
print(
    platform.python_implementation(),
    "{}.{}".format(*sys.version_info),
    platform.machine(),
    f"pyextrasafe {pyextrasafe.__version__}: {len(answers)} instructions",
)
