"""Permissions for paths

What is beneath no path that was named is neither read nor changed, and nothing is made there. All
that need not be refused for that is granted as well: other permissions, and single calls.
"""

import errno
import mmap
import os
import shutil
import struct
import time

from claims import Policies, admitted, attempt, refused, under
from constants import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    MAP_PRIVATE,
    MAP_SHARED,
    O_PATH,
    O_TMPFILE,
    PROT_READ,
    PROT_WRITE,
)
from kinds import writing_end_of_a_pipe
from pyextrasafe import _programs
from world import CONTENT, SECRET

AT_SYMLINK_FOLLOW = 0x400
RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT = 1, 2, 4
NO = {"answer": "EACCES"}  # how Landlock refuses
ACROSS = {"answer": "EXDEV"}  # the same, where only links across folders are refused

# The folders of the permissions lie below the working directory; the rest of it is outside.
READ, WRITE, SCRATCH, TOOLS = "paths-read", "paths-write", "paths-scratch", "paths-tools"
FOLDERS = (READ, WRITE, SCRATCH, TOOLS)
REST = (
    "SystemIO().allow_read().allow_write().allow_map_files().allow_pipes().allow_locks(), "
    "Networking().allow_start_unix_clients().allow_start_unix_servers(), "
    "Threads().allow_create().allow_sleep()"
)
# What rules may allow beside paths, which then is for Landlock alone to refuse.
SINGLE = "Custom()" + "".join(
    f".add_simple('{call}')"
    for call in (
        *("chdir", "fchdir", "copy_file_range", "sendfile", "splice", "fallocate", "memfd_create"),
        *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd"),
        *("inotify_init1", "inotify_add_watch", "fanotify_init", "fanotify_mark"),
    )
)
EACH_PATH = (
    f"SystemIO().allow_scratch_dir('{SCRATCH}').allow_read_path('{READ}')"
    f".allow_write_file('{WRITE}').allow_python_files().allow_dns_files().allow_ssl_files()"
    f".allow_timezone_files(), ForkAndExec().allow_execute_path('{TOOLS}')"
)
MUCH = f"{EACH_PATH}, {REST}, {SINGLE}"
READER = f"SystemIO().allow_read_path('{READ}').allow_read(), {REST}"
WRITER = f"SystemIO().allow_write_file('{WRITE}'), {REST}"
MAKER = f"SystemIO().allow_create_in_dir('{SCRATCH}'), {REST}"
PATHS = Policies(
    [READER, WRITER, MAKER, MUCH],
    "permissions to read, write and create beneath paths, and all for paths, beside much else",
)
STRONGEST = Policies([MUCH], "all permissions for paths, beside much else")
READERS = Policies(
    [READER, MUCH], "``allow_read_path()``, and all permissions for paths, beside much else"
)
WRITERS = Policies(
    [WRITER, MAKER], "``allow_write_file()`` or ``allow_create_in_dir()``, beside much else"
)


def inside(folder):
    """The path of a folder that is granted; all of them have to be there."""
    for name in FOLDERS:
        os.makedirs(name, exist_ok=True)
    return os.path.abspath(folder)


def granted(world, folder):
    """A file in a folder that is granted."""
    return world.file(folder=inside(folder))


def content_of(raw, descriptor):
    buffer = raw.memory(len(CONTENT))
    raw("pread64", descriptor, buffer, len(CONTENT), 0)
    return raw.read(buffer, len(CONTENT))


def was_read(answer):
    return answer.value == CONTENT


# ---- Reading -------------------------------------------------------------------------------------


def reads(title, *claims, path, before=None, **traits):
    """Read a file that is outside; path(world, file) makes the path that is opened."""

    @attempt(title, *(claims or [refused(PATHS)]), effect="the file is read", **(traits or NO))
    def prepare(world):
        inside(READ)
        raw, name = world.raw, path(world, world.file().path)

        def go():
            where = raw.path(name() if callable(name) else name)
            return content_of(raw, raw("openat", AT_FDCWD, where, 0))

        return go, was_read


def symlink(world, path, folder=SCRATCH):
    name = world.name(inside(folder))
    os.symlink(path, name)
    return name


