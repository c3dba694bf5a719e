"""How a Python package answers: every line asks for a figure, and is answered by nanoseconds.

An answer that begins with "!" says why there is none.
"""

import mmap
import os
import sys
import threading
import time

# Shared by parent and child: a filter may forbid every other way.
SHARED = mmap.mmap(-1, 4096)


REHEARSALS = 3


def enforce_once(enforce):
    """Enforce a policy, and return the nanoseconds that it took."""
    start = time.perf_counter_ns()
    enforce()
    return time.perf_counter_ns() - start


def enforce_rehearsed(enforce):
    """Enforce a policy, and return the nanoseconds that it took.

    Threads rehearse it, each under a filter of its own, so that what follows a fork (pages that are
    mapped and copied at their first use) does not count.
    """
    for _ in range(REHEARSALS):
        rehearsal = threading.Thread(target=enforce)
        rehearsal.start()
        rehearsal.join()
    return enforce_once(enforce)


def in_child(measure):
    """Return what a forked child answers."""
    SHARED[:] = bytes(len(SHARED))
    child = os.fork()
    if child == 0:
        try:
            answer = str(measure())
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is the answer
            answer = f"!{type(problem).__name__}: {problem}".partition("\n")[0]
        encoded = answer.encode()
        SHARED[: len(encoded)] = encoded
        os._exit(0)
    os.waitpid(child, 0)
    return SHARED[:].rstrip(b"\0").decode() or "!the child did not end as it should"


def answer_all(measures):
    """measures: for each figure the function that returns it, which is called in a child."""
    for line in sys.stdin:
        name = line.strip()
        answer = in_child(measures[name]) if name in measures else "!there is no such figure"
        print(answer, flush=True)
