"""A filter: what comes in on standard input goes out on standard output, in capitals."""

import sys

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

for line in sys.stdin:
    sys.stdout.write(line.upper())
sys.stdout.flush()  # or a refusal would be seen at exit only
