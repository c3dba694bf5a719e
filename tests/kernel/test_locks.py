"""SystemIO.allow_locks: flock(2), and the locks of fcntl(2)."""


def test_another_process_is_kept_out(run, form):
    """By each of the three kinds of locks, until they are given back."""

    def case(box):
        import fcntl
        import os
        import struct

        import constants as c
        from pyextrasafe import SystemIO

        exclusive, shared, at_once = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_NB
        files = [os.open(name, os.O_RDWR | os.O_CREAT) for name in ("flock", "lockf", "ofd")]
        ready, tell = os.pipe()
        heard, answer = os.pipe()

        def lock(kind):
            return struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)

        def find_out():
            others = [os.open(name, os.O_RDWR) for name in ("flock", "lockf", "ofd")]
            found = []
            for _ in range(2):
                os.read(ready, 1)
                for fd, take in zip(others, (fcntl.flock, fcntl.lockf, fcntl.lockf)):
                    try:
                        take(fd, exclusive | at_once)
                        found.append("free")
                    except BlockingIOError:
                        found.append("taken")
                os.write(answer, b"x")
            return found

        box.peer("another", find_out)
        box.apply(SystemIO().allow_locks().allow_file_write(tell).allow_file_read(heard))
        box.works("flock", fcntl.flock, files[0], exclusive | at_once)
        box.works("lockf", fcntl.lockf, files[1], exclusive | at_once)
        box.works("of an open file", fcntl.fcntl, files[2], c.F_OFD_SETLK, lock(fcntl.F_WRLCK))
        os.write(tell, b"x")
        os.read(heard, 1)
        box.works("give it back", fcntl.flock, files[0], fcntl.LOCK_UN)
        box.works("give that back", fcntl.lockf, files[1], fcntl.LOCK_UN)
        box.works("and that", fcntl.fcntl, files[2], c.F_OFD_SETLK, lock(fcntl.F_UNLCK))
        os.write(tell, b"x")
        os.read(heard, 1)
        own = files[0]
        box.works("wait for one", fcntl.lockf, own, shared)
        box.works("wait for one of an open file", fcntl.fcntl, own, c.F_OFD_SETLKW, lock(0))
        for name, get in (("a process", c.F_GETLK), ("an open file", c.F_OFD_GETLK)):
            held = box.works(f"ask for one of {name}", fcntl.fcntl, own, get, lock(fcntl.F_RDLCK))
            box.equal("nobody writes", fcntl.F_UNLCK, struct.unpack_from("h", held)[0])

    peers = run(case, form=form).peers
    assert peers["another"] == ("ok", ["taken"] * 3 + ["free"] * 3)


def test_one_waits_until_another_process_is_done(run, form):
    def case(box):
        import fcntl
        import os

        from pyextrasafe import SystemIO

        file = os.open("file", os.O_RDWR | os.O_CREAT)
        locked, tell = os.pipe()

        def hold():
            other = os.open("file", os.O_RDWR)
            fcntl.lockf(other, fcntl.LOCK_EX)
            os.write(tell, b"x")
            with open("/proc/locks") as locks:
                while "->" not in locks.read():  # who waits is there in a line of its own
                    locks.seek(0)
            os.write(other, b"done")
            os.close(other)

        box.peer("holder", hold)
        os.read(locked, 1)
        box.apply(SystemIO().allow_locks().allow_file_read(file))
        box.works("wait", fcntl.lockf, file, fcntl.LOCK_SH)
        box.gives("what it waited for", b"done", os.read, file, 9)

    run(case, form=form)


def test_locks_and_nothing_else(run, form):
    def case(box):
        import fcntl
        import os

        import constants as c
        from pyextrasafe import SystemIO

        file = os.open("file", os.O_RDWR | os.O_CREAT)
        box.apply(SystemIO().allow_locks())
        box.works("lock", fcntl.flock, file, fcntl.LOCK_EX)
        box.refused("read", os.read, file, 1)
        box.refused("write", os.write, file, b"x")
        box.refused("lease", fcntl.fcntl, file, c.F_SETLEASE, fcntl.F_WRLCK)
        box.refused("notify", fcntl.fcntl, file, c.F_NOTIFY, 1)
        box.refused("owner", fcntl.fcntl, file, fcntl.F_SETOWN, os.getpid())
        box.refused("flags", fcntl.fcntl, file, fcntl.F_SETFL, 0)
        box.refused("copy", fcntl.fcntl, file, fcntl.F_DUPFD, 0)
        box.refused("open", open, "another", "w")

    run(case, form=form)


def test_no_locks_without(run, form):
    def case(box):
        import fcntl

        from constants import F_OFD_SETLK
        from pyextrasafe import SystemIO

        file = open("file", "w")
        box.apply(SystemIO().allow_write().allow_read().allow_open().allow_map_files())
        box.refused("flock", fcntl.flock, file, fcntl.LOCK_EX)
        box.refused("lockf", fcntl.lockf, file, fcntl.LOCK_EX)
        box.refused("of an open file", fcntl.fcntl, file, F_OFD_SETLK, bytes(32))

    run(case, form=form)
