"""Have another program sort the lines of a file."""

import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO

SafetyContext().enable(
    ForkAndExec(),
    # A program that is started reads its libraries, and prints; subprocess reads what it printed.
    SystemIO().allow_open_readonly().allow_metadata().allow_read().allow_close().allow_stdout(),
).apply_to_all_threads()

answer = subprocess.run(["sort", "words"], stdout=subprocess.PIPE, check=True)
print(*answer.stdout.decode().split(), flush=True)
