"""Files

Files must stay byte for byte as they were; their mode, owner, times and attributes, too.
"""

import itertools
import os
import shutil
import struct

from claims import (
    ALL_NETWORKING,
    EVENT_LOOP,
    EVERY,
    EVERYTHING,
    NOTHING,
    TOGETHER,
    admitted,
    attempt,
    harmless,
    refused,
    under,
)
from constants import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    O_PATH,
    PROT_READ,
    PROT_WRITE,
)
from kinds import HIGH, REACHED, never, swept, writing_end_of_a_pipe
from world import CONTENT, SECRET, attributes

AT_SYMLINK_FOLLOW = 0x400
READONLY = "SystemIO().allow_open_readonly()"
READER = under(f"{READONLY}.allow_read()")
# These open for reading only, and may write to what they open.
READONLY_WRITERS = under(f"{READONLY}.allow_write().allow_close()", f"{READONLY}, {ALL_NETWORKING}")
OPENERS = under("SystemIO().allow_open()", *EVERYTHING.codes)
NOT_OPENERS = EVERY.without(OPENERS, TOGETHER, why="but those that open to write")
OPEN_AND_WRITE = under("SystemIO().allow_open().allow_write()")
NOT_EVERYTHING = EVERY.without(EVERYTHING, TOGETHER, why="but everything()")
WRITERS = under("SystemIO().allow_write()", *EVERYTHING.codes)
NOT_WRITERS = EVERY.without(WRITERS, TOGETHER, why="but those that write to every file")
MAPS = "SystemIO().allow_map_files()"
MAP_WRITERS = under(MAPS, *WRITERS.codes)
NOT_MAP_WRITERS = EVERY.without(MAP_WRITERS, TOGETHER, why="but those that map files, shared")
CHANGERS = under("SystemIO().allow_change_metadata()", *EVERYTHING.codes)
NOT_CHANGERS = EVERY.without(CHANGERS, TOGETHER, why="but those that change metadata")

# ---- Flags of open -------------------------------------------------------------------------------

O_WRONLY, O_RDWR = 1, 2
TMPFILE = 0o20000000
FORBIDDEN = 3 | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_APPEND | TMPFILE
BITS = [0] + [1 << bit for bit in range(32)]
PAIRS = sorted({first | second for first, second in itertools.product(BITS, BITS)})


def flags(title, call, high):
    """Every bit and pair of bits: what is opened can only be read, and nothing is made."""

    @attempt(title, refused(READONLY_WRITERS), effect="something in the folder changes")
    def prepare(world):
        raw, folder = world.raw, world.folder()
        file = world.file(folder=folder)
        there, missing = raw.path(file.path), raw.path(os.path.join(folder, "new"))
        home = raw.path(folder)
        byte = raw.memory(b"!")
        start = (AT_FDCWD,) if call == "openat" else ()

        def openable(path, word):
            """Can it be opened? If so, try to change it."""
            try:
                descriptor = raw(call, *start, path, word | high, 0o600)
            except OSError:
                return False
            for change in (("write", descriptor, byte, 1), ("ftruncate", descriptor, 0)):
                try:
                    raw(*change)
                except OSError:
                    pass
            raw("close", descriptor)
            return True

        def go():
            opened = [
                word
                for word in PAIRS
                for path in (there, missing, home)
                if openable(path, word) and word & FORBIDDEN
            ]
            return swept([hex(word) for word in sorted(set(opened))])

        return go, lambda answer: answer.value or file.changed() or len(os.listdir(folder)) > 1


for call in ("open", "openat"):
    flags(f"{call}: every bit and every pair of bits as flags", call, 0)
    flags(f"{call}: the same, the upper half filled", call, HIGH)


@never("openat2: O_RDWR, then write", "the file changes")
def openat2(world):
    file, byte = world.file(), world.raw.memory(b"!")
    path, how = world.raw.path(file.path), world.raw.memory(struct.pack("QQQ", O_RDWR, 0, 0))

    def go():
        world.raw("write", world.raw("openat2", AT_FDCWD, path, how, 24), byte, 1)

    return go, file.changed


@attempt(
    "creat: a file that is there",
    *(refused(NOT_OPENERS), admitted(OPENERS, "threat-kept")),
    effect="the file is cut",
)
def creat(world):
    file = world.file()
    path = world.raw.path(file.path)
    return (lambda: world.raw("creat", path, 0o600)), file.changed


