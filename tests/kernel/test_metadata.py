"""SystemIO.allow_metadata: what files there are and how they look, but not what is in them."""


def test_metadata(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        with open("file", "w") as file:
            file.write("contents")
        os.symlink("file", "link")
        fd = os.open("file", os.O_RDWR)
        directory = os.open(".", os.O_RDONLY)
        raw = box.raw()
        room = raw.memory(4096)
        box.apply(SystemIO().allow_metadata())
        box.gives("stat", 8, lambda: os.stat("file").st_size)
        box.gives("lstat", True, os.path.islink, "link")
        box.gives("fstat", 8, lambda: os.fstat(fd).st_size)
        box.gives("fstat(2)", 0, raw, "fstat", fd, room)
        box.gives("stat(2)", 0, raw, "stat", raw.path("file"), room)
        box.gives("lstat(2)", 0, raw, "lstat", raw.path("link"), room)
        box.gives("stat at", 8, lambda: os.stat("file", dir_fd=directory).st_size)
        box.gives("exists", True, os.path.exists, "file")
        box.gives("does not exist", False, os.path.exists, "missing")
        box.gives("isdir", True, os.path.isdir, ".")
        box.gives("access", True, os.access, "file", os.R_OK)
        box.gives("faccessat", 0, raw, "faccessat", directory, raw.path("file"), os.R_OK)
        box.gives("faccessat2", 0, raw, "faccessat2", directory, raw.path("file"), os.R_OK, 0)
        box.gives("readlink", "file", os.readlink, "link")
        box.gives("readlinkat(2)", 4, raw, "readlinkat", directory, raw.path("link"), room, 9)
        box.gives("realpath", os.path.join(os.getcwd(), "file"), os.path.realpath, "link")
        box.true("getdents64", raw("getdents64", directory, room, 4096) > 0)
        box.works("statvfs", os.statvfs, ".")
        box.works("fstatvfs", os.fstatvfs, fd)
        box.refused("open", open, "file")
        box.refused("read", os.read, fd, 1)
        box.refused("list needs open", os.listdir, ".")
        box.refused("chmod", os.chmod, "file", 0o777)
        box.refused("fchmod", os.fchmod, fd, 0o777)
        box.refused("chown", os.chown, "file", 0, 0)
        box.refused("utime", os.utime, "file", (0, 0))
        box.refused("set an attribute", raw, "setxattr", raw.path("file"), raw.path("user.a"), 0, 0)
        box.refused("rename", os.rename, "file", "moved")
        box.refused("unlink", os.unlink, "file")
        box.refused("link", os.link, "file", "another")
        box.refused("mkdir", os.mkdir, "directory")
        box.refused("chdir", os.chdir, "/")
        box.refused("truncate", os.truncate, "file", 0)

    directory = run(case, form=form).directory
    assert sorted(path.name for path in directory.iterdir()) == ["file", "link"]
    assert (directory / "file").read_text() == "contents"
    assert (directory / "file").stat().st_mtime > 0


def test_directories(run, form):
    """With allow_open_readonly, and on PyPy allow_close for descriptors that it opens itself."""

    def case(box):
        import glob
        import os
        import shutil

        from pyextrasafe import SystemIO

        os.makedirs("a/b/c")
        open("a/b/file.txt", "w").close()
        box.apply(SystemIO().allow_metadata().allow_open_readonly().allow_close())
        box.gives("listdir", ["b"], os.listdir, "a")
        box.gives("scandir", ["c", "file.txt"], lambda: sorted(e.name for e in os.scandir("a/b")))
        box.gives("walk", ["a", "a/b", "a/b/c"], lambda: [place[0] for place in os.walk("a")])
        box.gives("glob", ["a/b/file.txt"], glob.glob, "a/*/*.txt")
        box.true("which", (shutil.which("sh") or "").endswith("/sh"))
        box.refused("rmtree", shutil.rmtree, "a")

    assert (run(case, form=form).directory / "a" / "b" / "file.txt").exists()
