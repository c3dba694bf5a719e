"""Networking.allow_event_loop: loops that use the connections there are, and make none."""

import pytest


@pytest.mark.parametrize("made", ["before", "after"])
def test_a_loop_runs(run, form, made):
    """Woken by itself, by threads, by signals, and by a connection that was there before."""

    def case(box, made):
        import asyncio
        import signal
        import socket

        from pyextrasafe import Networking, Threads

        ours, theirs = socket.socketpair()
        ours.setblocking(False)

        def echo():
            data = theirs.recv(100)
            theirs.sendall(data.upper())

        async def work():
            loop = asyncio.get_running_loop()
            woken, caught = asyncio.Event(), loop.create_future()
            loop.call_soon_threadsafe(woken.set)
            await asyncio.wait_for(woken.wait(), 30)
            in_thread = await asyncio.to_thread(len, "abc")
            loop.add_signal_handler(signal.SIGUSR1, caught.set_result, "caught")
            signal.raise_signal(signal.SIGUSR1)
            signalled = await asyncio.wait_for(caught, 30)
            loop.remove_signal_handler(signal.SIGUSR1)
            await loop.sock_sendall(ours, b"hello")
            return in_thread, signalled, await loop.sock_recv(ours, 100)

        def new():
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            return loop

        first = new()
        first.run_until_complete(asyncio.to_thread(int))  # imports what it needs
        loop = first if made == "before" else None
        box.peer("server", echo)
        box.apply(Networking().allow_event_loop(), Threads().allow_create_threads())
        loop = loop or box.works("a new loop", new)
        box.gives("run", (3, "caught", b"HELLO"), loop.run_until_complete, work())
        box.works("close", loop.close)

    run(case, form=form, made=made)


def test_what_loops_in_other_languages_use(run, form):
    """tokio's timers and copies of descriptors; libuv's pipes; eventfd."""

    def case(box):
        import os

        from constants import F_DUPFD_CLOEXEC
        from pyextrasafe import Networking

        raw = box.raw()
        ends = raw.memory(8)
        millisecond = (0).to_bytes(8, "little") + (10**6).to_bytes(8, "little")
        once, left = raw.memory(bytes(16) + millisecond), raw.memory(32)
        box.apply(Networking().allow_event_loop())
        for flags in (0, os.O_CLOEXEC | os.O_NONBLOCK):
            box.works("pipe2", raw, "pipe2", ends, flags)
        numbers = raw.read(ends, 8)
        reader, writer = (int.from_bytes(numbers[n : n + 4], "little") for n in (0, 4))
        box.gives("write", 1, os.write, writer, b"x")
        box.gives("read", b"x", os.read, reader, 9)
        timer = box.works("timerfd_create", raw, "timerfd_create", 1, 0)
        box.gives("timerfd_settime", 0, raw, "timerfd_settime", timer, 0, once, 0)
        box.gives("it goes off", 1, lambda: int.from_bytes(os.read(timer, 8), "little"))
        box.gives("timerfd_gettime", 0, raw, "timerfd_gettime", timer, left)
        if hasattr(os, "timerfd_create"):
            again = box.works("os.timerfd_create", os.timerfd_create, 1)
            box.works("os.timerfd_settime", os.timerfd_settime, again, initial=0.001)
            box.gives("it goes off, too", 8, lambda: len(os.read(again, 8)))
        box.works("eventfd2", raw, "eventfd2", 0, os.O_CLOEXEC)
        for lowest in (3, 50, 1000):
            copy = box.works("copy", raw, "fcntl", writer, F_DUPFD_CLOEXEC, lowest)
            box.true(f"from {lowest} up", copy >= lowest)
            box.gives("a copy", 1, os.write, copy, b"y")
        box.gives("what was written to copies", b"yyy", os.read, reader, 9)

    run(case, form=form)


def test_no_copy_is_a_standard_stream(run, form):
    """Nor is one copied. Descriptor 1 is free: the lowest that F_DUPFD_CLOEXEC could give."""

    def case(box):
        import errno
        import os

        from constants import F_DUPFD_CLOEXEC
        from pyextrasafe import Networking, SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        os.close(1)
        box.apply(Networking().allow_event_loop(), SystemIO().allow_stdout())
        for lowest in (0, 1, 2, 2**31, 2**32, 2**32 + 3, 2**63, 2**64 - 1):
            box.refused(f"from {lowest} up", raw, "fcntl", file, F_DUPFD_CLOEXEC, lowest)
        for fd in (0, 2, 1 << 32, 3 << 32 | 2):
            box.refused(f"of {fd}", raw, "fcntl", fd, F_DUPFD_CLOEXEC, 3)
        box.refused("F_DUPFD", raw, "fcntl", file, 0, 3)
        box.refused("dup", raw, "dup", file)
        box.refused("dup2", os.dup2, file, 1)
        box.reaches("nothing has descriptor 1", errno.EBADF, os.write, 1, b"x")

    # At its end the interpreter flushes a standard output that is not there.
    assert (run(case, form=form).directory / "file").read_bytes() == b""


def test_nothing_is_connected(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking

        raw = box.raw()
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        ours, theirs = socket.socketpair()
        name = raw.memory(16)
        length = raw.memory((16).to_bytes(4, "little"))
        box.apply(Networking().allow_event_loop())
        box.refused("socket", socket.socket)
        box.refused("UDP", socket.socket, type=socket.SOCK_DGRAM)
        box.refused("UNIX", socket.socket, socket.AF_UNIX)
        box.refused("connect", tcp.connect, address)
        box.refused("bind", tcp.bind, ("127.0.0.1", 0))
        box.refused("listen", listener.listen)
        box.refused("accept", listener.accept)
        box.refused("to an address", udp.sendto, b"x", address)
        box.refused("from an address", raw, "recvfrom", ours.fileno(), name, 16, 0, name, length)
        box.refused("sendmsg", ours.sendmsg, [b"x"])
        box.refused("recvmsg", theirs.recvmsg, 9)
        box.gives("send", 1, ours.send, b"x")
        box.gives("recv", b"x", theirs.recv, 9)
        box.refused("a queue of notifications", os.pipe2, os.O_EXCL)
        box.refused("signalfd", raw, "signalfd4", 2**64 - 1, name, 8, 0)
        box.refused("open", open, "/etc/passwd")
        box.refused("stat", os.stat, "/etc/passwd")
        box.refused("standard output", os.write, 1, b"x")

    run(case, form=form)


def test_stat_of_any_path(run, form):
    """What the documentation says: the filter cannot see that the path is empty."""

    def case(box):
        from constants import AT_EMPTY_PATH, AT_FDCWD
        from pyextrasafe import Networking

        raw = box.raw()
        path, state = raw.path("/etc/passwd"), raw.memory(256)
        box.apply(Networking().allow_event_loop())
        box.works("with the flag", raw, "newfstatat", AT_FDCWD, path, state, AT_EMPTY_PATH)
        box.refused("without", raw, "newfstatat", AT_FDCWD, path, state, 0)
        box.refused("stat", raw, "stat", path, state)

    run(case, form=form)