reads("openat, read: a file outside", path=lambda world, path: path)
reads("openat, read: by '..'", path=lambda world, path: f"{inside(READ)}/..{'/..' * 20}{path}")
reads("openat, read: through a symbolic link in the folder", path=symlink)
reads("openat, read: by /proc/self/root", path=lambda world, path: f"/proc/self/root{path}")
reads(
    "openat, read: by /proc/self/cwd", path=lambda world, path: f"/proc/self/cwd{'/..' * 20}{path}"
)
reads(
    "openat, read: by /proc/PID/root of another process",
    path=lambda world, path: f"/proc/{world.victim().pid}/root{path}",
)
reads(
    "openat, read: by /proc/PID/cwd of another process",
    path=lambda world, path: f"/proc/{world.victim().pid}/cwd/{os.path.relpath(path)}",
)
reads(
    "openat, read: by /proc/thread-self/root",
    path=lambda world, path: f"/proc/thread-self/root{path}",
)
reads(
    "openat, read: an O_PATH descriptor of before, again",
    path=lambda world, path: f"/proc/self/fd/{world.open(path, O_PATH)}",
)
reads(
    "openat, read: a descriptor of before, again",
    path=lambda world, path: f"/proc/self/fd/{world.open(path, os.O_RDONLY)}",
)
reads(
    "openat, read: an O_PATH descriptor of its own, again",
    path=lambda world, path: (
        lambda: f"/proc/self/fd/{world.raw('openat', AT_FDCWD, world.raw.path(path), O_PATH)}"
    ),
)


@attempt(
    "openat, read: below a directory of before",
    *(refused(PATHS),),
    effect="the file is read",
    **NO,
)
def below_a_directory_of_before(world):
    inside(READ)
    raw, path = world.raw, world.file().path
    directory = world.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    name = raw.path(os.path.basename(path))
    return (lambda: content_of(raw, raw("openat", directory, name, 0))), was_read


@attempt(
    "fchdir, openat, read: a directory of before",
    refused(PATHS),
    effect="the file is read",
    **NO,
)
def change_to_a_directory_of_before(world):
    inside(READ)
    raw, path = world.raw, world.file().path
    directory = world.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    name = raw.path(os.path.basename(path))

    def go():
        raw("fchdir", directory)
        return content_of(raw, raw("openat", AT_FDCWD, name, 0))

    return go, was_read


@attempt(
    "symlink, openat, read: a link of its own",
    refused(STRONGEST),
    effect="the file is read",
    **NO,
)
def link_of_its_own(world):
    raw, target = world.raw, world.raw.path(world.file().path)
    name = raw.path(world.name(inside(SCRATCH)))

    def go():
        try:
            raw("symlink", target, name)
        except FileExistsError:  # it was made under another context
            pass
        return content_of(raw, raw("openat", AT_FDCWD, name, 0))

    return go, was_read


@attempt(
    "open_by_handle_at",
    refused(PATHS),
    effect="the file is read",
    optional="file systems without handles, and users who may not open them",
)
def by_a_handle(world):
    inside(READ)
    raw, path = world.raw, world.file().path
    handle = raw.memory(struct.pack("II", 128, 0) + bytes(128))
    mount = world.open(os.path.dirname(path), os.O_RDONLY)
    try:
        raw("name_to_handle_at", AT_FDCWD, raw.path(path), handle, raw.memory(8), 0)
    except OSError:
        pass
    return (lambda: content_of(raw, raw("open_by_handle_at", mount, handle, 0))), was_read


@attempt("openat2, read", refused(PATHS), effect="the file is read")
def by_openat2(world):
    inside(READ)
    raw = world.raw
    path, how = raw.path(world.file().path), raw.memory(24)
    return (lambda: content_of(raw, raw("openat2", AT_FDCWD, path, how, 24))), was_read


@attempt("getdents64: a folder outside", refused(PATHS), effect="its names are known", **NO)
def list_a_folder(world):
    inside(READ)
    raw, folder, buffer = world.raw, world.folder(), world.raw.memory(4096)
    name = os.path.basename(world.file(folder=folder).path).encode()
    path = raw.path(folder)

    def go():
        raw("getdents64", raw("openat", AT_FDCWD, path, os.O_DIRECTORY), buffer, 4096)
        return name in raw.read(buffer, 4096)

    return go, lambda answer: answer.value


@attempt(
    "openat, mmap: a file outside",
    refused(PATHS),
    effect="the file is read",
    **NO,
)
def by_a_map(world):
    inside(READ)
    raw, path = world.raw, world.raw.path(world.file().path)

    def go():
        words = 0, 4096, PROT_READ, MAP_PRIVATE, raw("openat", AT_FDCWD, path, 0), 0
        return raw.read(raw("mmap", *words), 4096) + CONTENT[4096:]

    return go, was_read


@attempt(
    "openat: O_RDWR of a file that may be written, and read",
    refused(Policies([WRITER], "``allow_write_file()``, beside much else")),
    effect="the file is read",
    **NO,
)
def read_what_may_be_written(world):
    raw, path = world.raw, world.raw.path(granted(world, WRITE).path)
    return (lambda: content_of(raw, raw("openat", AT_FDCWD, path, os.O_RDWR))), was_read


@attempt(
    "openat: O_RDWR where files may be created everywhere, and read",
    refused(
        Policies(
            [f"SystemIO().allow_create_in_dir('/'), {REST}"],
            "``allow_create_in_dir('/')``, beside much else",
        )
    ),
    effect="the file is read",
    **NO,
)
def read_what_may_be_created(world):
    raw, path = world.raw, world.raw.path(world.file().path)
    return (lambda: content_of(raw, raw("openat", AT_FDCWD, path, os.O_RDWR))), was_read


