"""SystemIO.allow_terminal: echo, modes and size of a terminal, but not whose it is."""


def test_a_password_is_asked_for(run, form):
    """What is typed after the prompt is not shown, and shown again afterwards."""

    def case(box):
        import getpass
        import os
        import signal
        import warnings

        from pyextrasafe import SystemIO

        controller, terminal = os.openpty()
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for when this process ends
        terminal = os.open(os.ttyname(terminal), os.O_RDWR)  # /dev/tty from now on

        def read_until(end):
            shown = b""
            while not shown.endswith(end):
                shown += os.read(controller, 100)
            return shown

        def type_in():
            read_until(b"Password: ")
            os.write(controller, b"secret\n")
            shown = read_until(b"Name: ")
            os.write(controller, b"name\n")
            return [shown, read_until(b"name\r\n")]

        warnings.simplefilter("error")  # getpass warns where it cannot turn the echo off
        box.peer("somebody", type_in)
        io = SystemIO().allow_open().allow_close().allow_read().allow_write().allow_metadata()
        box.apply(io.allow_terminal())
        box.gives("getpass", "secret", getpass.getpass)
        os.write(terminal, b"Name: ")
        box.gives("shown again", b"name\n", os.read, terminal, 100)

    assert run(case, form=form).peers["somebody"] == ("ok", [b"\r\nName: ", b"name\r\n"])


def test_modes_size_and_queues(run, form):
    def case(box):
        import fcntl
        import os
        import struct
        import termios
        import tty

        import constants as c
        from pyextrasafe import SystemIO

        raw = box.raw()
        controller, terminal = os.openpty()
        os.setsid()
        terminal = os.open(os.ttyname(terminal), os.O_RDWR)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        number, state = raw.memory(4), raw.memory(64)

        def count(request):
            raw("ioctl", terminal, request, number)
            return int.from_bytes(raw.read(number, 4), "little")

        box.apply(SystemIO().allow_terminal().allow_file_write(controller))
        box.gives("isatty", True, os.isatty, terminal)
        box.gives("size", (80, 24), os.get_terminal_size, terminal)
        box.gives("the group in the foreground", os.getpgrp(), os.tcgetpgrp, terminal)
        before = box.works("tcgetattr", termios.tcgetattr, terminal)
        for when in (termios.TCSANOW, termios.TCSADRAIN, termios.TCSAFLUSH):
            changed = termios.tcgetattr(terminal)
            changed[3] ^= termios.ECHO
            box.works("tcsetattr", termios.tcsetattr, terminal, when, changed)
            box.gives("it is set", changed[3], lambda: termios.tcgetattr(terminal)[3])
        box.works("setcbreak", tty.setcbreak, terminal)
        box.true("it is set", not termios.tcgetattr(terminal)[3] & termios.ICANON)
        box.works("TCGETS2", raw, "ioctl", terminal, c.TCGETS2, state)
        box.works("TCSETS2", raw, "ioctl", terminal, c.TCSETS2, state)
        os.write(controller, b"typed")
        while count(c.FIONREAD) < 5:
            pass  # the kernel brings it over when it comes to it
        box.gives("what can be read", 5, count, c.FIONREAD)
        box.works("tcflush", termios.tcflush, terminal, termios.TCIFLUSH)
        box.gives("it is gone", 0, count, c.FIONREAD)
        box.gives("what is not yet sent", 0, count, c.TIOCOUTQ)
        box.works("tcdrain", termios.tcdrain, terminal)
        box.works("tcsetattr back", termios.tcsetattr, terminal, termios.TCSANOW, before)
        # The kernel has 19 special characters; with musl the other 13 are whatever memory held.
        after = termios.tcgetattr(terminal)
        before[6], after[6] = before[6][:19], after[6][:19]
        box.equal("as before", before, after)

    run(case, form=form)


def test_a_terminal_is_not_taken(run, form):
    """Nobody is typed for, signalled, or told another size; each of it works before."""

    def case(box):
        import errno
        import fcntl
        import os
        import signal
        import struct
        import termios

        import constants as c
        from pyextrasafe import SystemIO

        controller, terminal = os.openpty()
        os.setsid()
        terminal = os.open(os.ttyname(terminal), os.O_RDWR)
        small, large = struct.pack("HHHH", 24, 80, 0, 0), struct.pack("HHHH", 100, 200, 0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        group = os.getpgrp()
        until, ours = os.pipe()
        another = os.fork()
        if another == 0:
            os.close(ours)
            os.read(until, 1)  # nothing comes until this process has ended
            os._exit(0)
        os.setpgid(another, another)

        def try_all(check):
            check("tcsetpgrp", os.tcsetpgrp, terminal, another)
            check("tcsendbreak", fcntl.ioctl, terminal, c.TCSBRK, 0)
            check("tcsendbreak for long", fcntl.ioctl, terminal, c.TCSBRKP, 1)
            check("tcflow", fcntl.ioctl, terminal, termios.TCXONC, termios.TCOON)
            check("TIOCSCTTY", fcntl.ioctl, terminal, termios.TIOCSCTTY, 0)
            check("TIOCEXCL", fcntl.ioctl, terminal, termios.TIOCEXCL, 0)
            check("line discipline", fcntl.ioctl, terminal, termios.TIOCSETD, bytes(4))

        box.works("the size", fcntl.ioctl, terminal, termios.TIOCSWINSZ, small)
        try_all(box.works)
        os.tcsetpgrp(terminal, group)
        fcntl.ioctl(terminal, termios.TIOCNXCL, 0)
        box.apply(SystemIO().allow_terminal().allow_file_read(terminal))
        try_all(box.refused)
        box.refused("TIOCSTI", fcntl.ioctl, terminal, termios.TIOCSTI, b"\n")
        box.refused("TIOCNOTTY", fcntl.ioctl, terminal, termios.TIOCNOTTY, 0)
        box.refused("TIOCLINUX", fcntl.ioctl, terminal, 0x541C, b"\2")
        box.refused("TIOCCONS", fcntl.ioctl, terminal, termios.TIOCCONS, 0)
        box.reaches("the size", errno.ENOTTY, fcntl.ioctl, terminal, termios.TIOCSWINSZ, large)
        box.gives("its group", group, os.tcgetpgrp, terminal)
        box.gives("its size", (80, 24), os.get_terminal_size, terminal)
        box.refused("write", os.write, terminal, b"x")
        box.refused("another one", os.openpty)
        box.works("as before", termios.tcflush, terminal, termios.TCIFLUSH)

    run(case, form=form)


def test_no_terminal_without(run, form):
    def case(box):
        import os
        import termios

        from pyextrasafe import SystemIO

        _, terminal = os.openpty()
        settings = termios.tcgetattr(terminal)
        io = SystemIO().allow_read().allow_write().allow_open().allow_close().allow_metadata()
        box.apply(io.allow_locks().allow_map_files())
        box.gives("isatty says no", False, os.isatty, terminal)
        box.refused("size", os.get_terminal_size, terminal)
        refused = [
            ("tcgetattr", lambda: termios.tcgetattr(terminal)),
            ("tcsetattr", lambda: termios.tcsetattr(terminal, termios.TCSANOW, settings)),
            ("tcflush", lambda: termios.tcflush(terminal, termios.TCIFLUSH)),
            ("tcdrain", lambda: termios.tcdrain(terminal)),
        ]
        for name, call in refused:  # termios.error is no OSError
            error = box.raises(name, termios.error, call)
            box.equal(f"{name} is refused", 1, error.args[0])
        box.refused("tcgetpgrp", os.tcgetpgrp, terminal)

    run(case, form=form)
