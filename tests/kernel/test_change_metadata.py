"""SystemIO.allow_change_metadata: modes, owners, times and extended attributes."""


def test_metadata_is_changed(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        with open("file", "w") as file:
            file.write("contents")
        os.symlink("file", "link")
        here = os.open(".", os.O_RDONLY)
        file = os.open("file", os.O_RDONLY)
        link, path = raw.path("link"), raw.path("file")
        name, value, memory = raw.path("user.mark"), raw.memory(b"made"), raw.memory(16)
        kept = raw.memory(16)
        times = raw.memory(b"".join(n.to_bytes(8, "little") for n in (1000, 0, 1000, 0)))
        box.apply(SystemIO().allow_change_metadata())

        box.works("chmod", os.chmod, "file", 0o640)
        box.works("fchmod", os.fchmod, file, 0o604)
        box.works("fchmodat", raw, "fchmodat", here, path, 0o600)
        box.works("chown", os.chown, "file", os.getuid(), os.getgid())
        box.works("fchown", os.fchown, file, -1, os.getgid())
        box.works("lchown", os.lchown, "link", os.getuid(), -1)
        box.works("fchownat", os.chown, "file", -1, -1, dir_fd=here)
        box.works("utime", os.utime, "file", (1000, 1000))
        box.works("utime of a link", os.utime, "link", (2000, 2000), follow_symlinks=False)
        box.works("utimes(2)", raw, "utimes", link, times)
        for call, of in (("setxattr", path), ("lsetxattr", path), ("fsetxattr", file)):
            box.works(call, raw, call, of, name, value, 4, 0)
        for call, of in (("getxattr", link), ("lgetxattr", path), ("fgetxattr", file)):
            box.gives(call, 4, raw, call, of, name, memory, 16)
        box.equal("its value", b"made", raw.read(memory, 4))
        for call, of in (("listxattr", path), ("llistxattr", path), ("flistxattr", file)):
            box.works(call, raw, call, of, memory, 16)
        box.works("removexattr", raw, "removexattr", path, name)
        box.works("set it again", raw, "setxattr", path, name, value, 4, 0)
        box.works("fremovexattr", raw, "fremovexattr", file, name)
        box.works("and again", raw, "setxattr", path, name, value, 4, 0)
        box.works("lremovexattr", raw, "lremovexattr", path, name)
        box.works("for good", raw, "setxattr", path, name, value, 4, 0)
        box.refused("rename", os.rename, "file", "renamed")
        box.refused("unlink", os.unlink, "file")
        box.refused("truncate", os.truncate, "file", 0)
        box.refused("link", os.link, "file", "another")
        box.refused("mkdir", os.mkdir, "directory")
        box.refused("stat", os.stat, "file")
        box.refused("read", os.read, file, 1)
        box.refused("open", open, "file")
        box.refused("attributes of ext4", raw, "ioctl", file, 0x40086602, value)
        box.refused("priority", raw, "setpriority", 0, 0, 0)
        box.gives("it is there", 4, raw, "getxattr", path, name, kept, 16)
        box.equal("and what it says", b"made", raw.read(kept, 4))

    directory = run(case, form=form).directory
    state = (directory / "file").stat()
    assert state.st_mode & 0o777 == 0o600
    assert state.st_mtime == 1000
    assert (directory / "link").lstat().st_mtime == 2000
    assert (directory / "file").read_text() == "contents"
    assert sorted(path.name for path in directory.iterdir()) == ["file", "link"]


def test_copies_keep_their_metadata(run, form):
    """shutil.copy2 and copytree, which fail where they may not list the attributes."""

    def case(box):
        import os
        import shutil

        from pyextrasafe import SystemIO

        os.mkdir("folder")
        with open("folder/file", "w") as file:
            file.write("contents")
        os.chmod("folder/file", 0o640)
        os.utime("folder/file", (1000, 1000))
        os.mkdir("tree")
        io = SystemIO().allow_open().allow_close().allow_read().allow_write().allow_metadata()
        box.apply(io.allow_change_metadata())
        box.works("copy2", shutil.copy2, "folder/file", "copy")
        box.works("copystat", shutil.copystat, "folder", "tree")

    directory = run(case, form=form).directory
    state = (directory / "copy").stat()
    assert (state.st_mode & 0o777, state.st_mtime) == (0o640, 1000)
    assert (directory / "copy").read_text() == "contents"


def test_no_change_without(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        with open("file", "w"):
            pass
        os.chmod("file", 0o600)
        file = os.open("file", os.O_RDWR)
        path, name, value = raw.path("file"), raw.path("user.mark"), raw.memory(b"made")
        io = SystemIO().allow_open().allow_close().allow_read().allow_write().allow_metadata()
        box.apply(io)
        box.refused("chmod", os.chmod, "file", 0o777)
        box.refused("fchmod", os.fchmod, file, 0o777)
        box.refused("chown", os.chown, "file", -1, -1)
        box.refused("utime", os.utime, "file", (1000, 1000))
        box.refused("setxattr", raw, "setxattr", path, name, value, 4, 0)
        box.refused("getxattr", raw, "getxattr", path, name, value, 4)

    state = (run(case, form=form).directory / "file").stat()
    assert state.st_mode & 0o777 == 0o600
    assert state.st_mtime != 1000