def by_descriptor(title, *claims, name):
    """Write to a file that is opened by openat from a directory; name(file, folder) is its path."""

    @attempt(title, *claims, effect="the file changes")
    def prepare(world):
        raw, folder = world.raw, world.folder()
        file, byte = world.file(folder=folder), world.raw.memory(b"!")
        directory = world.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        path = raw.path(name(file, folder))

        def go():
            raw("write", raw("openat", directory | HIGH, path, O_WRONLY), byte, 1)

        return go, file.changed


OPEN_TO_WRITE = (
    refused(under(*READONLY_WRITERS.codes)),
    admitted(OPEN_AND_WRITE, "threat-kept"),
)
by_descriptor(
    "openat: O_WRONLY below a directory that is open",
    *OPEN_TO_WRITE,
    name=lambda file, folder: os.path.basename(file.path),
)
by_descriptor(
    "openat: O_WRONLY above a directory that is open",
    *OPEN_TO_WRITE,
    name=lambda file, folder: "../" + os.path.relpath(file.path, os.path.dirname(folder)),
)
by_descriptor(
    "openat: O_WRONLY elsewhere, with a directory that is open",
    *OPEN_TO_WRITE,
    name=lambda file, folder: file.path,
)


def reads(title, *claims, path):
    """Read a file; path(world) makes it."""

    @attempt(title, *claims, effect="the file is read")
    def prepare(world):
        raw, buffer = world.raw, world.raw.memory(len(CONTENT))
        name = raw.path(path(world))

        def go():
            raw("read", raw("openat", AT_FDCWD, name, 0), buffer, len(CONTENT))
            return raw.read(buffer, len(CONTENT))

        return go, lambda answer: answer.value == CONTENT


@attempt(
    "openat, mmap: any file",
    refused(under(READONLY, MAPS)),
    admitted(under(f"{READONLY}.allow_map_files()"), "threat-paths"),
    effect="the file is read",
)
def read_by_a_map(world):
    raw, path = world.raw, world.raw.path(world.file().path)

    def go():
        words = 0, 4096, PROT_READ, MAP_SHARED, raw("openat", AT_FDCWD, path, 0), 0
        return raw.read(raw("mmap", *words), 4096)

    return go, lambda answer: answer.value == CONTENT[:4096]


def link_to(make):
    def path(world):
        name = world.name()
        make(world.file().path, name)
        return name

    return path


READING = (
    refused(under(READONLY, "SystemIO().allow_read()")),
    admitted(READER, "threat-paths"),
)
reads("openat, read: any file", *READING, path=lambda world: world.file().path)
reads("openat, read: through a symbolic link", *READING, path=link_to(os.symlink))
reads("openat, read: through a hard link", *READING, path=link_to(os.link))


@attempt(
    "openat: O_PATH",
    *(refused(under("SystemIO().allow_metadata()")), admitted(under(READONLY), "threat-paths")),
    effect="a new descriptor",
)
def path_only(world):
    path = world.raw.path(world.file().path)
    return (lambda: world.raw("openat", AT_FDCWD, path, O_PATH)), world.got_descriptor


def reopened(title, *claims, flag, then, effect="the file changes"):
    """Open a descriptor once more, through /proc/self/fd."""

    @attempt(title, *claims, effect=effect)
    def prepare(world):
        raw, file, byte = world.raw, world.file(), world.raw.memory(b"!")
        link = raw.path(f"/proc/self/fd/{world.open(file.path, flag)}")
        return (lambda: raw("write", raw("openat", AT_FDCWD, link, then), byte, 1)), file.changed


reopened(
    "openat: a descriptor that can only be read, again, to write",
    *OPEN_TO_WRITE,
    flag=os.O_RDONLY,
    then=O_WRONLY,
)
reopened(
    "openat: an O_PATH descriptor, again, to write", *OPEN_TO_WRITE, flag=O_PATH, then=O_WRONLY
)


@attempt(
    "openat: the end of a pipe that writes, again, to read",
    *(refused(under(READONLY, "SystemIO().allow_read()")), admitted(READER, "threat-paths")),
    effect="what others wrote is read",
)
def read_a_pipe(world):
    return writing_end_of_a_pipe(world)


# ---- /proc ---------------------------------------------------------------------------------------


