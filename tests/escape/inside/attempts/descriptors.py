"""Descriptors

Permissions for single descriptors are about numbers. Descriptor 900 may be written to, or read
from; descriptor 901 is another file.
"""

import fcntl
import os
import socket
import struct

import pyextrasafe
from claims import (
    EVENT_LOOP,
    EVERY,
    EVERYTHING,
    NETWORKING,
    NETWORKS,
    TOGETHER,
    UNIX,
    Policies,
    admitted,
    attempt,
    nothing_or,
    refused,
    under,
)
from constants import F_DUPFD_CLOEXEC, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE
from kinds import HIGH
from world import CONTENT, File

GIVEN, OTHER = 900, 901
F_DUPFD = 0
WRITE = "SystemIO().allow_file_write(900)"
STDOUT = "SystemIO().allow_stdout()"
UNIX_CLIENT = "Networking().allow_running_unix_clients()"
THROUGH_MAPS = "threat-write-reads"

MAPS = "SystemIO().allow_map_files()"
CLIENT = "Networking().allow_running_tcp_clients()"

ALL_WRITE = under("SystemIO().allow_write()", *EVERYTHING.codes)
ALL_READ = under("SystemIO().allow_read()", *EVERYTHING.codes)
NOT_TO_ALL = EVERY.without(
    *(ALL_WRITE, NETWORKS, TOGETHER), why="but those that write to all descriptors"
)
NOT_TO_FILES = EVERY.without(ALL_WRITE, TOGETHER, why="but those that write to every file")
NOT_FROM_ALL = EVERY.without(
    *(ALL_READ, NETWORKS, TOGETHER), why="but those that read from all descriptors"
)
NOT_FROM_FILES = EVERY.without(ALL_READ, TOGETHER, why="but those that read every file")
NOT_EVERYTHING = EVERY.without(EVERYTHING, TOGETHER, why="but everything()")


class Files:
    """The file of the given descriptor, and another one."""

    def __init__(self, world, given=GIVEN, other=OTHER):
        self.given, self.other = world.file(), world.file()
        world.open(self.given.path, number=given)
        world.open(self.other.path, number=other)


# ---- Writing to another one ----------------------------------------------------------------------


def writing(title, policies, *call, **traits):
    """A call whose words "other", "vector", "pipe" and "source" stand for what they say."""
    for above in (0, HIGH):
        filled = ", the upper half of the descriptor filled" if above else ""

        @attempt(title + filled, refused(policies), effect="the other file changes", **traits)
        def prepare(world, above=above):
            raw, files, pipe = world.raw, Files(world), world.pipe()
            os.write(pipe.writer, b"!")
            source = world.open(world.file().path)
            places = {
                "other": OTHER | above,
                "vector": raw.vector(b"!"),
                "pipe": pipe.reader,
                "source": source,
            }
            return world.call(call, places), files.other.changed


writing("write", NOT_TO_ALL, "write", "other", b"!", 1)
writing("writev", NOT_TO_ALL, "writev", "other", "vector", 1)
writing("pwrite64", NOT_TO_FILES, "pwrite64", "other", b"!", 1, 0)
writing("pwritev", NOT_TO_FILES, "pwritev", "other", "vector", 1, 0, 0)
writing("pwritev2", NOT_TO_FILES, "pwritev2", "other", "vector", 1, 0, 0, 0)
writing("pwritev2: RWF_APPEND", NOT_TO_FILES, "pwritev2", "other", "vector", 1, 0, 0, 0x10)
writing("ftruncate", NOT_TO_FILES, "ftruncate", "other", 3)
writing("sendfile", NOT_EVERYTHING, "sendfile", "other", "source", 0, 9)
writing("splice", NOT_EVERYTHING, "splice", "pipe", 0, "other", 0, 1, 0)
writing("copy_file_range", NOT_EVERYTHING, "copy_file_range", "source", 0, "other", 0, 9, 0)


def into_a_pipe(title, *call):
    @attempt(title, refused(NOT_EVERYTHING), effect="the pipe gets data")
    def prepare(world):
        raw, source, target = world.raw, world.pipe(), world.pipe()
        os.write(source.writer, b"!")
        places = {
            "from": source.reader,
            "to": target.writer | HIGH,
            "vector": raw.vector(b"!"),
        }
        return world.call(call, places), target.written


into_a_pipe("tee", "tee", "from", "to", 1, 0)
into_a_pipe("vmsplice", "vmsplice", "to", "vector", 1, 0)


def starts_otherwise(file):
    """The second function: has the first byte of a file changed?"""

    def overwritten(_):
        with open(file.path, "rb") as opened:
            return opened.read(1) == b"!"

    return overwritten


