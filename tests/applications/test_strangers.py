"""Parsers of files from strangers: what the samples try works without a filter, and a parser that
was taken over can do nothing but write what it may write.
"""

import copy

import pytest

from . import APPLICATIONS
from . import files as _registers_them  # noqa: F401

APPLY = ".apply_to_all_threads()\n"
# Whoever has taken over the parser does this in place of it, and says what worked.
TAKEN_OVER = """
def take_over():
    import os, signal, socket, subprocess, sys

    def fork():
        if not os.fork():
            os._exit(0)

    worked = []
    listener = socket.create_server(("127.0.0.1", 0))
    yield  # here the lock-down comes in between
    for attempt in (
        lambda: open("owned", "w"),
        lambda: open("secret"),
        lambda: os.chmod("secret", 0o777),
        lambda: os.unlink("secret"),
        lambda: os.mkdir("folder"),
        lambda: os.listdir("."),
        lambda: socket.socket().connect(listener.getsockname()),
        lambda: subprocess.check_call(["true"]),
        lambda: os.kill(os.getppid(), signal.SIGCONT),
        fork,
    ):
        try:
            attempt()
        except PermissionError as refusal:
            worked.append(type(refusal).__name__)
        else:
            worked.append("worked")
    os.write(1, " ".join(worked).encode())
    os._exit(0)


thief = take_over()
next(thief)
"""
HARMED = [p for p in APPLICATIONS.here() if p.name in ("pictures", "catalogue", "settings")]
# What is wrong with a sample of these is a size or a name, which somebody else may trust.
OTHERS = [p for p in APPLICATIONS.here() if p.name in ("word_count", "papers")]


def changed(program, old, new):
    """The same program with another source."""
    assert program.source.count(old) == 1
    result = copy.copy(program)
    result.source = program.source.replace(old, new)
    return result


@pytest.mark.parametrize("program", HARMED + OTHERS, ids=repr)
@pytest.mark.parametrize("filtered", [True, False])
def test_a_parser_that_was_taken_over(program, filtered, play):
    lines = program.source.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("SafetyContext()"))
    lines.insert(start, TAKEN_OVER)
    robbed = copy.copy(program)
    # Free-threaded CPython reserves 1 GiB, after which nothing more could be imported.
    robbed.source = "".join(lines).replace("(1 << 30, hard)", "(4 << 30, hard)")
    robbed.files = {**program.files, "secret": b"swordfish"}
    robbed = changed(robbed, APPLY, (APPLY if filtered else "\n") + "next(thief, None)\n")
    result = play(robbed)
    expected = "PermissionError" if filtered else "worked"
    assert result.stdout.decode() == " ".join([expected] * 10), str(result)
    assert (result.directory / "owned").exists() == (not filtered)


@pytest.mark.once
@pytest.mark.parametrize("program", HARMED, ids=repr)
def test_the_samples_work_without_a_filter(program, play):
    """Else their refusal would show nothing."""
    result = play(changed(program, APPLY, "\n"))
    assert (result.directory / "owned").exists() or b"swordfish" in result.stdout, str(result)