@attempt(
    "/proc/self/mem: write over memory that is read-only",
    refused(under(*READONLY_WRITERS.codes, "SystemIO().allow_open()", "SystemIO().allow_write()")),
    admitted(OPEN_AND_WRITE, "threat-code"),
    effect="the memory changes",
)
def write_own_memory(world):
    raw = world.raw
    page = raw("mmap", 0, 4096, PROT_READ, MAP_PRIVATE | 0x20, 2**64 - 1, 0)
    path, word = raw.path("/proc/self/mem"), raw.memory(b"changed!")

    def go():
        try:
            raw("pwrite64", raw("openat", AT_FDCWD, path, O_RDWR), word, 8, page)
        finally:
            seen = raw.read(page, 8)
        return seen

    return go, lambda answer: answer.value == b"changed!"


@attempt(
    "/proc/PID/mem: the memory of another process",
    refused(under(READONLY, "SystemIO().allow_read()")),
    admitted(READER, "threat-proc"),
    effect="a secret of another process is read",
)
def read_memory(world):
    raw, victim, buffer = world.raw, world.victim(), world.raw.memory(len(SECRET))
    path = raw.path(f"/proc/{victim.pid}/mem")

    def go():
        memory = raw("openat", AT_FDCWD, path, 0)
        raw("pread64", memory, buffer, len(SECRET), world.secret)
        return raw.read(buffer, len(SECRET))

    return go, lambda answer: answer.value == SECRET


@attempt(
    "/proc/PID/mem: change the memory of another process",
    refused(under(*READONLY_WRITERS.codes, "SystemIO().allow_open()", "SystemIO().allow_write()")),
    admitted(OPEN_AND_WRITE, "threat-proc"),
    effect="the memory of another process changes",
)
def write_memory(world):
    raw, victim = world.raw, world.victim()
    path, word = raw.path(f"/proc/{victim.pid}/mem"), raw.memory(b"overwritten")

    def changed(_):
        with open(f"/proc/{victim.pid}/mem", "rb", 0) as memory:
            memory.seek(world.secret)
            return memory.read(len(SECRET)) != SECRET

    return (
        lambda: raw("pwrite64", raw("openat", AT_FDCWD, path, O_RDWR), word, 11, world.secret),
        changed,
    )


@attempt(
    "/proc/PID/fd: the pipe of another process, again, to read",
    refused(under(READONLY, "SystemIO().allow_read()")),
    admitted(READER, "threat-proc"),
    effect="what others wrote is read",
)
def read_the_pipe_of_another(world):
    raw, pipe, buffer = world.raw, world.pipe(), world.raw.memory(10)
    os.write(pipe.writer, b"a message!")
    victim = world.victim()
    link = raw.path(f"/proc/{victim.pid}/fd/{pipe.reader}")
    os.close(pipe.reader)
    os.close(pipe.writer)

    def go():
        raw("read", raw("openat", AT_FDCWD, link, os.O_NONBLOCK), buffer, 10)
        return raw.read(buffer, 10)

    return go, lambda answer: answer.value == b"a message!"


@attempt(
    "newfstatat: AT_EMPTY_PATH, any path",
    refused(
        EVERY.without(
            *(under("SystemIO().allow_metadata()", EVENT_LOOP), EVERYTHING, TOGETHER),
            why="but metadata, event loops and everything()",
        )
    ),
    admitted(under("SystemIO().allow_metadata()", EVENT_LOOP), "threat-paths"),
    effect="the size of a file is known",
)
def metadata_of_a_loop(world):
    raw, buffer = world.raw, world.raw.memory(256)
    path = raw.path(world.file().path)

    def go():
        raw("newfstatat", AT_FDCWD, path, buffer, AT_EMPTY_PATH)
        return len(CONTENT).to_bytes(8, "little") in raw.read(buffer, 256)

    return go, lambda answer: answer.value


@attempt(
    "newfstatat and statx: any path",
    refused(
        EVERY.without(
            *(under("SystemIO().allow_metadata()"), EVERYTHING, TOGETHER),
            why="but metadata and everything()",
        )
    ),
    admitted(under("SystemIO().allow_metadata()"), "threat-paths"),
    effect="the size of a file is known",
)
def metadata(world):
    raw, buffer = world.raw, world.raw.memory(256)
    path = raw.path(world.file().path)

    def go():
        try:
            raw("statx", AT_FDCWD, path, 0, 0xFFF, buffer)
        except OSError:
            raw("newfstatat", AT_FDCWD, path, buffer, 0)
        return len(CONTENT).to_bytes(8, "little") in raw.read(buffer, 256)

    return go, lambda answer: answer.value


