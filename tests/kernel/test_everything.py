"""SystemIO.everything(): all file input and output, but nothing that is no IO."""


def test_files_and_directories(run, form):
    def case(box):
        import os
        import shutil

        from pyextrasafe import SystemIO

        def write(name, text):
            with open(name, "w") as file:
                file.write(text)

        def read(name):
            with open(name) as file:
                return file.read()

        def pipe():
            reader, writer = os.pipe()
            os.write(writer, b"piped")
            os.close(writer)
            with os.fdopen(reader, "rb") as file:
                return file.read()

        box.apply(SystemIO.everything())
        box.works("write", write, "file", "contents")
        box.works("append", lambda: open("file", "a").close())
        box.gives("read", "contents", read, "file")
        box.works("mkdir", os.makedirs, "a/b")
        box.works("copy2", shutil.copy2, "file", "a/b/copy")
        box.works("copytree", shutil.copytree, "a", "tree")
        box.works("move", shutil.move, "tree", "moved")
        box.works("rename", os.rename, "file", "renamed")
        box.works("replace", os.replace, "renamed", "file")
        box.works("link", os.link, "file", "hard")
        box.works("symlink", os.symlink, "file", "soft")
        box.works("chmod", os.chmod, "file", 0o600)
        box.works("chown", os.chown, "file", -1, -1)
        box.works("truncate", os.truncate, "file", 4)
        box.works("utime", os.utime, "file", (1000, 1000))
        box.gives("pipe", b"piped", pipe)
        box.works("unlink", os.unlink, "hard")
        box.works("rmtree", shutil.rmtree, "a")
        box.works("chdir", os.chdir, "moved")
        box.gives("listdir", ["copy"], lambda: os.listdir("b"))
        box.works("chdir up", os.chdir, "..")
        copy = box.works("dup", os.dup, 1)
        box.works("dup2", os.dup2, 1, copy)
        box.works("print", print, "printed", flush=True)

    result = run(case, form=form)
    directory = result.directory
    assert sorted(path.name for path in directory.iterdir()) == ["file", "moved", "soft"]
    assert (directory / "file").read_text() == "cont"
    assert (directory / "file").stat().st_mtime == 1000
    assert (directory / "file").stat().st_mode & 0o777 == 0o600
    assert (directory / "moved" / "b" / "copy").read_text() == "contents"
    assert result.stdout == b"printed\n"


def test_temporary_files(run, form):
    def case(box):
        import os
        import tempfile

        from pyextrasafe import SystemIO

        def named():
            with tempfile.NamedTemporaryFile("w+") as file:
                file.write("temporary")
                file.seek(0)
                return file.read(), os.path.exists(file.name)

        def directory():
            with tempfile.TemporaryDirectory() as path:
                os.makedirs(f"{path}/a/b")
                open(f"{path}/a/file", "w").close()
            return os.path.exists(path)

        def nameless():
            with tempfile.TemporaryFile() as file:
                file.write(b"temporary")
                file.seek(0)
                return file.read()

        def spooled():
            with tempfile.SpooledTemporaryFile(max_size=4) as file:
                file.write(b"temporary")
                file.seek(0)
                return file.read()

        os.mkdir("temporary")
        os.environ["TMPDIR"] = os.path.abspath("temporary")
        box.apply(SystemIO.everything())
        box.gives("NamedTemporaryFile", ("temporary", True), named)
        box.gives("TemporaryDirectory", False, directory)
        box.gives("TemporaryFile", b"temporary", nameless)
        box.gives("SpooledTemporaryFile", b"temporary", spooled)

    assert list((run(case, form=form).directory / "temporary").iterdir()) == []


def test_sqlite3_on_a_file(run, form):
    def case(box):
        import sqlite3

        from pyextrasafe import SystemIO

        def store():
            with sqlite3.connect("database") as database:
                database.execute("create table numbers (n)")
                database.executemany("insert into numbers values (?)", [(n,) for n in range(100)])
            database.close()

        def total():
            database = sqlite3.connect("database")
            try:
                return database.execute("select sum(n) from numbers").fetchone()[0]
            finally:
                database.close()

        box.apply(SystemIO.everything())
        box.works("store", store)
        box.gives("query", 4950, total)

    result = run(case, form=form)
    assert (result.directory / "database").read_bytes().startswith(b"SQLite format 3\0")
    assert [path.name for path in result.directory.iterdir()] == ["database"]


def test_rotating_logs(run, form):
    def case(box):
        import logging.handlers

        from pyextrasafe import SystemIO

        box.apply(SystemIO.everything())
        handler = box.works(
            "handler", logging.handlers.RotatingFileHandler, "log", maxBytes=40, backupCount=2
        )
        logging.getLogger().addHandler(handler)
        for number in range(10):
            box.works("log", logging.warning, "a line of the log: %d", number)
        box.works("close", handler.close)

    result = run(case, form=form)
    assert result.stderr == b""  # logging prints its own errors there
    assert sorted(path.name for path in result.directory.iterdir()) == ["log", "log.1", "log.2"]
    assert (result.directory / "log").read_text() == "a line of the log: 9\n"


def test_what_is_no_file_io_is_refused(run, form):
    def case(box):
        import _thread
        import os
        import socket
        import threading

        from pyextrasafe import SystemIO

        raw = box.raw()
        thread = threading.Thread(target=print)
        box.apply(SystemIO.everything())
        box.refused("socket", socket.socket)
        box.refused("a socket pair", socket.socketpair)
        box.refused("fork", lambda: os.fork() or os._exit(0))
        box.refused("exec", os.execv, "/no/such/program", ["program"])
        box.refused("signal to the parent", os.kill, os.getppid(), 23)
        box.raises("thread", (RuntimeError, _thread.error), thread.start)
        box.refused("sleep", raw, "nanosleep", raw.memory(16), 0)
        box.refused("mount", raw, "mount", 1, 1, 1, 0, 0)
        box.refused("chroot", os.chroot, ".")
        box.refused("priority", os.nice, 1)
        box.absent("io_uring", raw, "io_uring_setup", 1, 1)

    run(case, form=form)
