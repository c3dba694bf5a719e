"""SystemIO.allow_open_readonly and allow_open: which files can be opened, and how."""


def test_reading_a_file(run, form):
    """The program that allow_open_readonly is for: with read, close and metadata."""

    def case(box):
        import os
        import pathlib

        from pyextrasafe import SystemIO

        def read(name, **options):
            with open(name, **options) as file:
                return file.read()

        def read_by_descriptor(name):
            descriptor = os.open(name, os.O_RDONLY)
            inheritable = os.get_inheritable(descriptor)
            contents = os.read(descriptor, 99)
            os.close(descriptor)
            return inheritable, contents

        with open("file", "w") as file:
            file.write("contents")
        rules = SystemIO().allow_open_readonly().allow_read().allow_close().allow_metadata()
        box.apply(rules)
        box.gives("read", "contents", read, "file")
        box.gives("read by an opener", "contents", read, "file", opener=os.open)
        box.gives("read by pathlib", "contents", pathlib.Path("file").read_text)
        box.gives("os.open", (False, b"contents"), read_by_descriptor, "file")
        box.raises("no such file", FileNotFoundError, open, "missing")
        for mode in ("w", "a", "x", "r+", "w+", "a+", "x+"):
            name = "new" if "x" in mode else "file"
            box.refused(f"open with {mode!r}", open, name, mode)

    result = run(case, form=form)
    assert [path.name for path in result.directory.iterdir()] == ["file"]
    assert (result.directory / "file").read_text() == "contents"


WAYS_TO_WRITE = """
    O_WRONLY O_RDWR 3 O_CREAT O_EXCL O_TRUNC O_APPEND TMPFILE O_TMPFILE
    O_CREAT|O_EXCL O_CREAT|O_TRUNC O_WRONLY|O_CREAT|O_TRUNC O_WRONLY|O_APPEND O_RDWR|O_TMPFILE
    O_RDONLY|O_TRUNC|O_CLOEXEC O_RDONLY|O_CREAT|O_CLOEXEC O_DIRECTORY|O_CREAT O_PATH|O_TRUNC
""".split()


def test_readonly_refuses_every_way_to_write(run, form):
    """By open, openat and creat; the kernel reads 32 bits of the flags, whatever is above."""

    def case(box, ways):
        import os

        import constants
        from constants import AT_FDCWD
        from pyextrasafe import SystemIO

        def flags(way):
            words = [
                int(name) if name.isdigit() else getattr(constants, name, getattr(os, name, None))
                for name in way.split("|")
            ]
            return sum(words)

        with open("file", "wb") as file:
            file.write(b"untouched")
        raw = box.raw()
        here = os.open(".", os.O_RDONLY)
        names = {name: raw.path(name) for name in ("file", "new", ".")}
        box.apply(SystemIO().allow_open_readonly())
        for way in ways:
            for garbage in (0, 1 << 32, (2**32 - 1) << 32):
                word = garbage | flags(way)
                for name, path in names.items():
                    label = f"{way} {name} {garbage:#x}"
                    box.refused(f"open {label}", raw, "open", path, word, 0o600)
                    box.refused(f"openat {label}", raw, "openat", AT_FDCWD, path, word, 0o600)
                    box.refused(f"openat here {label}", raw, "openat", here, path, word, 0o600)
        for name, path in names.items():
            box.refused(f"creat {name}", raw, "creat", path, 0o600)
            box.absent(f"openat2 {name}", raw, "openat2", AT_FDCWD, path, raw.memory(24), 24)

    result = run(case, form=form, ways=WAYS_TO_WRITE)
    assert [path.name for path in result.directory.iterdir()] == ["file"]
    assert (result.directory / "file").read_bytes() == b"untouched"


def test_readonly_allows_every_way_to_read(run, form):
    def case(box):
        import os

        from constants import AT_FDCWD, O_NOATIME, O_PATH
        from pyextrasafe import SystemIO

        os.mkdir("directory")
        raw = box.raw()
        here, directory = raw.path("."), raw.path("directory")
        fd = os.open(".", os.O_RDONLY)
        box.apply(SystemIO().allow_open_readonly())
        large_file = 0o100000
        for name, flags in {
            "plain": 0,
            "cloexec": os.O_CLOEXEC,
            "a directory": os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC,
            "no link": os.O_NOFOLLOW,
            "large": large_file,
            "no terminal": os.O_NOCTTY,
            "a path": O_PATH,
            "no access time": O_NOATIME,
            "garbage above": (2**32 - 1) << 32,
        }.items():
            box.works(f"open {name}", raw, "open", here, flags)
            box.works(f"openat {name}", raw, "openat", AT_FDCWD, here, flags)
            box.works(f"openat {name} of a directory", raw, "openat", fd, directory, flags)
        box.refused("read is another permission", raw, "read", fd, 0, 0)
        box.refused("so is close", os.close, fd)
        box.refused("so is stat", os.stat, ".")
        box.refused("remove", os.rmdir, "directory")

    assert (run(case, form=form).directory / "directory").is_dir()