AUTOMOUNTS = under("SystemIO().allow_metadata()", READONLY, "SystemIO().allow_open()", EVENT_LOOP)


@attempt(
    "newfstatat and openat: what is mounted as soon as somebody looks",
    refused(
        EVERY.without(AUTOMOUNTS, EVERYTHING, TOGETHER, why="but those that open files or look")
    ),
    admitted(AUTOMOUNTS, "threat-paths"),
    effect="a file system is mounted",
    optional="kernels without debugfs, or that mount nothing there",
)
def mount_by_looking(world):
    raw, folder, buffer = world.raw, world.folder(), world.raw.memory(256)
    kind, place = raw.path("debugfs"), os.path.join(folder, "tracing")
    try:
        raw("mount", kind, raw.path(folder), kind, 0, 0)
    except OSError:
        pass
    path = raw.path(place + "/")

    def go():
        try:
            raw("newfstatat", AT_FDCWD, path, buffer, AT_EMPTY_PATH)
        except OSError:
            raw("openat", AT_FDCWD, path, 0)

    def mounted(_):
        with open("/proc/self/mounts") as mounts:
            return any(line.split()[1] == place for line in mounts)

    return go, mounted


# ---- Files that are controls ---------------------------------------------------------------------


def control(title, path, text, effect, happened, **traits):
    """Write to a file of /proc/sys. text is what to write, or None for what is there."""

    @attempt(
        title,
        refused(under("SystemIO().allow_open()", "SystemIO().allow_write()")),
        refused(READONLY_WRITERS),
        admitted(OPEN_AND_WRITE, "threat-control"),
        effect=effect,
        **traits,
    )
    def prepare(world):
        if text is None:
            with open(path, "rb") as file:
                content = file.read()
        else:
            content = text
        name, where = world.raw.path(path), world.raw.memory(content)

        def go():
            file = world.raw("openat", AT_FDCWD, name, O_WRONLY)
            world.raw("write", file, where, len(content))

        return go, happened


control(
    "/proc/sys/kernel/hostname",
    *("/proc/sys/kernel/hostname", b"escaped\n"),
    *("another host name", lambda _: os.uname().nodename == "escaped"),
)
control(
    "/proc/sys/kernel/core_pattern, what is there already",
    *("/proc/sys/kernel/core_pattern", None),
    *("the kernel takes a program to run at a crash", lambda answer: answer.ok),
    optional="machines whose settings cannot be changed",
)


# ---- Names and attributes ------------------------------------------------------------------------


ONLY_EVERYTHING = (refused(NOT_EVERYTHING), admitted(EVERYTHING, "threat-kept"))
ONLY_WRITERS = (refused(NOT_WRITERS), admitted(WRITERS, "threat-kept"))
ONLY_CHANGERS = (refused(NOT_CHANGERS), admitted(CHANGERS, "threat-metadata"))
NOBODY = (refused(EVERY),)


def change(title, *call, claims=ONLY_EVERYTHING, **traits):
    """A call on a file, whose words "path", "fd", "new" and the like stand for what they say."""

    @attempt(title, *claims, effect="a file changes, is made or is gone", **traits)
    def prepare(world):
        raw, folder = world.raw, world.folder()
        file = world.file(folder=folder)
        other = os.path.join(folder, "other")
        os.mkdir(os.path.join(folder, "empty"))
        places = {
            "path": raw.path(file.path),
            "fd": world.open(file.path),
            "new": raw.path(other),
            "empty": raw.path(os.path.join(folder, "empty")),
            "link": raw.path(f"/proc/self/fd/{world.open(file.path)}"),
            "nothing": raw.path(""),
        }
        before = sorted(os.listdir(folder))

        def changed(_):
            return sorted(os.listdir(folder)) != before or file.changed()

        return world.call(call, places), changed


NAME, VALUE = b"user.escape\0", b"!"
TIMES = struct.pack("QQQQ", 1, 0, 1, 0)
NO_ATTRIBUTES = "file systems without extended attributes"
NEW_XATTR = "kernels before 6.13"
NEW_ATTR = "kernels before 6.17"
FIFO, DEVICE, REGULAR, SOCKET = 0o010600, 0o020600, 0o100600, 0o140600
KINDS = {"device": DEVICE, "file": REGULAR, "socket": SOCKET, "file, by mode 0": 0}
OLD_TO_NEW = AT_FDCWD, "path", AT_FDCWD, "new"
NULL = 0x103  # the device number of /dev/null

