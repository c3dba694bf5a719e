"""SystemIO.allow_pipes: new pipes."""


def test_pipes(run, form):
    def case(box):
        import os

        from constants import F_SETPIPE_SZ
        from pyextrasafe import SystemIO

        raw = box.raw()
        ends = raw.memory(8)
        box.apply(SystemIO().allow_pipes().allow_read().allow_write().allow_close())
        reader, writer = box.works("pipe", os.pipe)
        box.gives("write", 5, os.write, writer, b"hello")
        box.gives("read", b"hello", os.read, reader, 9)
        box.works("close", os.close, writer)
        box.gives("the end", b"", os.read, reader, 9)
        reader, writer = box.works("one that does not block", os.pipe2, os.O_NONBLOCK)
        box.raises("empty", BlockingIOError, os.read, reader, 9)
        reader, writer = box.works("one of packets", os.pipe2, os.O_DIRECT | os.O_CLOEXEC)
        os.write(writer, b"first")
        os.write(writer, b"second")
        box.gives("a packet", b"first", os.read, reader, 9)
        box.works("pipe(2)", raw, "pipe", ends)
        numbers = raw.read(ends, 8)
        reader, writer = (int.from_bytes(numbers[n : n + 4], "little") for n in (0, 4))
        box.gives("write to it", 1, os.write, writer, b"x")
        box.gives("read from it", b"x", os.read, reader, 9)
        box.refused("a queue of notifications", raw, "pipe2", ends, os.O_EXCL)
        box.refused("a file", os.open, "file", os.O_WRONLY | os.O_CREAT)
        box.refused("a pipe with a name", os.mkfifo, "fifo")
        box.refused("its size", raw, "fcntl", writer, F_SETPIPE_SZ, 1 << 20)

    assert not list(run(case, form=form).directory.iterdir())


def test_it_makes_pipes_and_uses_none(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        before, _ = os.pipe()
        box.apply(SystemIO().allow_pipes())
        reader, writer = box.works("pipe", os.pipe2, 0)
        box.refused("write", os.write, writer, b"x")
        box.refused("read", os.read, reader, 1)
        box.refused("close", os.close, before)
        box.refused("copy", os.dup2, writer, 1)

    run(case, form=form)


def test_no_pipes_without(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        io = SystemIO().allow_read().allow_write().allow_close().allow_open().allow_map_files()
        box.apply(io.allow_metadata().allow_ioctl())
        box.refused("pipe", os.pipe)
        box.refused("pipe(2)", raw, "pipe", raw.memory(8))

    run(case, form=form)