def test_open(run, form):
    """allow_open opens files in every way, but does nothing else with them."""

    def case(box):
        import os

        from constants import AT_FDCWD, O_TMPFILE
        from pyextrasafe import SystemIO

        with open("full", "wb") as file:
            file.write(b"contents")
        raw = box.raw()
        box.apply(SystemIO().allow_open())
        box.works("open", raw, "open", raw.path("opened"), os.O_WRONLY | os.O_CREAT, 0o600)
        box.works("openat", raw, "openat", AT_FDCWD, raw.path("new"), os.O_RDWR | os.O_CREAT, 0o600)
        box.works("creat", raw, "creat", raw.path("created"), 0o600)
        box.works("truncate", raw, "openat", AT_FDCWD, raw.path("full"), os.O_RDWR | os.O_TRUNC)
        box.works("append", raw, "openat", AT_FDCWD, raw.path("full"), os.O_WRONLY | os.O_APPEND)
        box.works("a temporary", raw, "openat", AT_FDCWD, raw.path("."), O_TMPFILE | os.O_RDWR)
        fd = box.works("read", raw, "openat", AT_FDCWD, raw.path("full"), os.O_RDWR)
        box.refused("write", os.write, fd, b"x")
        box.refused("read", os.read, fd, 1)
        box.refused("close", os.close, fd)
        box.refused("stat", os.stat, "full")
        box.refused("unlink", os.unlink, "full")
        box.refused("mkdir", os.mkdir, "directory")
        box.refused("mknod", os.mkfifo, "fifo")
        box.refused("rename", os.rename, "full", "moved")
        box.refused("truncate by path", os.truncate, "full", 0)
        box.refused("chmod", os.chmod, "full", 0o777)

    directory = run(case, form=form).directory
    names = sorted(path.name for path in directory.iterdir())
    assert names == ["created", "full", "new", "opened"]
    assert (directory / "full").read_bytes() == b""


def test_writing_a_file(run, form):
    """The program that allow_open is for: with write, close and metadata."""

    def case(box):
        from pyextrasafe import SystemIO

        def write(name, mode, text):
            with open(name, mode) as file:
                file.write(text)

        box.apply(SystemIO().allow_open().allow_write().allow_close().allow_metadata())
        box.works("write", write, "file", "w", "one ")
        box.works("append", write, "file", "a", "two ")
        box.works("create", write, "new", "x", "three")
        box.raises("it exists", FileExistsError, write, "new", "x", "four")
        box.works("update", write, "file", "r+", "ONE")

    directory = run(case, form=form).directory
    assert (directory / "file").read_text() == "ONE two "
    assert (directory / "new").read_text() == "three"


def test_late_imports(run, form):
    """A module of the standard library that is a .py file, and one that loads a .so file."""

    def case(box):
        import sys

        from pyextrasafe import SystemIO

        with open("late.py", "w") as file:
            file.write("import colorsys\nanswer = 42\n")
        sys.path.insert(0, "")
        rules = SystemIO().allow_open_readonly().allow_read().allow_close().allow_metadata()
        loaded = set(sys.modules)
        box.true("not loaded yet", not {"colorsys", "sqlite3", "late"} & loaded)
        box.apply(rules)
        late = box.works(".py", __import__, "late")
        box.equal("the module works", 42, late.answer)
        sqlite3 = box.works(".so", __import__, "sqlite3")
        files = [getattr(sys.modules[name], "__file__", "") for name in set(sys.modules) - loaded]
        box.true("a shared object was loaded", any(str(name).endswith(".so") for name in files))
        version = sqlite3.connect(":memory:").execute("select sqlite_version()")
        box.works("it works", version.fetchone)
        box.raises("no such module", ModuleNotFoundError, __import__, "no_such_module")
        box.refused("no file is opened to write", open, "late.py", "a")

    run(case, form=form)


def test_late_imports_fail_as_ordinary_exceptions(run, form):
    def case(box):
        import sys

        loaded = set(sys.modules)
        box.apply()
        for name in ("colorsys", "sqlite3", "no_such_module"):
            box.raises(name, (ImportError, PermissionError), __import__, name)
            box.true("not loaded", name in loaded or name not in sys.modules)

    run(case, form=form)