@attempt(
    "pread64: a file that was open before",
    admitted(PATHS, "threat-before"),
    effect="the file is read",
)
def open_before(world):
    inside(READ)
    file = world.open(world.file().path, os.O_RDONLY)
    return (lambda: content_of(world.raw, file)), was_read


@attempt(
    "openat: the end of a pipe that writes, again, to read",
    refused(WRITERS),
    admitted(READERS, "threat-named"),
    effect="what others wrote is read",
    **NO,
)
def read_a_pipe(world):
    inside(READ)
    return writing_end_of_a_pipe(world)


@attempt(
    "newfstatat: the metadata of a file outside",
    admitted(PATHS, "threat-named"),
    effect="the size of a file is known",
)
def metadata(world):
    inside(READ)
    raw, buffer = world.raw, world.raw.memory(256)
    path = raw.path(world.file().path)

    def go():
        raw("newfstatat", AT_FDCWD, path, buffer, 0)
        return len(CONTENT).to_bytes(8, "little") in raw.read(buffer, 256)

    return go, lambda answer: answer.value


@attempt("io_uring_setup", refused(PATHS), effect="a new descriptor")
def ring(world):
    inside(READ)
    where = world.raw.memory(120)
    return (lambda: world.raw("io_uring_setup", 1, where)), world.got_descriptor


# ---- Bringing in, and taking out -----------------------------------------------------------------


def brings_in(title, *claims, bring, **traits):
    """Give a file outside a name in the scratch folder: bring(raw, path, name), words for raw."""

    @attempt(
        title, *(claims or [refused(STRONGEST)]), effect="the file is read", **(traits or ACROSS)
    )
    def prepare(world):
        raw, path = world.raw, world.file().path
        name = raw.path(world.name(inside(SCRATCH)))
        words = bring(world, path, name)

        def go():
            raw(*words)
            return content_of(raw, raw("openat", AT_FDCWD, name, 0))

        return go, was_read


brings_in("link: into the folder", bring=lambda w, path, name: ("link", w.raw.path(path), name))
brings_in(
    "rename: into the folder",
    bring=lambda w, path, name: ("rename", w.raw.path(path), name),
    **NO,
)
brings_in(
    "linkat: a descriptor of before, by /proc",
    bring=lambda w, path, name: (
        "linkat",
        AT_FDCWD,
        w.raw.path(f"/proc/self/fd/{w.open(path, os.O_RDONLY)}"),
        AT_FDCWD,
        name,
        AT_SYMLINK_FOLLOW,
    ),
)
brings_in(
    "linkat: AT_EMPTY_PATH, a descriptor of before",
    bring=lambda w, path, name: (
        "linkat",
        w.open(path, os.O_RDONLY),
        w.raw.path(""),
        AT_FDCWD,
        name,
        AT_EMPTY_PATH,
    ),
)
brings_in(
    "renameat2: RENAME_NOREPLACE, into the folder",
    bring=lambda w, path, name: (
        "renameat2",
        AT_FDCWD,
        w.raw.path(path),
        AT_FDCWD,
        name,
        RENAME_NOREPLACE,
    ),
    **NO,
)


@attempt("renameat2: RENAME_EXCHANGE", refused(STRONGEST), effect="the file changes", **NO)
def exchange(world):
    mine, file = granted(world, SCRATCH), world.file()
    os.truncate(mine.path, 5)
    words = (AT_FDCWD, world.raw.path(mine.path), AT_FDCWD, world.raw.path(file.path))
    return (lambda: world.raw("renameat2", *words, RENAME_EXCHANGE)), file.changed


@attempt("rename: a folder outside into the folder", refused(STRONGEST), effect="it moves", **NO)
def move_a_folder_in(world):
    folder, raw = world.folder(), world.raw
    words = raw.path(folder), raw.path(world.name(inside(SCRATCH)))
    return (lambda: raw("rename", *words)), lambda _: not os.path.exists(folder)


@attempt("link: out of the folder", refused(STRONGEST), effect="a file is there", **NO)
def link_out(world):
    mine, name = granted(world, SCRATCH), world.name()
    words = world.raw.path(mine.path), world.raw.path(name)
    return (lambda: world.raw("link", *words)), lambda _: os.path.lexists(name)


@attempt("rename: out of the folder", refused(STRONGEST), effect="a file is there", **NO)
def move_out(world):
    mine, name = granted(world, SCRATCH), world.name()
    words = world.raw.path(mine.path), world.raw.path(name)
    return (lambda: world.raw("rename", *words)), lambda _: os.path.lexists(name)