@attempt(
    "fcntl: F_SETFL, a log that is open to append to is overwritten",
    refused(
        EVERY.without(
            *(under("SystemIO().allow_write()", "SystemIO().allow_ioctl()"), NETWORKS),
            *(EVERYTHING, TOGETHER),
            why="but those that write to it",
        )
    ),
    admitted(NETWORKS, "threat-numbers"),
    effect="the beginning of the file changes",
)
def overwrite_a_log(world):
    raw, file = world.raw, world.file()
    log, byte = world.open(file.path, os.O_WRONLY | os.O_APPEND), raw.memory(b"!")

    def go():
        raw("fcntl", log, 4, 0)
        raw("write", log, byte, 1)

    return go, starts_otherwise(file)


@attempt(
    "pwritev2: RWF_NOAPPEND, a log that is open to append to is overwritten",
    *(refused(under(STDOUT, *NETWORKS.codes)), admitted(under(WRITE), "threat-kept")),
    effect="the beginning of the file changes",
    alone=True,
    optional="kernels before 6.9",
)
def overwrite_in_place(world):
    raw, file = world.raw, world.file()
    world.open(file.path, os.O_WRONLY | os.O_APPEND, number=GIVEN)
    vector = raw.vector(b"!")
    return (lambda: raw("pwritev2", GIVEN, vector, 1, 0, 0, 0x20)), starts_otherwise(file)


@attempt(
    "ftruncate: a log that is open to append to is cut",
    *(refused(under(STDOUT)), admitted(under(WRITE), "threat-kept")),
    effect="the file is empty",
)
def cut_a_log(world):
    file = world.file()
    world.open(file.path, os.O_WRONLY | os.O_APPEND, number=GIVEN)
    return (lambda: world.raw("ftruncate", GIVEN, 0)), lambda _: os.path.getsize(file.path) == 0


# ---- Another file under the number ---------------------------------------------------------------


def onto(title, *claims, calls, number=GIVEN, free=False, **traits):
    """Calls that should make the number one of another file; then a byte is written to it.

    The calls are made one after the other, whatever the answers to them are. With free set, no file
    has the number before.
    """

    @attempt(title, *claims, effect="the other file changes", alone=True, **traits)
    def prepare(world):
        raw, files, byte = world.raw, Files(world), world.raw.memory(b"!")
        path = raw.path(files.other.path)
        world.open(files.given.path, number=number)
        if free:
            os.close(number)

        def go():
            refusal = None
            for call in (*calls, ("write", number, byte, 1)):
                try:
                    raw(*[path if word == "path" else word for word in call])
                except OSError as error:
                    refusal = refusal or error
            if refusal:
                raise refusal

        return go, files.other.changed


def at(*codes):
    """These permissions besides the one for the number."""
    return under(", ".join(codes))


FORK = "ForkAndExec()"
onto(
    "dup2, then write",
    *(refused(under(WRITE)), admitted(at(WRITE, FORK), "threat-numbers")),
    calls=[("dup2", OTHER, GIVEN)],
)
onto(
    "dup3, then write",
    *(refused(under(WRITE)), admitted(at(WRITE, FORK), "threat-numbers")),
    calls=[("dup3", OTHER, GIVEN, 0)],
)
for name, command in {"F_DUPFD": F_DUPFD, "F_DUPFD_CLOEXEC": F_DUPFD_CLOEXEC}.items():
    onto(
        f"close, fcntl {name}, then write",
        refused(under(WRITE)),
        admitted(at(f"{WRITE}.allow_close().allow_ioctl()"), "threat-numbers"),
        calls=[("close", GIVEN), ("fcntl", OTHER, command, GIVEN)],
    )
    onto(
        f"fcntl {name} to a number that is free, then write",
        refused(under(WRITE, f"{WRITE}.allow_close()")),
        admitted(at(f"{WRITE}.allow_ioctl()"), "threat-numbers"),
        admitted(at(WRITE, FORK), "threat-numbers"),
        calls=[("fcntl", OTHER, command, GIVEN)],
        free=True,
    )