change("truncate", "truncate", "path", 3)
change("ftruncate", "ftruncate", "fd", 3, claims=ONLY_WRITERS)
change("fallocate: make it longer", "fallocate", "fd", 0, 0, 10000)
change("fallocate: punch a hole", "fallocate", "fd", 3, 0, 3000)
change("rename", "rename", "path", "new")
change("renameat", "renameat", AT_FDCWD, "path", AT_FDCWD, "new")
change("renameat2", "renameat2", *OLD_TO_NEW, 0)
change("renameat2: RENAME_WHITEOUT", "renameat2", *OLD_TO_NEW, 4, claims=NOBODY)
change("renameat2: RENAME_WHITEOUT, filled", "renameat2", *OLD_TO_NEW, HIGH | 5, claims=NOBODY)
change("link", "link", "path", "new")
change("linkat", "linkat", AT_FDCWD, "path", AT_FDCWD, "new", 0)
change("linkat: from /proc/self/fd", "linkat", AT_FDCWD, "link", AT_FDCWD, "new", AT_SYMLINK_FOLLOW)
change("linkat: AT_EMPTY_PATH", "linkat", "fd", "nothing", AT_FDCWD, "new", AT_EMPTY_PATH)
change("symlink", "symlink", "path", "new")
change("symlinkat", "symlinkat", "path", AT_FDCWD, "new")
change("unlink", "unlink", "path")
change("unlinkat", "unlinkat", AT_FDCWD, "path", 0)
change("rmdir", "rmdir", "empty")
change("mkdir", "mkdir", "new", 0o700)
change("mkdirat", "mkdirat", AT_FDCWD, "new", 0o700)
change("mknod: a FIFO", "mknod", "new", FIFO, 0)
change("mknodat: a FIFO", "mknodat", AT_FDCWD, "new", FIFO, 0)
for call, *words in (
    ("chmod", "path", 0o4777),
    ("fchmod", "fd", 0o4777),
    ("fchmodat", AT_FDCWD, "path", 0o4777),
    ("chown", "path", 65534, 65534),
    ("lchown", "path", 65534, 65534),
    ("fchown", "fd", 65534, 65534),
    ("fchownat", AT_FDCWD, "path", 65534, 65534, 0),
    ("utime", "path", struct.pack("QQ", 1, 1)),
    ("utimes", "path", TIMES),
    ("futimesat", AT_FDCWD, "path", TIMES),
    ("utimensat", AT_FDCWD, "path", TIMES, 0),
):
    change(call, call, *words, claims=ONLY_CHANGERS)
change(
    "fchmodat2",
    *(452, AT_FDCWD, "path", 0o4777, 0),
    claims=ONLY_CHANGERS,
    optional="kernels before 6.6",
)
for call, place in {"setxattr": "path", "lsetxattr": "path", "fsetxattr": "fd"}.items():
    words = call, place, NAME, VALUE, 1, 0
    change(call, *words, claims=ONLY_CHANGERS, optional=NO_ATTRIBUTES)
# struct vfs_cap_data: the capability to send signals to everybody, effective.
CAPABILITIES = struct.pack("<5I", 0x02000001, 1 << 5, 0, 0, 0)
change(
    "setxattr: a capability for whoever starts the file",
    *("setxattr", "path", b"security.capability\0", CAPABILITIES, len(CAPABILITIES), 0),
    claims=(refused(NOT_CHANGERS), admitted(CHANGERS, "threat-root")),
    optional=NO_ATTRIBUTES,
)


for name, mode in KINDS.items():
    for above in (0, 1 << 16 | HIGH):
        filled = ", the upper part of the mode filled" if above else ""
        words = "new", mode | above, NULL
        change(f"mknod: a {name}{filled}", "mknod", *words, claims=NOBODY)
        change(f"mknodat: a {name}{filled}", "mknodat", AT_FDCWD, *words, claims=NOBODY)


@never("setxattrat", "a file changes", optional=NEW_XATTR)
def set_an_attribute(world):
    raw, file = world.raw, world.file()
    path, name = raw.path(file.path), raw.memory(NAME)
    value = raw.memory(struct.pack("QII", raw.memory(VALUE), 1, 0))
    return (lambda: raw(463, AT_FDCWD, path, 0, name, value, 16)), file.changed


