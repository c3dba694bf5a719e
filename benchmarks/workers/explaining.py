"""What one system call takes under a filter that explains its denials, or does not, or without.

The arguments are which of these, and which call.  Calls are made by ctypes: an exception for each
denial would take longer than the denial.
"""

import ctypes
import os
import sys
import time

from pyextrasafe import SafetyContext, SystemIO

WAYS = ("no filter", "filter", "explained")
ROUNDS, DENIALS = 20000, 100
libc = ctypes.CDLL(None)


def many(call):
    """Return the nanoseconds of each of many calls."""
    for _ in range(10):
        call()
    start = time.perf_counter_ns()
    for _ in range(ROUNDS):
        call()
    return (time.perf_counter_ns() - start) / ROUNDS


def open_and_close():
    libc.close(libc.open(b"/usr", os.O_RDONLY))


def denied_first():
    """Return the nanoseconds of denials that are explained, each for the first time."""
    paths = [f"/etc/{number}".encode() for number in range(DENIALS)]
    start = time.perf_counter_ns()
    for path in paths:
        libc.rmdir(path)
    return (time.perf_counter_ns() - start) / DENIALS


CALLS = {
    "getuid": lambda: many(libc.getuid),
    "write": lambda: many(lambda: libc.write(null, b"", 0)),
    "open and close": lambda: many(open_and_close),
    "sigprocmask": lambda: many(lambda: libc.sigprocmask(0, None, None)),
    "denied before": lambda: many(lambda: libc.getsid(0)),
    "denied first": denied_first,
}

way, name = sys.argv[1:]
null = os.open("/dev/null", os.O_WRONLY)
context = SafetyContext().enable(
    SystemIO().allow_stdout().allow_file_write(null).allow_read_path("/usr").allow_close()
)
if way == "explained":
    context.explain_denials(False)
if way != "no filter":
    context.apply_to_all_threads()
print(CALLS[name](), flush=True)
