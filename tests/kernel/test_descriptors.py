"""SystemIO.allow_file_read(n) and allow_file_write(n): one descriptor that is already open."""

import pytest


def test_read_one_file(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        for name in ("mine", "other"):
            with open(name, "wb") as file:
                file.write(b"0123456789")
        mine, other = os.open("mine", os.O_RDONLY), os.open("other", os.O_RDONLY)
        file = open(mine, "rb", closefd=False)
        raw = box.raw()
        state = raw.memory(256)
        vector = raw.vector(5)
        box.apply(SystemIO().allow_file_read(mine))
        box.gives("read", b"0123456789", file.read)
        box.gives("seek", 2, file.seek, 2)
        box.gives("read on", b"234", file.read, 3)
        box.gives("os.read", b"", os.read, mine, 9)
        box.gives("lseek", 0, os.lseek, mine, 0, os.SEEK_SET)
        box.gives("readv", 5, raw, "readv", mine, vector, 1)
        box.gives("pread", b"56", os.pread, mine, 2, 5)
        box.works("preadv", raw, "preadv", mine, raw.vector(2), 1, 7, 0)
        box.works("preadv2", raw, "preadv2", mine, raw.vector(2), 1, 7, 0, 0)
        box.works("fstat", raw, "fstat", mine, state)
        box.refused("another, read", os.read, other, 9)
        box.refused("another, readv", raw, "readv", other, vector, 1)
        box.refused("another, pread", os.pread, other, 2, 5)
        box.refused("another, preadv", raw, "preadv", other, raw.vector(2), 1, 7, 0)
        box.refused("another, preadv2", raw, "preadv2", other, raw.vector(2), 1, 7, 0, 0)
        box.refused("another, lseek", os.lseek, other, 0, os.SEEK_SET)
        box.refused("another, fstat", raw, "fstat", other, state)
        box.refused("one above", os.read, mine + 1, 9)
        box.refused("one below", os.read, mine - 1, 9)
        box.refused("write", os.write, mine, b"x")
        box.refused("open", open, "mine", "rb")
        box.refused("close", os.close, mine)
        path = raw.path(os.path.abspath("other"))
        box.refused("stat by path", raw, "newfstatat", mine, path, state, 0)

    run(case, form=form)


def test_write_one_file(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        with open("other", "wb") as file:
            file.write(b"untouched")
        mine = os.open("mine", os.O_RDWR | os.O_CREAT)
        other = os.open("other", os.O_RDWR)
        raw = box.raw()
        box.apply(SystemIO().allow_file_write(mine))
        box.gives("write", 4, os.write, mine, b"abcd")
        box.gives("writev", 3, raw, "writev", mine, raw.vector(b"efg"), 1)
        box.gives("pwrite", 1, os.pwrite, mine, b"B", 1)
        box.gives("pwritev", 1, raw, "pwritev", mine, raw.vector(b"C"), 1, 2, 0)
        box.gives("pwritev2", 1, raw, "pwritev2", mine, raw.vector(b"D"), 1, 3, 0, 0)
        box.gives("lseek", 7, os.lseek, mine, 0, os.SEEK_END)
        box.gives("write after lseek", 3, os.write, mine, b"hij")
        box.works("ftruncate", os.ftruncate, mine, 9)
        box.works("fsync", os.fsync, mine)
        box.works("fdatasync", os.fdatasync, mine)
        box.refused("another, write", os.write, other, b"x")
        box.refused("another, writev", raw, "writev", other, raw.vector(b"x"), 1)
        box.refused("another, pwrite", os.pwrite, other, b"x", 0)
        box.refused("another, pwritev", raw, "pwritev", other, raw.vector(b"x"), 1, 0, 0)
        box.refused("another, pwritev2", raw, "pwritev2", other, raw.vector(b"x"), 1, 0, 0, 0)
        box.refused("another, ftruncate", os.ftruncate, other, 0)
        box.refused("another, fsync", os.fsync, other)
        box.refused("another, lseek", os.lseek, other, 0, os.SEEK_SET)
        box.refused("standard output", os.write, 1, b"x")
        box.refused("read", os.read, mine, 1)
        box.refused("map", raw, "mmap", 0, 4096, 3, 1, mine, 0)
        box.refused("allocate", raw, "fallocate", mine, 0, 0, 1 << 20)
        box.refused("mode", os.fchmod, mine, 0o777)

    result = run(case, form=form)
    assert (result.directory / "mine").read_bytes() == b"aBCDefghi"
    assert (result.directory / "other").read_bytes() == b"untouched"
    assert result.stdout == b""


def test_only_the_low_half_of_a_descriptor_counts(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        mine = os.open("mine", os.O_RDWR | os.O_CREAT)
        other = os.open("other", os.O_RDWR | os.O_CREAT)
        vector = raw.vector(b"a")
        box.apply(SystemIO().allow_file_write(mine).allow_file_read(mine))
        for upper in (1, mine, 2**31, 2**32 - 1):
            garbage = upper << 32
            for name in ("writev", "pwritev", "readv", "preadv"):
                box.works(name, raw, name, garbage | mine, vector, 1, 0, 0)
                box.refused(name, raw, name, garbage | other, vector, 1, 0, 0)

    result = run(case, form=form)
    assert (result.directory / "mine").read_bytes() != b""
    assert (result.directory / "other").read_bytes() == b""


def test_several_descriptors(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        files = [os.open(f"file{n}", os.O_RDWR | os.O_CREAT) for n in range(8)]
        rules = SystemIO().allow_stdout()
        for fd in files[::2]:
            rules.allow_file_write(fd)
        box.apply(rules)
        for fd in files[::2]:
            box.works(f"{fd}", os.write, fd, b"yes")
        for fd in files[1::2]:
            box.refused(f"{fd}", os.write, fd, b"no")

    result = run(case, form=form)
    written = [(result.directory / f"file{n}").read_bytes() for n in range(8)]
    assert written == [b"yes", b""] * 4


def test_a_log_file_that_was_open_before(run, form):
    def case(box):
        import logging

        from pyextrasafe import SystemIO

        handler = logging.FileHandler("log")
        logging.getLogger().addHandler(handler)
        box.apply(SystemIO().allow_file_write(handler.stream.fileno()))
        box.works("log", logging.warning, "line %d", 1)
        box.works("log again", logging.error, "line %d", 2)
        box.refused("another log", logging.FileHandler, "another")

    result = run(case, form=form)
    assert (result.directory / "log").read_text() == "line 1\nline 2\n"
    assert not (result.directory / "another").exists()


def test_a_descriptor_that_is_used_again_is_still_allowed(run, form):
    """What the documentation warns of: the number counts, not the file."""

    def case(box):
        import os

        from pyextrasafe import SystemIO

        fd = os.open("first", os.O_RDWR | os.O_CREAT)
        box.apply(SystemIO().allow_file_write(fd).allow_close().allow_open())
        box.works("close", os.close, fd)
        box.gives("open", fd, os.open, "second", os.O_WRONLY | os.O_CREAT)
        box.works("write", os.write, fd, b"written")

    assert (run(case, form=form).directory / "second").read_bytes() == b"written"


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1])
def test_descriptors_at_the_ends_of_the_range(run, form, number):
    def case(box, number):
        import errno
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        for fd in (0, 1):
            os.dup2(file, fd)
        box.apply(SystemIO().allow_file_write(number).allow_file_read(number))
        near = [other for other in (0, 1, 2, 3, 2**31 - 1, 2**31, 2**32 - 1) if other != number]
        for call in ("read", "write", "readv", "writev"):
            if number == 2**31 - 1:
                box.reaches(f"{call} itself", errno.EBADF, raw, call, number, 0, 0)
            else:
                box.works(f"{call} itself", raw, call, number, 0, 0)
            for other in near:
                box.refused(f"{call} {other}", raw, call, other, 0, 0)

    run(case, form=form, number=number)