for call in ("removexattr", "lremovexattr", "fremovexattr"):

    @attempt(call, *ONLY_CHANGERS, effect="an attribute is gone", optional=NO_ATTRIBUTES)
    def remove_an_attribute(world, call=call):
        path = world.file().path
        where, name = world.raw.path(path), world.raw.memory(NAME)
        try:
            world.raw("setxattr", where, name, world.raw.memory(VALUE), len(VALUE), 0)
        except OSError:
            pass
        it = world.open(path) if call == "fremovexattr" else where
        return (lambda: world.raw(call, it, name)), lambda _: not attributes(path)


@attempt(
    "chmod: the set-user-ID bit for a program, which somebody else starts",
    *ONLY_CHANGERS,
    effect="it runs as this user",
    optional="file systems that ignore the bit",
)
def lend_the_user(world):
    raw, path = world.raw, world.name()
    shutil.copy(world.program, path)
    where = raw.path(path)

    def runs(_):
        """Somebody else starts it, by a descriptor: he may not look into the folder."""
        pid = os.fork()
        if pid == 0:
            program = os.open(path, os.O_RDONLY)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                os.execve(program, [path, "root"], {})
            finally:
                os._exit(99)
        return os.waitpid(pid, 0)[1] == 0

    return (lambda: raw("chmod", where, 0o4755)), runs


# ---- Requests to ioctl(2) that write -------------------------------------------------------------

SPACE = struct.pack("hhxxxxqqiI16x", 0, 0, 0, 3000, 0, 0)  # struct space_resv: from 0, 3,000 bytes
BIGGER = struct.pack("hhxxxxqqiI16x", 0, 0, 0, 30000, 0, 0)
NO_IOCTL = "file systems that do not know it"


def request(title, number, argument=0, **traits):
    """A request on a file. If it asks for what the kernel has to refuse, that is the effect."""
    for above in (0, HIGH):
        filled = ", the upper half filled" if above else ""
        change(f"ioctl: {title}{filled}", "ioctl", "fd", number | above, argument, **traits)


request("FS_IOC_RESVSP: make it longer", 0x40305828, BIGGER, claims=NOBODY, optional=NO_IOCTL)
request("FS_IOC_RESVSP64: make it longer", 0x4030582A, BIGGER, claims=NOBODY, optional=NO_IOCTL)
request("FS_IOC_UNRESVSP: punch a hole", 0x40305829, SPACE, claims=NOBODY, optional=NO_IOCTL)
request("FS_IOC_UNRESVSP64: punch a hole", 0x4030582B, SPACE, claims=NOBODY, optional=NO_IOCTL)
request("FS_IOC_ZERO_RANGE: write zeros", 0x40305839, SPACE, claims=NOBODY, optional=NO_IOCTL)


def flags_of(raw, descriptor, get):
    """What a request tells of a file."""
    buffer = raw.memory(64)
    try:
        raw("ioctl", descriptor, get, buffer)
    except OSError:
        return None
    return raw.read(buffer, 64)


def attribute(title, number, get, value):
    """A request that sets something that another one gets."""

    @never(f"ioctl: {title}", "an attribute of the file changes", optional=NO_IOCTL)
    def prepare(world):
        raw = world.raw
        descriptor, where = world.open(world.file().path), raw.memory(value)
        before = flags_of(raw, descriptor, get)
        return (
            lambda: raw("ioctl", descriptor, number, where),
            lambda _: flags_of(raw, descriptor, get) != before,
        )


FSGETXATTR, NODUMP = 0x801C581F, 0x80
attribute("FS_IOC_SETFLAGS", 0x40086602, 0x80086601, struct.pack("Q", 0x40))
attribute("FS_IOC_FSSETXATTR", 0x401C5820, FSGETXATTR, struct.pack("I24x", NODUMP))
attribute("FS_IOC_SETVERSION", 0x40087602, 0x80087601, struct.pack("Q", 99))
attribute("EXT4_IOC_SETVERSION", 0x40086604, 0x80086603, struct.pack("Q", 99))


@never("file_setattr", "an attribute of the file changes", optional=NEW_ATTR)
def set_file_attributes(world):
    raw, path = world.raw, world.file().path
    name, attributes = raw.path(path), raw.memory(struct.pack("Q16x", NODUMP))
    descriptor = world.open(path)
    before = flags_of(raw, descriptor, FSGETXATTR)
    return (
        lambda: raw(469, AT_FDCWD, name, attributes, 24, 0),
        lambda _: flags_of(raw, descriptor, FSGETXATTR) != before,
    )


