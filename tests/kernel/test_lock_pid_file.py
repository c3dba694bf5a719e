"""lock_pid_file: a program runs only once."""

import stat

import pytest


def test_a_new_file(run):
    def case(box):
        import os

        from pyextrasafe import lock_pid_file

        os.umask(0)
        file = box.works("lock", lock_pid_file, "pid")
        box.note("pid", os.getpid())
        box.gives("not inheritable", False, os.get_inheritable, file.fileno())
        box.true("reads and writes bytes", file.readable() and file.writable())
        box.gives("seek", 0, file.seek, 0)
        box.gives("read", b"%d\n" % os.getpid(), file.read)

    result = run(case)
    path = result.directory / "pid"
    assert path.read_text() == f"{result.notes['pid']}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("mode", "umask", "expected"),
    [
        (0o640, 0o000, 0o640),
        (0o640, 0o022, 0o640),
        (0o640, 0o077, 0o600),
        (0o666, 0o000, 0o666),
        (0o666, 0o022, 0o644),
        (0o600, 0o777, 0o000),
        (0o000, 0o000, 0o000),
        (0o777, 0o000, 0o777),
    ],
)
def test_mode_and_umask(run, mode, umask, expected):
    def case(box, mode, umask):
        import os

        from pyextrasafe import lock_pid_file

        os.umask(umask)
        box.works("lock", lock_pid_file, "pid", mode=mode)
        box.gives("the umask is as before", umask, os.umask, umask)

    result = run(case, mode=mode, umask=umask)
    assert stat.S_IMODE((result.directory / "pid").stat().st_mode) == expected


@pytest.mark.parametrize("contents", [b"", b"x", b"line\nline\n", bytes(range(256)) * 50])
def test_contents(run, contents):
    def case(box, contents):
        from pyextrasafe import lock_pid_file

        box.works("lock", lock_pid_file, "pid", contents=contents)

    assert (run(case, contents=contents).directory / "pid").read_bytes() == contents


def test_a_stale_file_with_longer_contents(run):
    """Its contents are replaced; its mode and its owner are what they were."""

    def case(box):
        import os

        from pyextrasafe import lock_pid_file

        with open("pid", "w") as file:
            file.write("1234567890\n" * 1000)
        os.chmod("pid", 0o604)
        before = os.stat("pid").st_ino
        box.works("lock", lock_pid_file, "pid", mode=0o600)
        box.equal("the same file", before, os.stat("pid").st_ino)
        box.note("pid", os.getpid())

    result = run(case)
    path = result.directory / "pid"
    assert path.read_text() == f"{result.notes['pid']}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.parametrize("kind", ["str", "bytes", "Path", "PathLike", "PathLike of bytes"])
def test_kinds_of_paths(run, kind):
    def case(box, kind):
        import os
        import pathlib

        from pyextrasafe import lock_pid_file

        class Like:
            def __init__(self, path):
                self.path = path

            def __fspath__(self):
                return self.path

        path = {
            "str": "pid",
            "bytes": b"pid",
            "Path": pathlib.Path("pid"),
            "PathLike": Like("pid"),
            "PathLike of bytes": Like(b"pid"),
        }[kind]
        box.works("lock", lock_pid_file, path)
        box.gives("it exists", True, os.path.exists, "pid")

    run(case, kind=kind)


def test_names_that_are_no_utf_8(run):
    def case(box):
        import os

        from pyextrasafe import lock_pid_file

        box.works("bytes", lock_pid_file, b"pid\xff")
        box.works("str", lock_pid_file, os.fsdecode(b"pid\xfe"))
        box.equal("files", [b"pid\xfe", b"pid\xff"], sorted(os.listdir(b".")))

    run(case)


def test_wrong_arguments(run):
    """Nothing is made, and the exception is the one that open() raises."""

    def case(box):
        import os

        from pyextrasafe import lock_pid_file

        for label, kind, arguments in (
            ("a number", TypeError, {"path": 7}),
            ("None", TypeError, {"path": None}),
            ("a NUL", ValueError, {"path": "a\0b"}),
            ("text contents", TypeError, {"path": "pid", "contents": "text"}),
            ("a float mode", TypeError, {"path": "pid", "mode": 1.5}),
            ("a text mode", TypeError, {"path": "pid", "mode": "640"}),
            ("a negative mode", ValueError, {"path": "pid", "mode": -1}),
            ("too large a mode", ValueError, {"path": "pid", "mode": 0o10000}),
        ):
            box.raises(label, kind, lock_pid_file, **arguments)
        box.raises("positional", TypeError, lock_pid_file, "pid", True)
        box.equal("files", [], os.listdir("."))

    run(case)


