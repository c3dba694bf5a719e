"""SystemIO.allow_map_files: shared maps, and the copies of descriptors that these begin with."""

import pytest


def test_files_are_mapped(run, form):
    """mmap.mmap copies the descriptor, and asks for the size of the file: allow_metadata."""

    def case(box):
        import mmap
        import os

        from pyextrasafe import SystemIO

        with open("file", "wb") as made:
            made.write(b"x" * mmap.PAGESIZE)
        file = os.open("file", os.O_RDWR)
        readable = os.open("file", os.O_RDONLY)
        box.apply(SystemIO().allow_map_files().allow_metadata())
        both = box.works("shared", mmap.mmap, file, 0)
        read = box.works("to read", mmap.mmap, readable, 0, access=mmap.ACCESS_READ)
        written = box.works("to write", mmap.mmap, file, 0, access=mmap.ACCESS_WRITE)
        both[:3] = b"abc"
        box.equal("one sees what another writes", b"abc", read[:3])
        written[3:6] = b"def"
        box.works("flush", written.flush)
        box.equal("and the other way round", b"abcdef", both[:6])
        box.works("anonymous and shared", mmap.mmap, -1, mmap.PAGESIZE)
        box.refused("a private map", mmap.mmap, file, 0, access=mmap.ACCESS_COPY)
        box.refused("write", os.write, file, b"x")
        box.refused("read", os.read, file, 1)
        box.refused("make it larger", both.resize, 2 * mmap.PAGESIZE)
        box.refused("truncate", os.ftruncate, file, 0)
        box.refused("open", os.open, "file", os.O_RDONLY)

    contents = (run(case, form=form).directory / "file").read_bytes()
    assert contents.rstrip(b"x") == b"abcdef"


def test_copies_of_descriptors(run, form):
    """From 3 up, to the lowest number that is free: CPython's F_DUPFD_CLOEXEC, PyPy's dup(2)."""

    def case(box):
        import os

        from constants import F_DUPFD_CLOEXEC
        from pyextrasafe import SystemIO

        raw = box.raw()
        reader, writer = os.pipe()
        own = os.dup(writer)
        os.close(own)
        box.apply(SystemIO().allow_map_files().allow_file_write(own))
        box.gives("os.dup", own, os.dup, writer)
        box.gives("it is a copy", 1, os.write, own, b"x")
        box.works("dup(2)", raw, "dup", writer)
        box.works("F_DUPFD_CLOEXEC", raw, "fcntl", writer, F_DUPFD_CLOEXEC, 0)
        for standard in range(3):
            box.refused(f"os.dup of {standard}", os.dup, standard)
            box.refused(f"dup(2) of {standard}", raw, "dup", standard)
            for upper in (0, 1 << 32, 3 << 32):
                words = upper | standard, F_DUPFD_CLOEXEC, 0
                box.refused(f"F_DUPFD_CLOEXEC of {words[0]:#x}", raw, "fcntl", *words)
        for lowest in (1, 2, 3, 1 << 32, 1 << 32 | 1):
            box.refused(f"from {lowest:#x} up", raw, "fcntl", writer, F_DUPFD_CLOEXEC, lowest)
        box.refused("F_DUPFD", raw, "fcntl", writer, 0, 0)
        box.refused("os.dup2", os.dup2, writer, 1)
        box.refused("close", os.close, own)

    run(case, form=form)


@pytest.mark.parametrize("closes", [False, True])
def test_with_allow_close_a_copy_takes_any_number(run, form, closes):
    """What the documentation says: then the limit of allow_stdout is one to every open file."""

    def case(box, closes):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        os.dup2(os.open("output", os.O_RDWR | os.O_CREAT), 1)
        io = SystemIO().allow_stdout().allow_map_files()
        box.apply(io.allow_close() if closes else io)
        (box.works if closes else box.refused)("close", os.close, 1)
        box.works("copy", raw, "dup", file)
        box.works("write", os.write, 1, b"written")
        box.refused("write to the file itself", os.write, file, b"x")

    directory = run(case, form=form, closes=closes).directory
    assert (directory / "file").read_bytes() == (b"written" if closes else b"")
    assert (directory / "output").read_bytes() == (b"" if closes else b"written")


def test_a_map_goes_round_the_permission_to_write(run, form):
    """What the documentation says: the limit of allow_file_write is not one for a map."""

    def case(box):
        import mmap
        import os

        from pyextrasafe import SystemIO

        for name in ("mine", "other", "readable"):
            with open(name, "wb") as made:
                made.write(b"x" * mmap.PAGESIZE)
        mine, other = os.open("mine", os.O_RDWR), os.open("other", os.O_RDWR)
        readable = os.open("readable", os.O_RDONLY)
        io = SystemIO().allow_file_write(mine).allow_map_files().allow_metadata()
        box.apply(io)
        box.refused("write", os.write, other, b"y")
        mapped = box.works("map", mmap.mmap, other, 0)
        mapped[:1] = b"y"
        box.raises("only where it is open to write", PermissionError, mmap.mmap, readable, 0)
        box.refused("an open one is not changed", os.write, readable, b"y")

    directory = run(case, form=form).directory
    assert (directory / "other").read_bytes().rstrip(b"x") == b"y"
    assert (directory / "readable").read_bytes().rstrip(b"x") == b""


def test_no_maps_without(run, form):
    def case(box):
        import mmap
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        os.ftruncate(file, mmap.PAGESIZE)
        io = SystemIO().allow_read().allow_open().allow_close().allow_metadata().allow_pipes()
        box.apply(io)
        box.refused("map", mmap.mmap, file, 0)
        box.refused("shared", raw, "mmap", 0, mmap.PAGESIZE, 3, 1, file, 0)
        box.refused("msync", raw, "msync", 0, 0, 0)
        box.refused("dup", os.dup, file)
        box.refused("dup(2)", raw, "dup", file)

    run(case, form=form)