def asked(title, number, *claims):
    """A request that this kind of file does not know, which the kernel has to say."""

    @attempt(f"ioctl: {title}", *claims, effect=REACHED)
    def prepare(world):
        descriptor, where = world.pipe().writer, world.raw.memory(64)
        return (lambda: world.raw("ioctl", descriptor, number, where)), lambda a: a.reached


asked("FICLONE", 0x40049409, *NOBODY)
asked("FICLONERANGE", 0x4020940D, *NOBODY)
asked("FIDEDUPERANGE", 0xC0189436, *NOBODY)
asked("FS_IOC_ENABLE_VERITY: make a file unchangeable", 0x40806685, *NOBODY)
asked("FS_IOC_ADD_ENCRYPTION_KEY: give the kernel a key", 0xC0506617, *NOBODY)
asked("FS_IOC_SET_ENCRYPTION_POLICY: encrypt a folder", 0x800C6613, *NOBODY)
asked("FS_IOC_SETFSLABEL: rename a file system", 0x41009432, *NOBODY)
asked("FS_IOC_SHUTDOWN: end a file system", 0x8004587D, *NOBODY)
asked("FIFREEZE: stop all writes to a file system", 0xC0045877, *NOBODY)
asked("FITRIM: discard the free blocks", 0xC0185879, *NOBODY)
asked("EXT4_IOC_MOVE_EXT: exchange the contents of files", 0xC028660F, *NOBODY)
asked("EXT4_IOC_SWAP_BOOT: exchange contents with the boot loader", 0x6611, *NOBODY)
asked("XFS_IOC_EXCHANGE_RANGE: exchange the contents of files", 0x40285881, *NOBODY)
asked("XFS_IOC_OPEN_BY_HANDLE: open any file", 0xC038586B, *NOBODY)
asked("FAT_IOCTL_SET_ATTRIBUTES", 0x40047211, *NOBODY)
asked("BTRFS_IOC_SNAP_DESTROY: delete a subvolume", 0x5000940F, *NOBODY)
asked("BTRFS_IOC_SNAP_DESTROY_V2: delete a subvolume", 0x5000943F, *NOBODY)
asked("BLKZEROOUT: write zeros to a disk", 0x127F, *NOBODY)
asked("BLKDISCARD: empty a disk", 0x1277, *NOBODY)
asked("SG_IO: commands to a disk", 0x2285, *NOBODY)
asked("NVME_IOCTL_IO_CMD: commands to a disk", 0xC0484E43, *NOBODY)
asked("LOOP_SET_FD: make a disk of a file", 0x4C00, *NOBODY)
asked("MTIOCTOP: erase a tape", 0x40086D01, *NOBODY)
asked("MEMERASE: erase flash", 0x40084D02, *NOBODY)
# These drivers take any size and direction of a request.
asked("DM_DEV_CREATE: make a disk", 0xC138FD03, *NOBODY)
asked("DM_DEV_CREATE, in another size", 0xFFFFFD03, *NOBODY)
asked("AUTOFS_DEV_IOCTL_OPENMOUNT, in another size", 0xC0209374, *NOBODY)

# ---- Memory --------------------------------------------------------------------------------------


def mapped(title, *claims, kind, above=0, mode=os.O_RDWR, protection=PROT_READ | PROT_WRITE):
    """Map a file and write to the memory."""

    @attempt(title, *claims, effect="the file changes")
    def prepare(world):
        file = world.file()
        descriptor = world.open(file.path, mode)

        def go():
            words = 0, 4096, protection | above, kind | above, descriptor | above, 0
            world.store(world.raw("mmap", *words), b"!")

        return go, file.changed


SHARED_MAPS = (refused(NOT_MAP_WRITERS), admitted(MAP_WRITERS, "threat-kept"))
mapped("mmap: MAP_SHARED", *SHARED_MAPS, kind=MAP_SHARED)
mapped("mmap: MAP_SHARED, the upper halves filled", *SHARED_MAPS, kind=MAP_SHARED, above=HIGH)
mapped("mmap: MAP_SHARED_VALIDATE", refused(EVERY), kind=MAP_SHARED_VALIDATE)
mapped(
    "mmap: MAP_SHARED of a descriptor that can only be read",
    *(refused(NOT_MAP_WRITERS), harmless(MAP_WRITERS)),
    kind=MAP_SHARED,
    mode=os.O_RDONLY,
)
mapped(
    "mmap: MAP_SHARED of a descriptor that can only be written",
    *(refused(NOT_MAP_WRITERS), harmless(MAP_WRITERS)),
    kind=MAP_SHARED,
    mode=os.O_WRONLY,
)
mapped("mmap: MAP_PRIVATE", harmless(under("SystemIO().allow_read()")), kind=MAP_PRIVATE)
mapped("mmap: MAP_SHARED and MAP_ANONYMOUS", harmless(NOTHING), kind=MAP_SHARED | 0x20)