onto(
    "close_range, fcntl F_DUPFD, then write",
    refused(under(WRITE)),
    admitted(at(f"{WRITE}.allow_close().allow_ioctl()"), "threat-numbers"),
    calls=[("close_range", GIVEN, GIVEN, 0), ("fcntl", OTHER, F_DUPFD, GIVEN)],
)
COPIES_TO_1 = (
    refused(under(STDOUT, f"{STDOUT}.allow_close()", f"{STDOUT}.allow_map_files()")),
    admitted(
        at(f"{STDOUT}.allow_close().allow_map_files()"),
        "threat-numbers",
    ),
    admitted(at(f"{STDOUT}.allow_map_files()", CLIENT), "threat-numbers"),
)
onto(
    "close 1, dup, then write",
    *COPIES_TO_1,
    refused(under(f"{STDOUT}.allow_close().allow_ioctl()", f"{STDOUT}, {EVENT_LOOP}")),
    calls=[("close", 1), ("dup", OTHER)],
    number=1,
)
onto(
    "close 1, fcntl F_DUPFD_CLOEXEC from 0 up, then write",
    *COPIES_TO_1,
    refused(under(f"{STDOUT}, {EVENT_LOOP}")),
    calls=[("close", 1), ("fcntl", OTHER, F_DUPFD_CLOEXEC, 0)],
    number=1,
)
onto(
    "dup to the number 1, which is free, then write",
    *(refused(under(STDOUT)), admitted(at(f"{STDOUT}.allow_map_files()"), "threat-numbers")),
    refused(under(f"{STDOUT}, {EVENT_LOOP}")),
    calls=[("dup", OTHER)],
    number=1,
    free=True,
)
for where, word in {
    "1": 1,
    "2": 2,
    "2^32, which the kernel takes for 0": HIGH,
    "2^32 + 1, which the kernel takes for 1": HIGH | 1,
    "2^63 + 1, which the kernel takes for 1": 1 << 63 | 1,
}.items():
    onto(
        f"close 1, fcntl F_DUPFD_CLOEXEC from {where} up, then write",
        refused(
            under(
                *(STDOUT, f"{STDOUT}, {EVENT_LOOP}", f"{STDOUT}, {CLIENT}"),
                *(f"{STDOUT}.allow_close().allow_map_files()",),
            )
        ),
        calls=[("close", 1), ("fcntl", OTHER | HIGH, F_DUPFD_CLOEXEC | HIGH, word)],
        number=1 if word != 2 else 2,
        optional="kernels that read all bits of this argument",
    )
onto(
    "close, fcntl F_DUPFD_CLOEXEC in the place of a descriptor that can be cut, then cut",
    refused(under(WRITE, f"{WRITE}.allow_close().allow_map_files()")),
    admitted(at(f"{WRITE}", EVENT_LOOP), "threat-numbers"),
    calls=[
        ("close", GIVEN),
        ("fcntl", OTHER, F_DUPFD_CLOEXEC, GIVEN),
        ("ftruncate", GIVEN, 3),
    ],
)


def copied(title, *calls, number=2):
    """Copy a standard descriptor to a number from 3 up, and write to the copy."""
    for above in (0, HIGH):
        filled = ", the upper half of the descriptor filled" if above else ""

        @attempt(
            f"{title}, then write to the copy{filled}",
            refused(
                under(
                    *(f"{STDOUT}, {EVENT_LOOP}", f"{STDOUT}.allow_map_files(), {CLIENT}"),
                    f"{STDOUT}.allow_map_files(), {EVENT_LOOP}",
                )
            ),
            effect="the other file changes",
            alone=True,
        )
        def prepare(world, above=above):
            raw, files, byte = world.raw, Files(world), world.raw.memory(b"!")
            world.open(files.other.path, number=number)

            def go():
                for call, *words in calls:
                    raw("write", raw(call, number | above, *words), byte, 1)

            return go, files.other.changed


copied("fcntl: F_DUPFD_CLOEXEC of descriptor 2", ("fcntl", F_DUPFD_CLOEXEC, 3))
copied("fcntl: F_DUPFD_CLOEXEC of descriptor 2 from 0 up", ("fcntl", F_DUPFD_CLOEXEC, 0))
copied("dup of descriptor 2", ("dup",))


def written_by_a_map(title, *claims, number, mode=os.O_RDWR):
    """Map the file of a descriptor that no permission allows writing to."""

    @attempt(title, *claims, effect="the other file changes", alone=True)
    def prepare(world):
        raw, files = world.raw, Files(world)
        world.open(files.other.path, mode, number=number)

        def go():
            words = 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, number | HIGH, 0
            world.store(raw("mmap", *words), b"!")

        return go, files.other.changed


