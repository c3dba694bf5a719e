"""Start a program, and end it when it takes too long."""

import os
import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

silence, _ = os.pipe()

SafetyContext().enable(
    ForkAndExec(),
    Threads().allow_sleep(),  # subprocess waits by looking again and again
    SystemIO().allow_open_readonly().allow_metadata().allow_read().allow_close().allow_stdout(),
).apply_to_all_threads()

try:
    subprocess.run(["cat"], stdin=silence, timeout=1, check=True)
except subprocess.TimeoutExpired:
    print("it was too slow", flush=True)
