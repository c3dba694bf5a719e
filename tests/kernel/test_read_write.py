"""SystemIO.allow_read, allow_write, allow_close: whatever is open already."""


def test_read(run, form):
    def case(box):
        import os

        from constants import MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, PROT_READ, PROT_WRITE
        from pyextrasafe import SystemIO

        with open("file", "wb") as file:
            file.write(b"0123456789" * 1000)
        file = open(os.open("file", os.O_RDONLY), "rb", closefd=False)
        fd = os.open("file", os.O_RDWR)
        reader, writer = os.pipe()
        os.write(writer, b"through the pipe")
        raw = box.raw()
        both = PROT_READ | PROT_WRITE
        box.apply(SystemIO().allow_read())
        box.gives("a file object", b"0123", file.read, 4)
        box.gives("seek", 9995, file.seek, 9995)
        box.gives("the rest", b"56789", file.read)
        box.gives("read", b"0123", os.read, fd, 4)
        box.gives("lseek", 3, os.lseek, fd, 3, os.SEEK_SET)
        box.gives("readv", 2, raw, "readv", fd, raw.vector(2), 1)
        box.gives("pread", b"78", os.pread, fd, 2, 7)
        box.gives("preadv", 2, raw, "preadv", fd, raw.vector(2), 1, 7, 0)
        box.gives("preadv2", 2, raw, "preadv2", fd, raw.vector(2), 1, 7, 0, 0)
        box.gives("a pipe", b"through the pipe", os.read, reader, 99)
        box.gives("standard input", b"typed", os.read, 0, 9)
        address = box.works("map", raw, "mmap", 0, 4096, both, MAP_PRIVATE, fd, 0)
        box.gives("what is mapped", b"0123", raw.read, address, 4)
        box.refused("map shared", raw, "mmap", 0, 4096, both, MAP_SHARED, fd, 0)
        box.refused("map shared to read", raw, "mmap", 0, 4096, PROT_READ, MAP_SHARED, fd, 0)
        box.refused("map validated", raw, "mmap", 0, 4096, both, MAP_SHARED_VALIDATE, fd, 0)
        above = MAP_PRIVATE << 32 | MAP_SHARED
        box.refused("MAP_PRIVATE above", raw, "mmap", 0, 4096, both, above, fd, 0)
        box.refused("write", os.write, fd, b"x")
        box.refused("write to the pipe", os.write, writer, b"x")
        box.refused("truncate", os.ftruncate, fd, 0)
        box.refused("close", os.close, fd)
        box.refused("open", open, "file")

    directory = run(case, form=form, stdin=b"typed").directory
    assert (directory / "file").read_bytes() == b"0123456789" * 1000


def test_write(run, form):
    def case(box):
        import os

        from constants import MAP_SHARED, PROT_READ, PROT_WRITE
        from pyextrasafe import SystemIO

        file = open(os.open("object", os.O_WRONLY | os.O_CREAT), "w", closefd=False)
        fd = os.open("file", os.O_RDWR | os.O_CREAT)
        os.truncate("file", 4096)
        reader, writer = os.pipe()
        raw = box.raw()
        both = PROT_READ | PROT_WRITE
        box.apply(SystemIO().allow_write())
        box.works("a file object", print, "text", file=file, flush=True)
        box.gives("write", 4, os.write, fd, b"abcd")
        box.gives("writev", 3, raw, "writev", fd, raw.vector(b"efg"), 1)
        box.gives("pwrite", 1, os.pwrite, fd, b"B", 1)
        box.gives("pwritev", 1, raw, "pwritev", fd, raw.vector(b"C"), 1, 2, 0)
        box.gives("pwritev2", 1, raw, "pwritev2", fd, raw.vector(b"D"), 1, 3, 0, 0)
        box.gives("lseek", 7, os.lseek, fd, 7, os.SEEK_SET)
        box.works("standard output", os.write, 1, b"out")
        box.works("standard error", os.write, 2, b"err")
        box.works("a pipe", os.write, writer, b"x")
        box.works("map shared", raw, "mmap", 0, 4096, both, MAP_SHARED, fd, 0)
        box.works("fsync", os.fsync, fd)
        box.works("fdatasync", os.fdatasync, fd)
        box.works("truncate", os.ftruncate, fd, 7)
        box.refused("read", os.read, fd, 1)
        box.refused("read the pipe", os.read, reader, 1)
        box.refused("truncate by path", os.truncate, "file", 0)
        box.refused("open", open, "file", "w")
        box.refused("unlink", os.unlink, "file")
        box.refused("close", os.close, fd)
        box.refused("send", raw, "sendto", fd, raw.memory(b"x"), 1, 0, 0, 0)

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"out", b"err")
    assert (result.directory / "object").read_text() == "text\n"
    assert (result.directory / "file").read_bytes() == b"aBCDefg"


def test_close(run, form):
    def case(box):
        import errno
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        open("file", "w").close()
        file = open("file", "rb")
        fds = [os.open("file", os.O_RDWR) for _ in range(4)]
        box.apply(SystemIO().allow_close())
        box.works("a file object", file.close)
        box.works("close", os.close, fds[0])
        box.reaches("it is closed", errno.EBADF, os.close, fds[0])
        box.works("close_range", raw, "close_range", fds[1], fds[2], 0)
        box.reaches("they are closed", errno.EBADF, os.close, fds[2])
        box.works("os.closerange", os.closerange, fds[3], fds[3] + 1)
        box.reaches("it is closed, too", errno.EBADF, os.close, fds[3])
        box.refused("open", open, "file")
        box.refused("read", os.read, 0, 1)
        box.refused("write", os.write, 1, b"x")
        box.refused("shutdown", raw, "shutdown", 0, 0)

    assert run(case, form=form).stdout == b""


def test_a_shared_map_is_a_way_to_write(run, form):
    """Only allow_write (and everything) may map an inherited descriptor so that it is written."""

    def case(box):
        import os

        from constants import MAP_SHARED, PROT_READ, PROT_WRITE
        from pyextrasafe import ForkAndExec, Networking, SystemIO, Threads

        with open("file", "wb") as file:
            file.write(b"untouched" * 500)
        fd = os.open("file", os.O_RDWR)
        raw = box.raw()
        box.apply(
            SystemIO()
            .allow_read()
            .allow_open()
            .allow_close()
            .allow_ioctl()
            .allow_metadata()
            .allow_stdout()
            .allow_stderr()
            .allow_file_write(fd + 1),
            ForkAndExec(),
            Threads().allow_create().allow_sleep(),
            Networking().allow_start_tcp_servers().allow_start_tcp_clients(),
        )
        for protection in (PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE):
            box.refused("map", raw, "mmap", 0, 4096, protection, MAP_SHARED, fd, 0)
            garbage = 1 << 32
            box.refused(
                "garbage", raw, "mmap", 0, 4096, protection, garbage | MAP_SHARED, garbage | fd, 0
            )

    assert (run(case, form=form).directory / "file").read_bytes() == b"untouched" * 500