FAILURES = {
    "a link": ("link", "ELOOP"),
    "a dangling link": ("dangling", "ELOOP"),
    "a file with another name": ("hard link", "EMLINK"),
    "a directory": ("directory", "EISDIR"),
    "no such directory": ("missing/pid", "ENOENT"),
    "a file as a directory": ("victim/pid", "ENOTDIR"),
    "an empty path": ("", "ENOENT"),
    "too long a name": ("x" * 300, "ENAMETOOLONG"),
    "a FIFO": ("fifo", None),
    "a FIFO with a reader": ("read fifo", None),
    "a socket": ("socket", "ENXIO"),
    "a device": ("/dev/null", None),
    "a terminal": ("terminal", None),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_errors_and_touch_nothing(run, name):
    """None of them hangs, and what was there is as it was."""

    def case(box, path, code):
        import errno
        import os
        import socket

        from pyextrasafe import ExtraSafeError, lock_pid_file

        with open("victim", "w") as file:
            file.write("untouched")
        os.symlink("victim", "link")
        os.symlink("nowhere", "dangling")
        os.link("victim", "hard link")
        os.mkdir("directory")
        os.mkfifo("fifo")
        os.mkfifo("read fifo")
        reader = os.open("read fifo", os.O_RDONLY | os.O_NONBLOCK)
        socket.socket(socket.AF_UNIX).bind("socket")
        if path == "terminal":
            controller, terminal = os.openpty()
            path = os.ttyname(terminal)
        before = sorted(os.listdir(".")), sorted(os.listdir("/proc/self/fd"))
        error = box.raises("lock", ExtraSafeError, lock_pid_file, path)
        if code:
            box.equal("errno", code, errno.errorcode[error.errno])
        else:
            box.true(f"errno {error.errno}", error.errno in errno.errorcode)
        box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, OSError))
        box.true(f"a sentence: {error}", len(str(error)) > 10)
        after = sorted(os.listdir(".")), sorted(os.listdir("/proc/self/fd"))
        box.equal("no file and no descriptor is left", before, after)
        os.set_blocking(reader, False)
        box.gives("nothing was written", b"", os.read, reader, 9)

    path, code = FAILURES[name]
    result = run(case, path=path, code=code)
    assert (result.directory / "victim").read_text() == "untouched"
    assert not (result.directory / "nowhere").exists()


def test_a_link_in_the_middle_of_the_path_is_followed(run):
    def case(box):
        import os

        from pyextrasafe import lock_pid_file

        os.mkdir("directory")
        os.symlink("directory", "link")
        box.works("lock", lock_pid_file, "link/pid")

    assert (run(case).directory / "directory" / "pid").exists()


@pytest.mark.parametrize("where", ["file", "directory"])
def test_no_permission(run, where):
    """As powerless as an ordinary user."""

    def case(box, where):
        import errno
        import os

        from capabilities import drop_all
        from pyextrasafe import ExtraSafeError, lock_pid_file

        raw = box.raw()
        os.mkdir("directory")
        path = "directory/pid"
        if where == "file":
            with open(path, "w") as file:
                file.write("untouched")
            os.chmod(path, 0o444)
        else:
            os.chmod("directory", 0o555)
        drop_all(raw)
        error = box.raises("lock", ExtraSafeError, lock_pid_file, path)
        box.equal("errno", errno.EACCES, error.errno)
        box.true("a cause", isinstance(error.__cause__, PermissionError))

    path = run(case, where=where).directory / "directory" / "pid"
    assert path.read_text() == "untouched" if where == "file" else not path.exists()


def test_an_ordinary_user_can_lock_its_own_file(run):
    def case(box):
        from capabilities import drop_all
        from pyextrasafe import ExtraSafeError, lock_pid_file

        raw = box.raw()
        drop_all(raw)
        box.works("lock", lock_pid_file, "pid")
        box.raises("again", ExtraSafeError, lock_pid_file, "pid")
        box.works("a file that nobody can open", lock_pid_file, "other", mode=0)
        box.raises("is locked out", ExtraSafeError, lock_pid_file, "other")

    run(case)


def test_a_lock_held_by_another_process(run):
    def case(box):
        import errno
        import fcntl
        import os

        from pyextrasafe import ExtraSafeError, lock_pid_file

        reader, writer = os.pipe()
        end, stop = os.pipe()

        def hold():
            os.close(stop)
            with open("pid", "w") as file:
                file.write("the other one's contents, which are long\n")
                file.flush()
                fcntl.flock(file, fcntl.LOCK_EX)
                os.write(writer, b"x")
                os.read(end, 1)

        box.peer("holder", hold)
        os.read(reader, 1)
        fds = sorted(os.listdir("/proc/self/fd"))
        for contents in (None, b"mine", b""):
            error = box.raises("lock", ExtraSafeError, lock_pid_file, "pid", contents=contents)
            box.equal("errno", errno.EWOULDBLOCK, error.errno)
            box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, BlockingIOError))
            box.true(str(error), "lock" in str(error))
        box.equal("no descriptor is left", fds, sorted(os.listdir("/proc/self/fd")))

    contents = (run(case).directory / "pid").read_text()
    assert contents == "the other one's contents, which are long\n"