BESIDE_A_PROMISE = (
    refused(under(WRITE, STDOUT)),
    admitted(under(f"{WRITE}.allow_map_files()", f"{STDOUT}.allow_map_files()"), THROUGH_MAPS),
)
written_by_a_map(
    "mmap: MAP_SHARED, of a file beside the one that may be written",
    *BESIDE_A_PROMISE,
    number=OTHER,
)
written_by_a_map(
    "mmap: MAP_SHARED, of standard error, where it is a file", *BESIDE_A_PROMISE, number=2
)
onto(
    "close 1, open another file, then write",
    refused(under(STDOUT)),
    admitted(at(f"{STDOUT}.allow_close().allow_open()"), "threat-numbers"),
    calls=[("close", 1), ("open", "path", os.O_WRONLY)],
    number=1,
)


@attempt(
    "close 0, open another file, then read",
    refused(under("SystemIO().allow_stdin()", "SystemIO().allow_stdin().allow_close()")),
    admitted(
        under(
            "SystemIO().allow_stdin().allow_close().allow_open_readonly()",
            "SystemIO().allow_stdin().allow_open_readonly(), "
            "Networking().allow_running_tcp_clients()",
        ),
        "threat-numbers",
    ),
    effect="the other file is read",
    alone=True,
)
def instead_of_input(world):
    raw, path, buffer = world.raw, world.raw.path(world.file().path), world.raw.memory(16)

    def go():
        raw("close", 0)
        raw("open", path, 0)
        raw("read", 0, buffer, 16)
        return raw.read(buffer, 16)

    return go, lambda answer: answer.value == CONTENT[:16]


@attempt(
    "write: to the file that lock_pid_file() has left open",
    *(refused(nothing_or(STDOUT)), admitted(NETWORKS, "threat-numbers")),
    effect="the file changes",
)
def pid_file(world):
    path, byte = world.name(), world.raw.memory(b"!")
    opened = pyextrasafe.lock_pid_file(path)
    file = File(path)
    return (lambda: world.raw("write", opened.fileno(), byte, 1)), file.changed


def gives_up_the_lock(title, *claims, call):
    """A call on the file that lock_pid_file() has left open."""

    @attempt(
        f"{title} the file that lock_pid_file() has left open",
        *claims,
        effect="the program can run twice",
        alone=True,
    )
    def prepare(world):
        path, opened = world.name(), []
        name, *words = call

        def unlocked(_):
            try:
                pyextrasafe.lock_pid_file(path, closefd=True).close()
            except pyextrasafe.ExtraSafeError:
                return False
            return True

        return (
            lambda: world.raw(name, opened[0].fileno(), *words),
            unlocked,
            lambda: opened.append(pyextrasafe.lock_pid_file(path)),
        )


gives_up_the_lock(
    "close:",
    refused(nothing_or(STDOUT)),
    admitted(under("SystemIO().allow_close()", *NETWORKS.codes), "threat-numbers"),
    call=("close",),
)
gives_up_the_lock(
    "flock: LOCK_UN of",
    refused(nothing_or(STDOUT, "SystemIO().allow_ioctl()")),
    admitted(under("SystemIO().allow_locks()", *EVERYTHING.codes), "threat-numbers"),
    call=("flock", fcntl.LOCK_UN),
)


def over_a_pair(title, *claims, number, closes, pair_is_there):
    """Send oneself a descriptor over a pair of UNIX sockets; then write to where it arrives."""

    @attempt(title, *claims, effect="the other file changes", alone=True)
    def prepare(world):
        raw, files, pair = world.raw, Files(world), raw_pair(world)
        world.open(files.other.path, number=number)
        received, byte = world.rights(0), raw.memory(b"!")
        outgoing = world.message(control=world.rights(number))
        incoming = world.message(control=received)

        def go():
            ours, theirs = pair if pair_is_there else make_pair(raw)
            raw("sendmsg", ours, outgoing, 0)
            for descriptor in closes:
                raw("close", descriptor)
            raw("recvmsg", theirs, incoming, 0)
            raw("write", world.received(received), byte, 1)

        return go, files.other.changed

    return prepare


def raw_pair(world):
    return [end.fileno() for end in world.pair()]


def make_pair(raw):
    pair = raw.memory(8)
    raw("socketpair", socket.AF_UNIX, socket.SOCK_STREAM, 0, pair)
    return struct.unpack("ii", raw.read(pair, 8))


def beside_stdout(permissions):
    return [f"{STDOUT}, {code}" for code in permissions]


