"""SystemIO.allow_ioctl: ioctl(2) and fcntl(2), but for the requests that lead out."""

import pytest


def test_ioctl_and_fcntl(run, form):
    def case(box):
        import errno
        import fcntl
        import os
        import socket
        import struct
        import termios

        import constants as c
        from pyextrasafe import SystemIO

        raw = box.raw()
        controller, terminal = os.openpty()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        reader, writer = os.pipe()
        os.write(writer, b"12345")
        one, other = socket.socketpair()
        number = raw.memory(8)
        box.apply(SystemIO().allow_ioctl())
        box.gives("isatty", True, os.isatty, terminal)
        box.works("terminal size", os.get_terminal_size, terminal)
        settings = box.works("tcgetattr", termios.tcgetattr, terminal)
        box.works("tcsetattr", termios.tcsetattr, terminal, termios.TCSANOW, settings)
        box.works("tcflush", termios.tcflush, terminal, termios.TCIFLUSH)
        box.works("timeout", one.settimeout, 1)
        box.works("set_blocking", os.set_blocking, reader, False)
        box.works("set_inheritable", os.set_inheritable, file, True)
        box.gives("get_inheritable", True, os.get_inheritable, file)
        box.gives("FIONREAD", 0, raw, "ioctl", reader, c.FIONREAD, number)
        box.equal("bytes in the pipe", 5, struct.unpack("i", raw.read(number, 4))[0])
        box.works("lock", fcntl.lockf, file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        copy = box.works("F_DUPFD_CLOEXEC", fcntl.fcntl, file, c.F_DUPFD_CLOEXEC, 50)
        box.true("a copy", copy >= 50)
        box.works("F_GETFL", fcntl.fcntl, file, fcntl.F_GETFL)
        box.works("F_GETOWN", fcntl.fcntl, file, 9)
        unknown = 0xABCDEF01
        box.reaches("another request", errno.ENOTTY, raw, "ioctl", file, unknown, 0)
        box.refused("read", os.read, reader, 1)
        box.refused("write", os.write, writer, b"x")
        box.refused("dup(2)", raw, "dup", file)
        box.refused("dup2(2)", os.dup2, file, 60)
        box.refused("flock(2)", raw, "flock", file, 2)
        box.refused("send", one.send, b"x")

    run(case, form=form)


def test_a_pseudo_terminal_is_made(run, form):
    """TIOCGPTPEER would open its other end; refused, C libraries open it by its path."""

    def case(box):
        import errno
        import fcntl
        import os
        import struct
        import termios
        import tty

        from pyextrasafe import SystemIO

        io = SystemIO().allow_open().allow_close().allow_metadata().allow_read().allow_write()
        box.apply(io.allow_ioctl())
        controller, terminal = box.works("openpty", os.openpty)
        box.true("a terminal", os.isatty(terminal))
        box.works("raw", tty.setraw, terminal)
        box.works("write", os.write, controller, b"typed")
        box.gives("read", b"typed", os.read, terminal, 9)
        box.works("tcflush", termios.tcflush, terminal, termios.TCIOFLUSH)
        size = struct.pack("HHHH", 24, 80, 0, 0)
        box.reaches("its size", errno.ENOTTY, fcntl.ioctl, terminal, termios.TIOCSWINSZ, size)

    run(case, form=form)


@pytest.mark.parametrize("granted", [False, True])
def test_a_single_request_can_be_granted(run, form, granted):
    """TIOCSPGRP says who gets Ctrl-C: what a shell needs for job control."""

    def case(box, granted):
        import fcntl
        import os
        import termios

        from pyextrasafe import Custom, SystemIO

        _, terminal = os.openpty()
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        custom = Custom()
        if granted:
            custom.add_conditional(("ioctl", [(1, "==", termios.TIOCSPGRP)]))
        box.apply(SystemIO().allow_ioctl(), custom)
        judge = box.works if granted else box.refused
        judge("tcsetpgrp", os.tcsetpgrp, terminal, os.getpid())
        box.refused("TIOCSTI", fcntl.ioctl, terminal, termios.TIOCSTI, b"x")
        size = getattr(termios, "tcsetwinsize", None)  # Python 3.11
        if size:
            box.raises("tcsetwinsize", termios.error, size, terminal, (24, 80))

    run(case, form=form, granted=granted)


PERMISSIONS = (
    "SystemIO().allow_ioctl()",
    "SystemIO.everything()",
    "ForkAndExec()",
    "Networking().allow_start_tcp_servers()",
)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_requests_that_lead_out_are_refused(run, form, permission):
    """The kernel reads 32 bits of a request. A bad descriptor: EBADF would mean let through."""

    def case(box, permission):
        import pyextrasafe
        from constants import BAD_FCNTLS, BAD_IOCTLS

        raw = box.raw()
        bad = 1000
        box.apply(eval(permission, vars(pyextrasafe)))
        for garbage in (0, 1 << 32, (2**32 - 1) << 32):
            for name, request in BAD_IOCTLS.items():
                box.refused(name, raw, "ioctl", bad, garbage | request, 0)
                box.refused(name, raw, "ioctl", garbage | bad, garbage | request, 0)
            for name, command in BAD_FCNTLS.items():
                box.refused(name, raw, "fcntl", bad, garbage | command, 0)

    run(case, form=form, permission=permission)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_nothing_is_typed_into_the_terminal(run, form, permission):
    """TIOCSTI on the controlling terminal, which otherwise types for the user."""

    def case(box, permission):
        import fcntl
        import mmap
        import os
        import signal
        import termios
        import time

        import pyextrasafe
        from constants import BAD_IOCTLS, FIONREAD

        raw = box.raw()
        character, waiting = raw.memory(b"x"), raw.memory(4)
        shared = mmap.mmap(-1, 2)
        tried, looked = 0, 1  # bytes of it that say how far the two processes are
        _, terminal = os.openpty()
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for when this process ends
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        state = termios.tcgetattr(terminal)
        state[3] &= ~termios.ICANON
        termios.tcsetattr(terminal, termios.TCSANOW, state)

        def watch():
            while not shared[tried]:
                time.sleep(0.01)
            raw("ioctl", terminal, FIONREAD, waiting)
            shared[looked] = 1
            return int.from_bytes(raw.read(waiting, 4), "little")

        box.peer("characters", watch)
        box.apply(eval(permission, vars(pyextrasafe)))
        request = BAD_IOCTLS["TIOCSTI"]
        box.refused("TIOCSTI", raw, "ioctl", terminal, request, character)
        box.refused("garbage above", raw, "ioctl", terminal, 1 << 32 | request, character)
        shared[tried] = 1
        while not shared[looked]:
            pass

    assert run(case, form=form, permission=permission).peers == {"characters": ("ok", 0)}


def test_files_are_not_written_by_ioctl(run, form):
    """FICLONE, FS_IOC_SETFLAGS and FS_IOC_SETVERSION change a file that was only opened."""

    def case(box):
        import os

        from constants import BAD_IOCTLS
        from pyextrasafe import SystemIO

        raw = box.raw()
        with open("source", "wb") as file:
            file.write(b"x" * 4096)
        source = os.open("source", os.O_RDONLY)
        target = os.open("target", os.O_RDWR | os.O_CREAT)
        flags = raw.memory((0x80).to_bytes(8, "little"))  # FS_NOATIME_FL
        box.apply(SystemIO().allow_ioctl())
        box.refused("FICLONE", raw, "ioctl", target, BAD_IOCTLS["FICLONE"], source)
        box.refused("SETFLAGS", raw, "ioctl", source, BAD_IOCTLS["FS_IOC_SETFLAGS"], flags)
        box.refused("SETVERSION", raw, "ioctl", source, BAD_IOCTLS["EXT4_IOC_SETVERSION"], flags)

    assert (run(case, form=form).directory / "target").read_bytes() == b""