@attempt(
    "mmap: MAP_SHARED, to read",
    refused(under("SystemIO().allow_stdin()", "SystemIO().allow_file_read(900)", READONLY)),
    admitted(MAP_WRITERS, "threat-write-reads"),
    effect="the file is read",
)
def read_a_shared_map(world):
    descriptor = world.open(world.file().path)

    def go():
        words = 0, 4096, PROT_READ, MAP_SHARED, descriptor, 0
        return world.raw.read(world.raw("mmap", *words), 4096)

    return go, lambda answer: answer.value == CONTENT[:4096]


def mapped_before(title, *claims, mode, call=None):
    """A shared map for reading, made before the lock-down, is made writable."""

    @attempt(title, *claims, effect="the file changes")
    def prepare(world):
        raw, file = world.raw, world.file()
        place = raw("mmap", 0, 4096, PROT_READ, MAP_SHARED, world.open(file.path, mode), 0)

        def go():
            raw("mprotect", place, 4096, PROT_READ | PROT_WRITE)
            world.store(place, b"!")

        return go, file.changed


mapped_before(
    "mprotect: a shared map that was there, of a descriptor that can be written",
    admitted(NOTHING, "threat-before"),
    mode=os.O_RDWR,
)
mapped_before(
    "mprotect: a shared map that was there, of a descriptor that can only be read",
    harmless(NOTHING),
    mode=os.O_RDONLY,
)


def grown(title, *claims, kind, old_size, mode=os.O_RDWR, protection=PROT_READ | PROT_WRITE):
    """One page of a file was mapped; its second page begins with '2'."""

    def reach(world):
        file = world.file()
        with open(file.path, "r+b") as opened:
            opened.seek(4096)
            opened.write(b"2")
        file.before = file.state()
        descriptor = world.open(file.path, mode)
        place = world.raw("mmap", 0, 4096, protection, kind, descriptor, 0)
        os.close(descriptor)
        return file, lambda: world.raw("mremap", place, old_size, 8192, 1) + 4096

    @attempt(f"mremap: {title}", *claims, effect="a page is read that was never mapped")
    def read(world):
        _, second = reach(world)
        return (lambda: world.raw.read(second(), 1)), lambda answer: answer.value == b"2"

    if kind == MAP_SHARED and protection & PROT_WRITE:

        @attempt(f"mremap: {title}", *claims, effect="a page changes that was never mapped")
        def write(world):
            file, second = reach(world)
            return (lambda: world.store(second(), b"!")), file.changed


OF_BEFORE = (admitted(NOTHING, "threat-before"),)
grown("a shared map that was there grows", *OF_BEFORE, kind=MAP_SHARED, old_size=4096)
grown("a shared map that was there, once more, longer", *OF_BEFORE, kind=MAP_SHARED, old_size=0)
grown(
    "a private map that was there grows",
    *OF_BEFORE,
    kind=MAP_PRIVATE,
    old_size=4096,
    mode=os.O_RDONLY,
    protection=PROT_READ,
)


def on_a_map(title, effect, call, *words):
    """A call on a shared map of two pages that was there; the second page begins with '2'."""

    @never(title, effect)
    def prepare(world):
        raw, file = world.raw, world.file()
        with open(file.path, "r+b") as opened:
            opened.seek(4096)
            opened.write(b"2")
        file.before = file.state()
        place = raw("mmap", 0, 8192, 3, MAP_SHARED, world.open(file.path), 0)

        def go():
            raw(call, place, 4096, *words)
            return raw.read(place, 1)

        return go, lambda answer: answer.value == b"2" or file.changed()


on_a_map("madvise: MADV_REMOVE", "a hole in the file", "madvise", 9)
on_a_map("remap_file_pages", "another page of the file", "remap_file_pages", 0, 1, 0)
