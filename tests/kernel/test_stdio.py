"""SystemIO.allow_stdin, allow_stdout, allow_stderr: one descriptor each."""

import pytest


def test_stdout(run, form):
    def case(box):
        import os
        import sys

        from pyextrasafe import SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        box.apply(SystemIO().allow_stdout())
        box.works("print", print, "printed")
        box.works("flush", sys.stdout.flush)
        box.works("much", lambda: print("x" * 200_000, flush=True))
        box.works("write", os.write, 1, b"written\n")
        box.works("writev", raw, "writev", 1, raw.vector(b"written\n"), 1)
        box.refused("standard error", os.write, 2, b"x")
        box.refused("standard error, writev", raw, "writev", 2, raw.vector(b"x"), 1)
        box.refused("a file", os.write, file, b"x")
        box.refused("a file, writev", raw, "writev", file, raw.vector(b"x"), 1)
        box.refused("a file, pwrite", os.pwrite, file, b"x", 0)
        box.refused("standard input", os.write, 0, b"x")
        box.refused("read from standard output", os.read, 1, 1)
        box.refused("read from standard input", os.read, 0, 1)

    result = run(case, form=form)
    assert result.stdout == b"printed\n" + b"x" * 200_000 + b"\nwritten\nwritten\n"
    assert result.stderr == b""
    assert (result.directory / "file").read_bytes() == b""


def test_stderr(run, form):
    def case(box):
        import logging
        import os
        import sys

        from pyextrasafe import SystemIO

        logging.basicConfig(format="%(message)s")
        box.apply(SystemIO().allow_stderr())
        box.works("print", print, "printed", file=sys.stderr, flush=True)
        box.works("write", os.write, 2, b"written\n")
        box.works("log", logging.warning, "logged %d times", 1)
        box.refused("standard output", os.write, 1, b"x")
        box.refused("read from standard error", os.read, 2, 1)

    result = run(case, form=form)
    assert result.stderr == b"printed\nwritten\nlogged 1 times\n"
    assert result.stdout == b""


@pytest.mark.parametrize("allowed", [1, 2])
def test_only_the_low_half_of_a_descriptor_counts(run, form, allowed):
    """The kernel reads 32 bits of it: the upper half must neither open nor close anything."""

    def case(box, allowed):
        from pyextrasafe import SystemIO

        raw = box.raw()
        text, vector = raw.memory(b"yes"), raw.vector(b"yes")
        refused = 3 - allowed
        box.apply([SystemIO().allow_stdout(), SystemIO().allow_stderr()][allowed - 1])
        for upper in (1, 2**31, 2**32 - 1):
            box.gives("write", 3, raw, "write", upper << 32 | allowed, text, 3)
            box.gives("writev", 3, raw, "writev", upper << 32 | allowed, vector, 1)
            box.refused("write", raw, "write", upper << 32 | refused, text, 3)
            box.refused("writev", raw, "writev", upper << 32 | refused, vector, 1)
            box.refused("allowed in the upper half", raw, "write", allowed << 32 | refused, text, 3)

    result = run(case, form=form, allowed=allowed)
    outputs = [result.stdout, result.stderr]
    assert outputs[allowed - 1] == b"yes" * 6
    assert outputs[2 - allowed] == b""


def test_stdin(run, form):
    def case(box):
        import os
        import sys

        from pyextrasafe import SystemIO

        file = os.open("file", os.O_RDWR | os.O_CREAT)
        os.pwrite(file, b"secret", 0)
        raw = box.raw()
        box.apply(SystemIO().allow_stdin())
        box.gives("input", "first", input)
        box.gives("readline", "second\n", sys.stdin.readline)
        box.gives("read", "third\nfourth\n", sys.stdin.read)
        box.gives("the end", b"", os.read, 0, 1)
        box.refused("a file", os.read, file, 6)
        box.refused("a file, pread", os.pread, file, 6, 0)
        box.refused("a file, readv", raw, "readv", file, raw.vector(6), 1)
        box.refused("write to standard input", os.write, 0, b"x")
        box.refused("standard output", os.write, 1, b"x")

    run(case, form=form, stdin=b"first\nsecond\nthird\nfourth\n")