@attempt(
    "O_TMPFILE in the folder, linkat: out of it",
    refused(STRONGEST),
    effect="a file is there",
    **NO,
)
def unnamed_out(world):
    raw, name = world.raw, world.name()
    folder, where = raw.path(inside(SCRATCH)), raw.path(name)

    def go():
        file = raw("openat", AT_FDCWD, folder, O_TMPFILE | os.O_RDWR, 0o600)
        link = raw.path(f"/proc/self/fd/{file}")
        raw("linkat", AT_FDCWD, link, AT_FDCWD, where, AT_SYMLINK_FOLLOW)

    return go, lambda _: os.path.lexists(name)


@attempt("renameat2: RENAME_WHITEOUT", refused(STRONGEST), effect="a device is made")
def whiteout(world):
    mine = granted(world, SCRATCH)
    name = world.name(inside(SCRATCH))
    words = (AT_FDCWD, world.raw.path(mine.path), AT_FDCWD, world.raw.path(name))
    return (
        lambda: world.raw("renameat2", *words, RENAME_WHITEOUT),
        lambda _: os.path.exists(name),
    )


@attempt(
    "rename: a file that may only be read, to where it may be written",
    refused(STRONGEST),
    effect="the file moves",
    **NO,
)
def move_what_may_be_read(world):
    file, name = granted(world, READ), world.name(inside(SCRATCH))
    words = world.raw.path(file.path), world.raw.path(name)
    return (lambda: world.raw("rename", *words)), lambda _: os.path.exists(name)


@attempt(
    "link: a file that may only be read, to where it may be written",
    refused(STRONGEST),
    effect="the file changes",
    **ACROSS,
)
def link_what_may_be_read(world):
    raw, file, byte = world.raw, granted(world, READ), world.raw.memory(b"!")
    old, name = raw.path(file.path), raw.path(world.name(inside(SCRATCH)))

    def go():
        raw("link", old, name)
        raw("write", raw("openat", AT_FDCWD, name, os.O_WRONLY), byte, 1)

    return go, file.changed


# ---- Changing ------------------------------------------------------------------------------------


def writes(title, *claims, path, flags=os.O_WRONLY, folder=None, **traits):
    """Open a file and write to it; path(world, file) makes the path."""

    @attempt(title, *(claims or [refused(PATHS)]), effect="the file changes", **(traits or NO))
    def prepare(world):
        raw, byte = world.raw, world.raw.memory(b"!")
        inside(READ)
        file = world.file(folder=folder and inside(folder))
        name = raw.path(path(world, file.path))
        return (
            lambda: raw("write", raw("openat", AT_FDCWD, name, flags, 0o600), byte, 1)
        ), file.changed


writes("openat, write: a file outside", path=lambda world, path: path)
writes("openat, write: O_RDWR", path=lambda world, path: path, flags=os.O_RDWR)
writes("openat, write: O_TRUNC", path=lambda world, path: path, flags=os.O_WRONLY | os.O_TRUNC)
writes("openat, write: O_APPEND", path=lambda world, path: path, flags=os.O_WRONLY | os.O_APPEND)
writes("openat, write: O_CREAT", path=lambda world, path: path, flags=os.O_WRONLY | os.O_CREAT)
writes("openat, write: through a symbolic link in the folder", path=symlink)
writes("openat, write: a file that may only be read", path=lambda w, path: path, folder=READ)
writes(
    "openat, write: a file that may only be read, open for reading, again",
    path=lambda world, path: f"/proc/self/fd/{world.open(path, os.O_RDONLY)}",
    folder=READ,
)


@attempt("openat: O_RDONLY and O_TRUNC, a file to read", refused(PATHS), effect="it is cut")
def cut_by_opening(world):
    file = granted(world, READ)
    path = world.raw.path(file.path)
    return (lambda: world.raw("openat", AT_FDCWD, path, os.O_TRUNC)), file.changed


@attempt("openat: mode 3 and O_TRUNC, a file that may be read", refused(PATHS), effect="it is cut")
def cut_by_mode_3(world):
    file = granted(world, READ)
    path = world.raw.path(file.path)
    return (lambda: world.raw("openat", AT_FDCWD, path, 3 | os.O_TRUNC)), file.changed


@attempt("truncate: a file outside", refused(PATHS), effect="the file is cut", **NO)
def cut(world):
    inside(READ)
    file = world.file()
    path = world.raw.path(file.path)
    return (lambda: world.raw("truncate", path, 0)), file.changed