over_a_pair(
    "SCM_RIGHTS: a copy of standard error with a number from 3 up, then write",
    refused(
        Policies(
            beside_stdout(code for code in NETWORKING if code not in UNIX),
            "allow_stdout() and another Networking permission",
        )
    ),
    admitted(
        Policies(beside_stdout(UNIX), "allow_stdout() and a permission for UNIX streams"),
        "threat-rights",
    ),
    number=2,
    closes=[],
    pair_is_there=False,
)
over_a_pair(
    "SCM_RIGHTS: another file with the number 1, then write",
    refused(under(STDOUT, f"{STDOUT}.allow_close().allow_open()")),
    admitted(under(*beside_stdout([UNIX_CLIENT])), "threat-rights"),
    number=OTHER,
    closes=[1],
    pair_is_there=True,
)

# ---- Reading from another one --------------------------------------------------------------------


def reading(title, policies, *call, **traits):
    """A call that reads into "buffer", or through "vector"; the file is "other"."""
    for above in (0, HIGH):
        filled = ", the upper half of the descriptor filled" if above else ""

        @attempt(title + filled, refused(policies), effect="the other file is read", **traits)
        def prepare(world, above=above):
            raw = world.raw
            Files(world)
            buffer = raw.memory(16)
            vector = raw.memory(struct.pack("QQ", buffer, 16))
            ask = world.call(call, {"other": OTHER | above, "buffer": buffer, "vector": vector})

            def go():
                ask()
                return raw.read(buffer, 16)

            return go, lambda answer: answer.value == CONTENT[:16]


reading("read", NOT_FROM_ALL, "read", "other", "buffer", 16)
reading("readv", NOT_FROM_ALL, "readv", "other", "vector", 1)
reading("pread64", NOT_FROM_FILES, "pread64", "other", "buffer", 16, 0)
reading("preadv", NOT_FROM_FILES, "preadv", "other", "vector", 1, 0, 0)
reading("preadv2", NOT_FROM_FILES, "preadv2", "other", "vector", 1, 0, 0, 0)


def out_to_a_pipe(title, *call):
    @attempt(title, refused(NOT_EVERYTHING), effect="the other file is read")
    def prepare(world):
        Files(world)
        pipe = world.pipe()
        return world.call(call, {"other": OTHER | HIGH, "pipe": pipe.writer}), pipe.written


out_to_a_pipe("sendfile: to a pipe", "sendfile", "pipe", "other", 0, 16)
out_to_a_pipe("splice: to a pipe", "splice", "other", 0, "pipe", 0, 16, 0)


def mapping(title, *claims, kind):
    @attempt(title, *claims, effect="the other file is read")
    def prepare(world):
        Files(world)

        def go():
            place = world.raw("mmap", 0, 4096, PROT_READ, kind | HIGH, OTHER | HIGH, 0)
            return world.raw.read(place, 16)

        return go, lambda answer: answer.value == CONTENT[:16]


mapping(
    "mmap: MAP_PRIVATE, to read",
    *(refused(NOT_FROM_FILES), admitted(ALL_READ, "threat-kept")),
    kind=MAP_PRIVATE,
)
SHARED_MAPS = under(MAPS, *ALL_WRITE.codes)
mapping(
    "mmap: MAP_SHARED, to read",
    refused(EVERY.without(SHARED_MAPS, TOGETHER, why="but those that map files, shared")),
    admitted(SHARED_MAPS, "threat-write-reads"),
    kind=MAP_SHARED,
)


@attempt(
    "getdents64: a directory",
    refused(
        EVERY.without(
            *(under("SystemIO().allow_metadata()"), EVERYTHING, TOGETHER),
            why="but metadata and everything()",
        )
    ),
    effect="the directory is listed",
)
def list_a_directory(world):
    raw, buffer = world.raw, world.raw.memory(4096)
    directory = world.open(world.folder(), os.O_RDONLY)
    return (lambda: raw("getdents64", directory, buffer, 4096)), lambda answer: answer.ok


def receiving(title, policies, call):
    @attempt(title, refused(policies), effect="a message is read")
    def prepare(world):
        raw, (ours, theirs) = world.raw, world.pair()
        ours.send(b"message")
        buffer = raw.memory(7)
        if call == "recvmsg":
            vector = raw.memory(struct.pack("QQ", buffer, 7))
            words = raw.memory(struct.pack("QQQQQQQ", 0, 0, vector, 1, 0, 0, 0)), 0
        else:
            words = buffer, 7, 0, 0, 0

        def go():
            raw(call, theirs.fileno(), *words)
            return raw.read(buffer, 7)

        return go, lambda answer: answer.value == b"message"


receiving(
    "recvfrom", EVERY.without(NETWORKS, TOGETHER, why="but those that use sockets"), "recvfrom"
)
receiving(
    "recvmsg", EVERY.without(under(*UNIX), TOGETHER, why="but UNIX stream sockets"), "recvmsg"
)
