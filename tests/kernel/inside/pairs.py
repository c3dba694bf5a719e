"""Pairs of permissions, each tried in a child of its own."""

import marshal
import mmap
import os

import pyextrasafe


def tried(box, pairs, attempt):
    """Return what attempt(pair) returned in each child; None where a pair contradicts itself."""
    names = vars(pyextrasafe)
    report = mmap.mmap(-1, 1 << 16)
    try:
        box.apply(pyextrasafe.SystemIO().allow_stdout().allow_write())
    except pyextrasafe.ExtraSafeError:
        pass  # nothing was loaded, and what each child would import is here
    found = {}
    for pair in pairs:
        pid = os.fork()
        if pid == 0:
            outcome = "it broke"
            try:
                box.apply(*[eval(code, names) for code in pair])
                outcome = attempt(pair)
            except pyextrasafe.ExtraSafeError:
                outcome = None
            finally:
                data = marshal.dumps(outcome)
                report[: len(data)] = data
                os._exit(0)
        os.waitpid(pid, 0)
        found[pair] = marshal.loads(report)
    return found