def test_a_second_call_in_the_same_process(run):
    def case(box):
        from pyextrasafe import ExtraSafeError, lock_pid_file

        first = box.works("lock", lock_pid_file, "pid", closefd=True, contents=b"first")
        box.raises("again", ExtraSafeError, lock_pid_file, "pid", contents=b"second")
        box.raises("by another path", ExtraSafeError, lock_pid_file, "./pid", contents=b"second")
        box.works("close", first.close)
        box.works("then it is free", lock_pid_file, "pid", contents=b"third")

    assert (run(case).directory / "pid").read_bytes() == b"third"


@pytest.mark.parametrize("how", ["close", "collect"])
@pytest.mark.parametrize("closefd", [False, True, None])
def test_closefd(run, how, closefd):
    """By default the lock outlives the file object."""

    def case(box, how, closefd):
        import gc

        from pyextrasafe import ExtraSafeError, lock_pid_file

        options = {} if closefd is None else {"closefd": closefd}
        file = lock_pid_file("pid", **options)
        if how == "close":
            box.works("close", file.close)
        del file
        for _ in range(3):
            gc.collect()
        if closefd:
            box.works("the lock is gone", lock_pid_file, "pid")
        else:
            box.raises("the lock is held", ExtraSafeError, lock_pid_file, "pid")

    run(case, how=how, closefd=closefd)


def test_a_child_keeps_the_lock(run):
    """Until the last copy of the descriptor is closed, also when its parent is gone."""

    def case(box):
        import os

        from pyextrasafe import ExtraSafeError, lock_pid_file

        reader, writer = os.pipe()
        gone, going = os.pipe()
        middle = os.fork()
        if middle == 0:
            lock_pid_file("pid")
            if os.fork() == 0:
                os.close(going)
                os.write(writer, b"x")
                os.read(gone, 1)
            os._exit(0)
        os.waitpid(middle, 0)
        os.read(reader, 1)
        os.close(writer)
        box.raises("held by the child's child", ExtraSafeError, lock_pid_file, "pid")
        os.close(going)
        os.read(reader, 1)
        box.works("free when it has ended", lock_pid_file, "pid")

    run(case)


@pytest.mark.parametrize("cloexec", [True, False])
def test_exec_with_the_lock_held(run, cloexec):
    """A program that was executed keeps the lock only with cloexec=False."""

    def case(box, cloexec):
        import os

        from pyextrasafe import ExtraSafeError, lock_pid_file

        ready, running = os.pipe()
        gone, going = os.pipe()
        pid = os.fork()
        if pid == 0:
            file = lock_pid_file("pid", cloexec=cloexec)
            os.close(going)
            os.close(ready)
            os.dup2(gone, 0)
            os.dup2(running, 1)
            if os.get_inheritable(file.fileno()) == cloexec:
                os._exit(1)
            os.execvp("sh", ["sh", "-c", "echo; read line"])
        os.close(running)
        box.gives("the program runs", b"\n", os.read, ready, 9)
        if cloexec:
            box.works("it does not have the lock", lock_pid_file, "pid")
        else:
            box.raises("it has the lock", ExtraSafeError, lock_pid_file, "pid")
        os.close(going)
        os.waitpid(pid, 0)

    run(case, cloexec=cloexec)


def test_a_disk_that_is_full(run):
    """Writing fails: that is reported, and no descriptor is left."""

    def case(box):
        import errno
        import os
        import resource
        import signal

        from pyextrasafe import ExtraSafeError, lock_pid_file

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        fds = sorted(os.listdir("/proc/self/fd"))
        error = box.raises("lock", ExtraSafeError, lock_pid_file, "pid")
        box.equal("errno", errno.EFBIG, error.errno)
        box.equal("no descriptor is left", fds, sorted(os.listdir("/proc/self/fd")))

    run(case)


def test_too_many_open_files(run):
    def case(box):
        import errno
        import os
        import resource

        from pyextrasafe import ExtraSafeError, lock_pid_file

        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
        try:
            while True:
                os.dup(0)
        except OSError:
            pass
        error = box.raises("lock", ExtraSafeError, lock_pid_file, "pid")
        box.equal("errno", errno.EMFILE, error.errno)
        box.gives("nothing was made", False, os.path.exists, "pid")

    run(case)


def test_inside_of_a_lock_down(run, form):
    """Before it is the place for lock_pid_file; afterwards it says what was refused."""

    def case(box):
        import errno

        from pyextrasafe import ExtraSafeError, lock_pid_file

        box.apply()
        error = box.raises("lock", ExtraSafeError, lock_pid_file, "pid")
        box.equal("errno", errno.EPERM, error.errno)

    assert not (run(case, form=form).directory / "pid").exists()