@attempt(
    "openat, mmap: shared and writable, a file that may be read",
    refused(READERS),
    effect="the file changes",
    **NO,
)
def write_by_a_map(world):
    raw, file = world.raw, granted(world, READ)
    path = raw.path(file.path)

    def go():
        descriptor = raw("openat", AT_FDCWD, path, 2 if world.control else 0)
        place = raw("mmap", 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        world.store(place, b"!")

    return go, file.changed


def changes(title, effect, *call, folder=None, **traits):
    """A call about a file that must not change; "it" stands for its path."""

    @attempt(title, refused(PATHS), effect=effect, **traits)
    def prepare(world):
        inside(READ)
        file = world.file(folder=folder and inside(folder))
        places = {
            "it": world.raw.path(file.path),
            "fd": world.open(file.path, os.O_RDONLY),
            "new": world.raw.path(world.name(inside(SCRATCH))),
        }
        return world.call(call, places), file.changed


TIMES = struct.pack("4q", 1, 0, 1, 0)
changes("chmod: a file outside", "another mode", "chmod", "it", 0o777)
changes("chmod: a file that may be read", "another mode", "chmod", "it", 0o777, folder=READ)
changes("fchmod: a file of before", "another mode", "fchmod", "fd", 0o777)
changes("fchmodat: a file outside", "another mode", "fchmodat", AT_FDCWD, "it", 0o777)
changes("chown: a file outside", "another owner", "chown", "it", 1, 1)
changes("utimensat: a file outside", "other times", "utimensat", AT_FDCWD, "it", TIMES, 0)
changes(
    "setxattr: a file outside",
    "another attribute",
    *("setxattr", "it", b"user.x\0", b"!", 1, 0),
    optional="file systems without attributes",
)
changes("unlink: a file outside", "the file is gone", "unlink", "it", **NO)
changes("unlinkat: a file outside", "the file is gone", "unlinkat", AT_FDCWD, "it", 0, **NO)
changes("unlink: a file that may be read", "it is gone", "unlink", "it", folder=READ, **NO)
changes(
    "fallocate: a file that is open to read",
    "it changes",
    "fallocate",
    "fd",
    0,
    0,
    99999,
    answer="EBADF",
    optional="nothing does that without a filter either",
)
changes(
    "ftruncate: a file that is open to read",
    "it is cut",
    "ftruncate",
    "fd",
    0,
    answer="EINVAL",
    optional="nothing does that without a filter either",
)


def makes(title, *call, **traits):
    """A call that makes something at a path outside, "it"."""

    @attempt(title, refused(PATHS), effect="something is there", **traits)
    def prepare(world):
        inside(READ)
        name = world.name()
        return world.call(call, {"it": world.raw.path(name)}), lambda _: os.path.lexists(name)


CREATE = os.O_WRONLY | os.O_CREAT
makes("openat: O_CREAT", "openat", AT_FDCWD, "it", CREATE, 0o600, **NO)
makes("openat: O_CREAT and O_EXCL", "openat", AT_FDCWD, "it", CREATE | os.O_EXCL, 0o600, **NO)
makes("creat", "creat", "it", 0o600, **NO)
makes("mkdir", "mkdir", "it", 0o700, **NO)
makes("mkdirat", "mkdirat", AT_FDCWD, "it", 0o700, **NO)
makes("symlink", "symlink", b"/\0", "it", **NO)
makes("mknod: a pipe", "mknod", "it", 0o10600, 0)
makes("mknod: a device", "mknod", "it", 0o20600, 0x103)


@attempt(
    "bind: a UNIX socket outside",
    refused(
        under(
            f"SystemIO().allow_scratch_dir('{SCRATCH}'), Networking().allow_running_unix_servers()"
        )
    ),
    effect="a socket is there",
)
def bind_outside(world):
    inside(SCRATCH)
    name = world.name()
    server = world.new_socket(1).fileno()
    path = os.path.relpath(name).encode()
    words = world.raw.memory(b"\1\0" + path), 2 + len(path)
    return (lambda: world.raw("bind", server, *words)), lambda _: os.path.lexists(name)


@attempt("rmdir: a folder outside", refused(PATHS), effect="the folder is gone", **NO)
def remove_a_folder(world):
    inside(READ)
    folder = world.folder()
    path = world.raw.path(folder)
    return (lambda: world.raw("rmdir", path)), lambda _: not os.path.exists(folder)


@attempt(
    "splice: from a descriptor of before, by a pipe",
    admitted(STRONGEST, "threat-before"),
    effect="the file is read",
)
def by_a_pipe(world):
    inside(SCRATCH)
    raw, source = world.raw, world.open(world.file().path, os.O_RDONLY)
    reader, writer = os.pipe()
    buffer = raw.memory(len(CONTENT))

    def go():
        raw("splice", source, raw.memory(8), writer, 0, len(CONTENT), 0)
        raw("read", reader, buffer, len(CONTENT))
        return raw.read(buffer, len(CONTENT))

    return go, was_read


def copies(title, call):
    """Copy from a descriptor of before to a file in the folder, and read that."""

    @attempt(
        title,
        admitted(STRONGEST, "threat-before"),
        effect="the file is read",
    )
    def prepare(world):
        raw, source = world.raw, world.open(world.file().path, os.O_RDONLY)
        target = raw.path(world.name(inside(SCRATCH)))

        def go():
            copy = raw("openat", AT_FDCWD, target, os.O_RDWR | os.O_CREAT, 0o600)
            raw(*call(copy, source))
            return content_of(raw, copy)

        return go, was_read


copies(
    "copy_file_range: from a descriptor of before",
    lambda copy, source: ("copy_file_range", source, 0, copy, 0, len(CONTENT), 0),
)
copies(
    "sendfile: from a descriptor of before",
    lambda copy, source: ("sendfile", copy, source, 0, len(CONTENT)),
)


@attempt(
    "ioctl: FICLONE",
    refused(STRONGEST),
    effect="the file is read",
    optional="file systems that share no blocks",
)
def clone_a_file(world):
    raw, source = world.raw, world.open(world.file().path, os.O_RDONLY)
    target = world.open(granted(world, SCRATCH).path)

    def go():
        raw("ftruncate", target, 0)
        raw("ioctl", target, 0x40049409, source)
        return content_of(raw, target)

    return go, was_read


@attempt(
    "inotify_add_watch: a folder outside",
    admitted(STRONGEST, "threat-named"),
    effect="it is watched",
)
def watch(world):
    inside(READ)
    raw, path = world.raw, world.raw.path(world.folder())
    return (
        lambda: raw("inotify_add_watch", raw("inotify_init1", 0), path, 0xFFF),
        lambda answer: answer.ok,
    )


@attempt(
    "fanotify: the descriptor of a file outside that somebody opens",
    refused(STRONGEST),
    effect="the file is read",
    optional="kernels without fanotify, and users who may not watch a mount",
    **NO,
)
def watch_a_mount(world):
    raw, path, buffer = world.raw, world.file().path, world.raw.memory(4096)
    inside(READ)
    folder = raw.path(os.path.dirname(path))

    def look():
        with open(path, "rb"):
            time.sleep(0.01)

    world.background(look)

    def go():
        group = raw("fanotify_init", 0, 0)
        raw("fanotify_mark", group, 1, 0x08000020, AT_FDCWD, folder)
        raw("read", group, buffer, 4096)
        (descriptor,) = struct.unpack_from("i", raw.read(buffer, 24), 16)
        if descriptor < 0:
            raise OSError(-descriptor if descriptor != -1 else errno.EACCES, "no descriptor")
        return content_of(raw, descriptor)

    return go, was_read


# ---- What others do meanwhile --------------------------------------------------------------------


def meanwhile(title, claim, *, change, path):
    """Somebody outside changes what paths mean after the lock-down; then a file is read."""

    @attempt(title, claim, effect="the file is read", alone=True, **NO)
    def prepare(world):
        raw, told = world.raw, mmap.mmap(-1, 2)
        folder, file = world.folder(), world.name(inside(READ))
        outside = world.file(folder=folder).path
        os.mkdir(file)
        open_folder = world.open(file, os.O_RDONLY | os.O_DIRECTORY)

        def wait():
            if told[0] and not told[1]:
                change(world, folder, file)
                told[1] = 1
            time.sleep(0.001)

        world.background(wait)
        where, words = path(file, outside)
        name = raw.path(words)

        def go():
            told[0] = 1
            while not told[1]:
                pass
            at = open_folder if where == "open" else AT_FDCWD
            return content_of(raw, raw("openat", at, name, 0))

        return go, was_read


def bind_mount(world, folder, place):
    world.raw("mount", world.raw.path(folder), world.raw.path(place), 0, 0x1000, 0)


def move_in(world, folder, place):
    os.rename(folder, os.path.join(place, "moved"))


def move_away(world, folder, place):
    for name in os.listdir(folder):
        shutil.copy(os.path.join(folder, name), place)
    os.rename(place, os.path.join(folder, "moved"))


meanwhile(
    "openat: a folder that somebody outside mounts beneath the path",
    admitted(READERS, "threat-named"),
    change=bind_mount,
    path=lambda place, outside: ("", os.path.join(place, os.path.basename(outside))),
)
meanwhile(
    "openat: a folder that somebody outside moves beneath the path",
    admitted(READERS, "threat-named"),
    change=move_in,
    path=lambda place, outside: ("", os.path.join(place, "moved", os.path.basename(outside))),
)
meanwhile(
    "openat: below an open folder that somebody outside moves out of the path",
    refused(READERS),
    change=move_away,
    path=lambda place, outside: ("open", os.path.basename(outside)),
)


@attempt(
    "recvmsg: a descriptor that somebody outside sends",
    admitted(PATHS, "threat-rights"),
    effect="the file is read",
)
def sent(world):
    inside(READ)
    raw, (ours, theirs) = world.raw, world.pair()
    control = world.rights(-1)
    message = world.message(control=control)
    source = world.open(world.file().path, os.O_RDONLY)
    raw("sendmsg", ours.fileno(), world.message(control=world.rights(source)), 0)

    def go():
        raw("recvmsg", theirs.fileno(), message, 0)
        return content_of(raw, world.received(control))

    return go, was_read


# ---- Other processes -----------------------------------------------------------------------------


def peeks(title, *claims, read, **traits):
    """Get at the memory of another process: read(raw, pid, address, buffer)."""

    @attempt(title, *claims, effect="a secret of another process is read", **traits)
    def prepare(world):
        inside(READ)
        raw, victim, buffer = world.raw, world.victim(), world.raw.memory(len(SECRET))

        def go():
            read(raw, victim.pid, world.secret, buffer)
            return raw.read(buffer, len(SECRET))

        return go, lambda answer: answer.value == SECRET


def by_memory_file(raw, pid, address, buffer):
    file = raw("openat", AT_FDCWD, raw.path(f"/proc/{pid}/mem"), 0)
    raw("pread64", file, buffer, len(SECRET), address)


def by_vectors(raw, pid, address, buffer):
    ours = raw.memory(struct.pack("QQ", buffer, len(SECRET)))
    theirs = raw.memory(struct.pack("QQ", address, len(SECRET)))
    raw("process_vm_readv", pid, ours, 1, theirs, 1, 0)


peeks("/proc/PID/mem", refused(PATHS), read=by_memory_file, **NO)
peeks(
    "/proc/PID/mem, where /proc may be read",
    refused(under("SystemIO().allow_read_path('/proc')")),
    read=by_memory_file,
    **NO,
)
peeks("process_vm_readv", refused(PATHS), read=by_vectors)


@attempt("ptrace: another process", refused(PATHS), effect="it is traced")
def trace(world):
    inside(READ)
    victim = world.victim()

    def traced(_):
        with open(f"/proc/{victim.pid}/status") as file:
            return "TracerPid:\t0\n" not in file.read()

    return (lambda: world.raw("ptrace", 0x4206, victim.pid, 0, 0)), traced


@attempt("pidfd_getfd: a file of another process", refused(PATHS), effect="a new descriptor")
def take_a_descriptor(world):
    inside(READ)
    raw = world.raw
    file = world.open(world.file().path, os.O_RDONLY)
    victim = world.victim()
    os.close(file)

    def go():
        return raw("pidfd_getfd", raw("pidfd_open", victim.pid, 0), file, 0)

    return go, world.got_descriptor


# ---- More threads, processes, contexts -----------------------------------------------------------


def in_a_child(world, call):
    """The answer of a child that makes a call."""
    child = os.fork()
    if not child:
        try:
            call()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    status = os.waitpid(child, 0)[1]
    if status:
        raise OSError(os.WEXITSTATUS(status), "in the child")
    return True


@attempt(
    "fork, openat: a file outside",
    refused(READERS),
    effect="the file is opened",
    **NO,
)
def by_a_child(world):
    inside(READ)
    path = world.raw.path(world.file().path)
    return (
        lambda: in_a_child(world, lambda: world.raw("openat", AT_FDCWD, path, 0)),
        lambda answer: answer.value is True,
    )


@attempt(
    "a second context, of all files",
    refused(READERS),
    effect="the file is read",
    itself=True,
    **NO,
)
def second_context(world):
    inside(READ)
    raw, path = world.raw, world.raw.path(world.file().path)

    def go(lock_down):
        lock_down()
        lock_down("SystemIO().allow_open_readonly().allow_read()", "apply_to_current_thread")
        return content_of(raw, raw("openat", AT_FDCWD, path, 0))

    return go, was_read


@attempt(
    "landlock_restrict_self: a ruleset that allows all",
    refused(PATHS),
    effect="the file is read",
    **NO,
)
def second_ruleset(world):
    inside(READ)
    raw, path = world.raw, world.raw.path(world.file().path)
    attributes = raw.memory(struct.pack("Q", 1 << 2))
    root = world.open("/", O_PATH)
    rule = raw.memory(struct.pack("<Qi", 1 << 2, root))

    def go():
        ruleset = raw("landlock_create_ruleset", attributes, 8, 0)
        raw("landlock_add_rule", ruleset, 1, rule, 0)
        raw("landlock_restrict_self", ruleset, 0)
        return content_of(raw, raw("openat", AT_FDCWD, path, 0))

    return go, was_read


@attempt("chroot", refused(PATHS), effect="another root directory")
def change_the_root(world):
    inside(READ)
    path = world.raw.path(world.directory)
    return (
        lambda: world.raw("chroot", path),
        lambda _: os.readlink(world.proc("root")) != os.readlink("/proc/self/root"),
    )


@attempt(
    "unshare: a user namespace",
    refused(PATHS),
    effect="a namespace of its own",
    alone=True,
    optional="kernels without user namespaces",
)
def new_namespace(world):
    inside(READ)
    return (lambda: world.raw("unshare", 0x10000000)), lambda _: world.namespace("user")


@attempt("mount: over the folder", refused(PATHS), effect="something is mounted")
def mount(world):
    inside(READ)
    folder = world.folder()
    words = world.raw.path("/"), world.raw.path(folder)
    return (
        lambda: world.raw("mount", *words, 0, 0x1000, 0),
        lambda _: os.listdir(folder) != [],
    )


# ---- Starting programs ---------------------------------------------------------------------------

LIMITED = (
    f"ForkAndExec().allow_execute_path('{TOOLS}'), "
    f"SystemIO().allow_read_path('{READ}').allow_scratch_dir('{SCRATCH}').allow_write()"
)


def starts(title, *claims, start, **traits):
    """Start a program that writes: start(world, words) is the call, and what comes before."""

    @attempt(title, *claims, effect="it has written", alone=True, **traits)
    def prepare(world):
        inside(TOOLS)
        pipe = world.pipe()
        words = [b"program", b"write", b"%d" % pipe.writer]
        go, *before = start(world, words)
        return (go, pipe.written, *before)


def vector(raw, words):
    addresses = [raw.memory(word + b"\0") for word in words]
    return raw.memory(struct.pack(f"{len(words) + 1}Q", *addresses, 0))


def program_in(world, folder):
    name = world.name(folder and inside(folder))
    shutil.copy(world.program, name)
    return name


def execve(folder):
    def start(world, words):
        raw = world.raw
        path, arguments = raw.path(program_in(world, folder)), vector(world.raw, words)
        return (lambda: raw("execve", path, arguments, vector(raw, [])),)

    return start


def execve_of_a_copy(world, words):
    """It is written to the scratch folder by the process itself."""
    raw, name = world.raw, world.name(inside(SCRATCH))
    arguments, empty = vector(raw, words), vector(raw, [])
    with open(world.program, "rb") as file:
        data = file.read()
    place, path = raw.memory(data), raw.path(name)

    def go():
        file = raw("openat", AT_FDCWD, path, CREATE, 0o700)
        raw("write", file, place, len(data))
        raw("close", file)
        raw("execve", path, arguments, empty)

    return (go,)


def memory_file(world):
    reading = os.memfd_create("program", 0)
    with open(world.program, "rb") as file:
        os.write(reading, file.read())
    descriptor = os.open(f"/proc/self/fd/{reading}", os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    os.close(reading)
    return descriptor


def execve_of_memory(world, words):
    raw = world.raw
    path = raw.path(f"/proc/self/fd/{memory_file(world)}")
    arguments = vector(raw, words)
    return (lambda: raw("execve", path, arguments, vector(raw, [])),)


def execveat_of_memory(world, words):
    raw, descriptor, arguments = world.raw, memory_file(world), vector(world.raw, words)
    empty, nothing = raw.path(""), vector(raw, [])
    return (lambda: raw("execveat", descriptor, empty, arguments, nothing, AT_EMPTY_PATH),)


def execve_by_proc(world, words):
    raw = world.raw
    program = os.open(program_in(world, None), O_PATH)
    path, arguments = raw.path(f"/proc/self/fd/{program}"), vector(raw, words)
    return (lambda: raw("execve", path, arguments, vector(raw, [])),)


STARTERS = under(LIMITED)
starts("execve: a program outside", refused(STARTERS), start=execve(None), **NO)
starts("execve: a program that may be read", refused(STARTERS), start=execve(READ), **NO)
starts("execve: a program of its own", refused(STARTERS), start=execve_of_a_copy, **NO)
starts("execve: an O_PATH descriptor of before", refused(STARTERS), start=execve_by_proc, **NO)
starts("execveat: a memory file", refused(STARTERS), start=execveat_of_memory)
starts(
    "execve: a memory file that was open before",
    admitted(STARTERS, "threat-named"),
    start=execve_of_memory,
)


def by_the_loader(world, words):
    """It runs echo, which writes to descriptor 1."""
    raw, (loader, *_) = world.raw, [*_programs.needed_by("/bin/true"), "/bin/true"]
    pipe = int(words[2])
    path = raw.path(loader)
    arguments = vector(raw, [loader.encode(), b"/bin/echo", b"out"])
    return (
        lambda: raw("execve", path, arguments, vector(raw, [])),
        lambda: os.dup2(pipe, 1),
    )


NAMED_BY_PATH = (
    "ForkAndExec().allow_execute_path('/bin/true'), "
    "SystemIO().allow_python_files().allow_read_path('/bin').allow_write()"
)
starts(
    "execve: the loader of a program that is named, with another program",
    admitted(under(NAMED_BY_PATH), "threat-named"),
    start=by_the_loader,
    optional="systems whose programs need no loader",
)
starts(
    "execve: a program that is named",
    admitted(STARTERS, "threat-kept"),
    start=execve(TOOLS),
)