def test_stdin_widths(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        file = os.open("/etc/passwd", os.O_RDONLY)
        memory = raw.memory(9)
        box.apply(SystemIO().allow_stdin())
        box.gives("garbage above", 9, raw, "read", 7 << 32, memory, 9)
        box.refused("a file", raw, "read", 1 << 32 | file, memory, 9)
        box.equal("what was read", b"typed in\n", raw.read(memory, 9))

    run(case, form=form, stdin=b"typed in\n")


def test_input_at_a_terminal(run, form):
    """input() asks the terminal; the readline module waits for it. Neither may hang."""

    def case(box):
        import os
        import sys

        from pyextrasafe import SystemIO

        try:
            import readline  # noqa: F401
        except ImportError:
            pass
        controller, terminal = os.openpty()
        for fd in (0, 1):
            os.dup2(terminal, fd)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
        os.write(controller, b"typed\n")
        box.apply(SystemIO().allow_stdin().allow_stdout())
        box.gives("input", "typed", input, "prompt> ")

    run(case, form=form)


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_is_it_a_terminal_and_how_wide(run, form, stream):
    """Each permission answers for its own stream; isatty() of another one says no."""

    def case(box, stream):
        import fcntl
        import os
        import struct
        import termios

        import constants as c
        from pyextrasafe import SystemIO

        raw = box.raw()
        state = raw.memory(64)
        _, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        for fd in range(3):
            os.dup2(terminal, fd)
        own = ["stdin", "stdout", "stderr"].index(stream)
        box.apply(getattr(SystemIO(), f"allow_{stream}")())
        box.gives("isatty", True, os.isatty, own)
        box.gives("size", (80, 24), os.get_terminal_size, own)
        for request in (c.TCGETS, c.TCGETS2, c.TIOCGWINSZ):
            box.works(f"{request:#x}", raw, "ioctl", own, request, state)
        for fd in {0, 1, 2, terminal} - {own}:
            box.gives(f"isatty({fd})", False, os.isatty, fd)
            box.refused(f"size of {fd}", os.get_terminal_size, fd)
            box.refused(f"TCGETS2 of {fd}", raw, "ioctl", fd, c.TCGETS2, state)
            box.refused(f"{fd}, its own above", raw, "ioctl", own << 32 | fd, c.TCGETS, state)
        box.refused("modes", raw, "ioctl", own, c.TCSETS, state)
        box.refused("type", raw, "ioctl", own, termios.TIOCSTI, state)
        box.refused("group", os.tcgetpgrp, own)

    run(case, form=form, stream=stream)


def test_without_a_permission_nothing_is_a_terminal(run, form):
    def case(box):
        import os

        _, terminal = os.openpty()
        for fd in range(3):
            os.dup2(terminal, fd)
        box.apply()
        for fd in range(3):
            box.gives(f"isatty({fd})", False, os.isatty, fd)
            box.refused(f"size of {fd}", os.get_terminal_size, fd)

    run(case, form=form)


def test_all_three(run, form):
    def case(box):
        import os
        import sys

        from pyextrasafe import SystemIO

        reader, writer = os.pipe()
        box.apply(SystemIO().allow_stdin().allow_stdout().allow_stderr())
        box.gives("in", "typed", input)
        box.works("out", print, "out", flush=True)
        box.works("err", print, "err", file=sys.stderr)
        box.refused("a pipe", os.write, writer, b"x")
        box.refused("read a pipe", os.read, reader, 1)

    result = run(case, form=form, stdin=b"typed\n")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


def test_nothing_to_write_to(run, form):
    """Without a permission print() fails when it flushes, and so does the end of the program."""

    def case(box):
        box.apply()
        box.works("a buffer takes it", print, "lost")
        box.refused("the kernel does not", print, flush=True)

    result = run(case, form=form, ends="exit 120")
    assert result.stdout == b""
