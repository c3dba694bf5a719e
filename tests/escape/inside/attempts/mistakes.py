"""Mistakes

Claims that are wrong, and attempts that go wrong: the suite has to notice.
"""

import os
import signal
import time

from claims import NOTHING, admitted, attempt, harmless, refused, under

WRITES = under("SystemIO().allow_write()")


def writes(title, claim):
    @attempt(title, claim, effect="a byte is written")
    def prepare(world):
        pipe, byte = world.pipe(), world.raw.memory(b"!")
        return (lambda: world.raw("write", pipe.writer, byte, 1)), pipe.written


def does(title, function):
    """A function that is refused; without a filter its effect happens by definition."""

    @attempt(title, refused(WRITES), effect="something")
    def prepare(world):
        return function, lambda _: world.control


writes("refused, but it is allowed", refused(WRITES))
writes("harmless, but it is not", harmless(WRITES))
writes("admitted, but it is refused", admitted(NOTHING, "threat-kept"))
# These share a child, which ends more than once.
does("refused, but the kernel answers", lambda: os.write(999, b"!"))
does("refused, and it ends the process", lambda: os.kill(os.getpid(), signal.SIGKILL))
does("refused, and the process exits", lambda: os._exit(2))
does("refused, and it is", lambda: os.open("/", os.O_RDONLY))
does("refused, but it is broken", lambda: 1 / 0)


@attempt("refused, but it hangs", refused(WRITES), effect="something")
def hang(world):
    def go():
        signal.alarm(1)
        while not world.control:
            time.monotonic()

    return go, lambda _: world.control


@attempt("refused, but it is not locked down", refused(WRITES), effect="something", alone=True)
def not_locked_down(world):
    def before():
        if not world.control:
            raise RuntimeError("no filter")

    return (lambda: os.write(999, b"!")), lambda _: world.control, before


@attempt("its effect never happens", refused(NOTHING), effect="something")
def never(world):
    def go():
        if not world.control:
            os.open("/", os.O_RDONLY)

    return go, lambda _: False
