"""Other processes

They belong to the same user, and share a file, a terminal, memory or nothing with the process
that tries. No signal is sent to them by a call of its own: see above.
"""

import fcntl
import mmap
import os
import signal
import socket
import struct
import termios
import time

from claims import (
    EVERY,
    EVERYTHING,
    FORMS,
    NETWORKS,
    NOTHING,
    TOGETHER,
    admitted,
    attempt,
    nothing_or,
    refused,
    under,
)
from constants import AT_FDCWD, MAP_SHARED, PROT_READ, TCGETS
from kinds import HIGH, never
from world import eventually

CURRENT, _ = FORMS
O_WRONLY = 1
READONLY = "SystemIO().allow_open_readonly()"
OPEN = "SystemIO().allow_open()"
WRITE = "SystemIO().allow_write()"
OPEN_AND_WRITE = under(f"{OPEN}.allow_write()")
NOT_BOTH = under(OPEN, WRITE, f"{READONLY}.allow_write()")
CONTROL = under("SystemIO().allow_ioctl()", *EVERYTHING.codes)
NOT_CONTROL = EVERY.without(CONTROL, TOGETHER, why="but those that control descriptors")
FORKS = under("Threads().allow_create()")
CHILDREN = under(*FORKS.codes, "ForkAndExec()")

# ---- Priorities ----------------------------------------------------------------------------------

FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_LOCK_PI, FUTEX_LOCK_PI2 = 1, 3, 4, 6, 13
LOWEST = 39  # the priority of a process that is as nice as can be, see proc(5)


def fields(pid):
    """What /proc/PID/stat has from the state on."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def priority(pid):
    return int(fields(pid)[15])


def lends(title, operation, above=0, **traits):
    """Wait for a lock whose word says that another process holds it."""

    @never(f"futex: {title}", "the priority of another process rises", **traits)
    def prepare(world):
        raw, victim = world.raw, world.victim()
        os.setpriority(os.PRIO_PROCESS, victim.pid, 19)
        word, moment = raw.memory(struct.pack("i", victim.pid)), raw.memory(16)
        rose = world.watch(lambda: priority(victim.pid) < LOWEST)

        def go():
            world.store(moment, struct.pack("qq", int(time.time()) + 2, 0))
            try:
                raw("futex", word, operation | above, 0, moment, 0, 0)
            except TimeoutError:
                pass

        return go, rose


CLOCK_REALTIME, PRIVATE = 256, 128
lends("FUTEX_LOCK_PI, wait for what a stranger seems to hold", FUTEX_LOCK_PI)
lends("FUTEX_LOCK_PI, the upper half filled", FUTEX_LOCK_PI, HIGH)
lends(
    "FUTEX_LOCK_PI2, wait for what a stranger seems to hold",
    FUTEX_LOCK_PI2 | CLOCK_REALTIME,
    optional="kernels before 5.14",
)

# ---- The end of a child --------------------------------------------------------------------------


@never("clone: SIGUSR1 when a child ends", "the process ends by it")
def tells_by_a_signal(world):
    return (
        lambda: world.low.short_life(signal.SIGUSR1, 0),
        lambda answer: answer.text == "SIGUSR1",
    )


@never("clone: SIGKILL when a child ends, the upper half filled", "the process ends by it")
def tells_by_a_kill(world):
    return (
        lambda: world.low.short_life(signal.SIGKILL | HIGH, 0),
        lambda answer: answer.text == "SIGKILL",
    )


for flags, name in {0: "no flag", 0x4100: "CLONE_VM and CLONE_VFORK"}.items():
    for above in (0, HIGH):
        filled = ", the upper half filled" if above else ""

        @never(f"clone: a child whose end sends no signal, with {name}{filled}", "there is a child")
        def silent_child(world, flags=flags, above=above):
            return (
                lambda: world.low.short_life(flags | above, 0),
                lambda answer: answer.ok and answer.value > 0,
            )


@attempt(
    "clone: a child whose end sends SIGCHLD",
    refused(EVERY.without(CHILDREN, TOGETHER, why="but those that start processes")),
    admitted(CHILDREN, "threat-kept"),
    effect="there is a child",
)
def child(world):
    return (
        lambda: world.low.short_life(signal.SIGCHLD, 0),
        lambda answer: answer.ok and answer.value > 0,
    )


@never("clone: CLONE_PIDFD", "a descriptor of a process")
def pidfd(world):
    place = world.raw.memory(b"\xff" * 4)

    def go():
        world.low.short_life(signal.SIGCHLD | 0x1000, place)
        return struct.unpack("i", world.raw.read(place, 4))[0]

    return go, world.got_descriptor


@attempt(
    "kill: in a child of fork, when the process that was locked down has ended, and another has "
    "got its id",
    admitted(FORKS, "threat-fork"),
    effect="another process ends",
    alone=True,
)
def whose_id(world):
    told = mmap.mmap(-1, 1)

    def go():
        own = os.getpid()
        if os.fork() == 0:
            while not told[0]:
                os.sched_yield()
            os.kill(own, signal.SIGKILL)
            os._exit(0)
        os._exit(0)

    def ended(answer):
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(world.child - 1))
        victim = world.victim()
        told[0] = 1
        return victim.pid == world.child and victim.ended(answer)

    return go, ended


# ---- Files that are controls ---------------------------------------------------------------------


def control(title, effect, path, text, happened, helper=None, **traits):
    """Write a text to a file of another process, which helper (or nothing) makes special."""

    @attempt(
        title,
        *(refused(NOT_BOTH), admitted(OPEN_AND_WRITE, "threat-control")),
        effect=effect,
        **traits,
    )
    def prepare(world):
        raw, victim = world.raw, world.helper(helper or (lambda: None))
        name, content = raw.path(f"/proc/{victim.pid}/{path}"), raw.memory(text)

        def go():
            raw("write", raw("openat", AT_FDCWD, name, O_WRONLY), content, len(text))

        def changed(_):
            with open(f"/proc/{victim.pid}/{path}") as file:
                return happened(file.read())

        return go, changed


control(
    "/proc/PID/oom_score_adj",
    "the kernel ends another process first, when memory is short",
    *("oom_score_adj", b"1000", lambda text: text == "1000\n"),
)
control(
    "/proc/PID/autogroup",
    "another session gets less of the processors",
    *("autogroup", b"19", lambda text: text.endswith(" nice 19\n"), os.setsid),
    optional="kernels without groups of scheduling",
)


@attempt(
    "cgroup.kill: all processes of a control group",
    *(refused(NOT_BOTH), admitted(OPEN_AND_WRITE, "threat-control")),
    effect="another process ends",
    optional="machines without control groups of version 2, kernels before 5.14",
)
def kill_a_group(world):
    raw, place, victim = world.raw, world.folder(), world.victim()
    group = os.path.join(place, f"pyextrasafe-{os.getpid()}-{time.time_ns()}")
    name, byte = raw.path(os.path.join(group, "cgroup.kill")), raw.memory(b"1")
    try:
        raw("mount", 0, raw.path(place), raw.path("cgroup2"), 0, 0)
        os.mkdir(group)
        with open(os.path.join(group, "cgroup.procs"), "w") as file:
            file.write(str(victim.pid))
    except OSError:
        pass

    def leave_nothing():
        if os.path.isdir(group):
            victim.end()
            eventually(lambda: removed(group), True)

    world.afterwards(leave_nothing)
    return (
        lambda: raw("write", raw("openat", AT_FDCWD, name, O_WRONLY), byte, 1),
        victim.ended,
    )


def removed(group):
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


# ---- Files that several processes have open ------------------------------------------------------

F_SETLK, F_OFD_SETLK, F_SETLEASE, F_SETDELEG = 6, 37, 1024, 1040
F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS = 1031, 1032, 1033
LOCK = struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, 0, 0, 0, 0)
READ_LOCK = struct.pack("hhxxxxqqixxxx", fcntl.F_RDLCK, 0, 0, 0, 0)
NO_LOCK = struct.pack("hhxxxxqqixxxx", fcntl.F_UNLCK, 0, 0, 0, 0)
LOCKS = "SystemIO().allow_locks()"


def locks(title, *claims, call):
    """Lock a file, or one that is open only to read; call(world, descriptor) gives words."""
    mode = os.O_RDONLY if "only be read" in title else os.O_RDWR

    @attempt(title, *claims, effect="another process cannot lock it")
    def prepare(world):
        path = world.file().path
        words = call(world, world.open(path, mode))

        def locked(_):
            with open(path, "r+b") as file:
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
            return False

        return (lambda: world.raw(*words)), locked


RECORDS = under(LOCKS, *CONTROL.codes)
WHOLE_FILES = under(LOCKS, *EVERYTHING.codes)
FROM_A_RECORD = (
    refused(EVERY.without(RECORDS, TOGETHER, why="but those that lock or control descriptors")),
    admitted(RECORDS, "threat-shared"),
)
FROM_A_FILE = (
    refused(EVERY.without(WHOLE_FILES, TOGETHER, why="but those that lock files")),
    admitted(WHOLE_FILES, "threat-shared"),
)
for kind, record in {"": LOCK, ", a file that can only be read": READ_LOCK}.items():
    for name, command in {"F_SETLK": F_SETLK, "F_OFD_SETLK": F_OFD_SETLK}.items():
        locks(
            f"fcntl: {name}{kind}",
            *FROM_A_RECORD,
            call=lambda world, file, command=command, record=record: (
                *("fcntl", file, command, world.raw.memory(record)),
            ),
        )
    locks(
        f"flock{kind}",
        *FROM_A_FILE,
        call=lambda world, file: ("flock", file, fcntl.LOCK_EX),
    )


def unlocks(title, *claims, hold, call):
    """Give up a lock; hold(file) takes it, and call(world, descriptor) gives words."""

    @attempt(
        f"{title}, a lock of another process that shares the descriptor",
        *claims,
        effect="others can lock the file",
    )
    def prepare(world):
        path = world.file().path
        file = world.open(path)
        hold(file)
        words = call(world, file | HIGH)

        def free(_):
            with open(path, "r+b") as other:
                try:
                    hold(other)
                except BlockingIOError:
                    return False
            return True

        return (lambda: world.raw(*words)), free


unlocks(
    "flock: LOCK_UN",
    *FROM_A_FILE,
    hold=lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
    call=lambda world, file: ("flock", file, fcntl.LOCK_UN),
)
unlocks(
    "fcntl: F_OFD_SETLK, F_UNLCK",
    *FROM_A_RECORD,
    hold=lambda file: fcntl.fcntl(file, F_OFD_SETLK, LOCK),
    call=lambda world, file: ("fcntl", file, F_OFD_SETLK, world.raw.memory(NO_LOCK)),
)


def makes_wait(title, command, argument, **traits):
    @never(f"fcntl: {title}", "another process that opens the file has to wait", **traits)
    def prepare(world):
        path = world.file().path
        descriptor = world.open(path, os.O_RDONLY)
        word = argument if isinstance(argument, int) else world.raw.memory(argument)

        def waits(_):
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except BlockingIOError:
                return True
            return False

        return (lambda: world.raw("fcntl", descriptor, command | HIGH, word)), waits


makes_wait("F_SETLEASE", F_SETLEASE, fcntl.F_RDLCK)
makes_wait(
    "F_SETDELEG",
    *(F_SETDELEG, struct.pack("IHH", 0, fcntl.F_RDLCK, 0)),
    optional="kernels before 6.19",
)


@never("fcntl: F_ADD_SEALS, a memory file of another process", "nobody can write to it any more")
def seal(world):
    file = world.raw("memfd_create", world.raw.path("shared"), 2)  # MFD_ALLOW_SEALING

    def sealed(_):
        try:
            os.write(file, b"!")
        except PermissionError:
            return True
        return False

    return (lambda: world.raw("fcntl", file, F_ADD_SEALS, 8)), sealed  # F_SEAL_WRITE


@attempt(
    "openat: a file on which another process has a lease",
    refused(nothing_or("SystemIO().allow_metadata()")),
    admitted(under(READONLY), "threat-paths"),
    effect="the kernel sends it a signal",
)
def break_a_lease(world):
    path = world.file().path
    name = world.raw.path(path)

    def hold():
        fcntl.fcntl(os.open(path, os.O_RDWR), F_SETLEASE, fcntl.F_WRLCK)

    return (
        lambda: world.raw("openat", AT_FDCWD, name, os.O_NONBLOCK),
        world.helper(hold).signalled,
    )


def shared(title, effect, *claims, make, call, happened, **traits):
    """A call on a descriptor that another process shares; make(world) opens it."""

    @attempt(title, *claims, effect=effect, alone=True, **traits)
    def prepare(world):
        descriptor = make(world)
        words = [descriptor if word == "it" else word for word in call]
        return world.call(words), lambda _: happened(descriptor)


def seconds(descriptor):
    """How long a socket waits for data."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        return struct.unpack("qq", copy.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))[0]


def a_pipe(number):
    def make(_):
        reader, writer = os.pipe()
        os.dup2(writer, number)
        os.set_blocking(number, True)
        return number

    return make


def does_not_block(descriptor):
    return not os.get_blocking(descriptor)


ONE = struct.pack("i", 1)
NOT_SHARED = EVERY.without(
    NETWORKS, CONTROL, TOGETHER, why="but those that use sockets, and allow_ioctl()"
)
for number in (1, 900):
    shared(
        f"ioctl: FIONBIO on descriptor {number}, which another process shares",
        "it does not block any more",
        *(refused(NOT_SHARED), admitted(under(*NETWORKS.codes, *CONTROL.codes), "threat-shared")),
        make=a_pipe(number),
        call=("ioctl", "it", 0x5421, ONE),
        happened=does_not_block,
    )
    shared(
        f"fcntl: F_SETFL on descriptor {number}, which another process shares",
        "it does not block any more",
        *(refused(NOT_SHARED), admitted(under(*NETWORKS.codes, *CONTROL.codes), "threat-shared")),
        make=a_pipe(number),
        call=("fcntl", "it", 4, os.O_NONBLOCK),
        happened=does_not_block,
    )
shared(
    "fcntl: F_SETPIPE_SZ on a pipe that another process shares",
    "it holds less",
    *(refused(NOT_CONTROL), admitted(CONTROL, "threat-shared")),
    make=a_pipe(900),
    call=("fcntl", "it", F_SETPIPE_SZ, 4096),
    happened=lambda descriptor: fcntl.fcntl(descriptor, F_GETPIPE_SZ) == 4096,
)
SEEKERS = under("SystemIO().allow_read()", WRITE, *EVERYTHING.codes)
SEEKERS_FROM_3 = under(OPEN, READONLY, *NETWORKS.codes)
SEEKERS_OF_900 = under("SystemIO().allow_file_read(900)", "SystemIO().allow_file_write(900)")
NOT_SEEKERS = EVERY.without(SEEKERS, TOGETHER, why="but those that read or write every file")
for number, claims in {
    1: (refused(NOT_SEEKERS), admitted(SEEKERS, "threat-shared")),
    900: (
        refused(nothing_or("SystemIO().allow_stdin()", "SystemIO().allow_stdout()")),
        admitted(SEEKERS, "threat-shared"),
        admitted(SEEKERS_FROM_3, "threat-shared"),
        admitted(SEEKERS_OF_900, "threat-shared"),
    ),
}.items():
    shared(
        f"lseek on descriptor {number}, a file that another process shares",
        "it goes on elsewhere",
        *claims,
        make=lambda world, number=number: world.open(world.file().path, number=number),
        call=("lseek", "it", 99, 0),
        happened=lambda descriptor: os.lseek(descriptor, 0, os.SEEK_CUR) == 99,
    )
shared(
    "lseek on descriptor 1, the upper half filled, a file that another process shares",
    "it goes on elsewhere",
    *(refused(NOT_SEEKERS), admitted(SEEKERS, "threat-shared")),
    make=lambda world: world.open(world.file().path, number=1),
    call=("lseek", HIGH | 1, 99, 0),
    happened=lambda descriptor: os.lseek(descriptor, 0, os.SEEK_CUR) == 99,
)


shared(
    "setsockopt: SO_RCVTIMEO on a socket that another process shares",
    "it waits no longer",
    *(refused(EVERY.without(NETWORKS, TOGETHER, why="but those that use sockets")),),
    admitted(NETWORKS, "threat-shared"),
    make=lambda world: world.new_socket().fileno(),
    call=("setsockopt", "it", socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("qq", 7, 0), 16),
    happened=lambda descriptor: seconds(descriptor) == 7,
)


LISTENERS = under(
    "Networking().allow_listen()",
    "Networking().allow_start_tcp_servers()",
    "Networking().allow_start_unix_servers()",
)
NOT_LISTENERS = EVERY.without(LISTENERS, TOGETHER, why="but those that listen")


def backlog(descriptor):
    """How many clients may wait: tcpi_sacked of struct tcp_info, see tcp(7)."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        return struct.unpack_from("I", copy.getsockopt(socket.IPPROTO_TCP, 11, 104), 28)[0]


shared(
    "listen: on a server that another process shares",
    "fewer clients may wait",
    *(refused(NOT_LISTENERS), admitted(LISTENERS, "threat-shared")),
    make=lambda world: world.listener()[0].fileno(),
    call=("listen", "it", 0),
    happened=lambda descriptor: backlog(descriptor) == 0,
)


@attempt(
    "listen: on a server that another process has shut down",
    *(refused(NOT_LISTENERS), admitted(LISTENERS, "threat-shared")),
    effect="somebody can connect",
)
def open_again(world):
    server, _ = world.listener()
    server.shutdown(socket.SHUT_RD)

    def connects(_):
        with socket.socket() as client:
            return client.connect_ex(server.getsockname()) == 0

    return (lambda: world.raw("listen", server.fileno(), 5)), connects


# ---- Memory that is shared -----------------------------------------------------------------------


@attempt(
    "ftruncate: a file that another process has mapped",
    refused(nothing_or("SystemIO().allow_stdout()")),
    admitted(under("SystemIO().allow_file_write(900)", WRITE), "threat-shared"),
    effect="another process ends by SIGBUS",
)
def cut_a_map(world):
    file = world.open(world.file().path, number=900)
    memory = world.raw("mmap", 0, 4096, PROT_READ, MAP_SHARED, file, 0)
    told = mmap.mmap(-1, 1)

    def look():
        time.sleep(0.001)
        if told[0]:
            world.raw.read(memory, 1)

    reader = world.background(look)

    def ended(answer):
        told[0] = 1
        return reader.ended(answer)

    return (lambda: world.raw("ftruncate", 900, 0)), ended


@attempt(
    "futex: FUTEX_REQUEUE at a shared map that can only be read",
    admitted(NOTHING, "threat-before"),
    effect="another process that waits there is not woken",
)
def take_a_waiter(world):
    raw, file = world.raw, world.open(world.file().path)
    mine = raw("mmap", 0, 4096, PROT_READ, MAP_SHARED, world.open(world.file().path), 0)
    word = raw("mmap", 0, 4096, PROT_READ, MAP_SHARED, file, 0)
    value = struct.unpack("I", raw.read(word, 4))[0]
    world.background(lambda: raw("futex", word, 0, value, 0, 0, 0))
    eventually(lambda: raw("futex", word, FUTEX_CMP_REQUEUE, 0, 1, word, value) == 1, True)
    return (
        lambda: raw("futex", word, FUTEX_REQUEUE, 0, 1, mine, 0),
        lambda _: raw("futex", word, FUTEX_WAKE, 1, 0, 0, 0) == 0,
    )


# ---- A terminal that is shared -------------------------------------------------------------------


def in_the_background(title, *claims, call, number, **traits):
    """The kernel stops whoever does that to a terminal whose foreground is another, and its
    group."""

    @attempt(
        title,
        *claims,
        effect="another process of the same group stops",
        alone=True,
        **traits,
    )
    def prepare(world):
        _, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        foreground = world.helper(os.setpgid, 0, 0)
        os.tcsetpgrp(terminal, foreground.pid)
        modes = fcntl.ioctl(terminal, TCGETS, bytes(36))
        places = {"buffer": world.raw.memory(1), "modes": world.raw.memory(modes)}
        other = mmap.mmap(-1, 4)

        def before():
            os.setpgid(0, 0)
            os.dup2(terminal, 0)
            other[:] = struct.pack("i", world.background(signal.pause).pid)
            # The process itself goes on, to tell of it.
            signal.signal(number, lambda number, frame: None)
            signal.siginterrupt(number, True)

        def stopped(answer):
            pid = struct.unpack("i", other[:])[0]
            return eventually(lambda: fields(pid)[0] == "T", answer.text == "EINTR")

        return world.call(call, places), stopped, before


TCSETS, TCSBRK, TCFLSH = 0x5402, 0x5409, 0x540B
STDIN = "SystemIO().allow_stdin()"
TERMINAL = "SystemIO().allow_terminal()"
NOT_MODES = nothing_or(STDIN, "SystemIO().allow_stdout()")
in_the_background(
    "read: from the terminal, in the background",
    refused(nothing_or("SystemIO().allow_stdout()", TERMINAL)),
    admitted(under(STDIN), "threat-terminal", form=CURRENT),
    call=("read", 0, "buffer", 1),
    number=signal.SIGTTIN,
)
for title, words in {
    "TCSETS, the modes of": (TCSETS, "modes"),
    "TCFLSH, throw away what is in": (TCFLSH, termios.TCIOFLUSH),
    "TCSBRK, wait for": (TCSBRK, 1),
}.items():
    in_the_background(
        f"ioctl: {title} the terminal, in the background",
        refused(NOT_MODES),
        admitted(under(TERMINAL), "threat-terminal", form=CURRENT),
        call=("ioctl", 0, *words),
        number=signal.SIGTTOU,
    )


@attempt(
    "ioctl: TCSETS, the modes of the terminal, in the background, where SIGTTOU is blocked",
    refused(NOT_MODES),
    admitted(under(TERMINAL), "threat-terminal"),
    effect="the terminal shows a password",
    alone=True,
)
def set_modes_unnoticed(world):
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    modes = termios.tcgetattr(terminal)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    foreground = world.helper(os.setpgid, 0, 0)
    os.tcsetpgrp(terminal, foreground.pid)
    shown = bytearray(fcntl.ioctl(terminal, TCGETS, bytes(36)))
    shown[12] |= termios.ECHO
    where = world.raw.memory(shown)

    def before():
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])

    return (
        lambda: world.raw("ioctl", terminal, TCSETS, where),
        lambda _: fcntl.ioctl(master, TCGETS, bytes(36))[12] & termios.ECHO,
        before,
    )


@attempt(
    "setpgid: into the foreground of the terminal, to read from it",
    refused(under(STDIN, f"{STDIN}.allow_terminal()")),
    admitted(under(f"{STDIN}, ForkAndExec()"), "threat-exec", form=CURRENT),
    effect="what was typed is read in the background",
    alone=True,
)
def join_the_foreground(world):
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    foreground = world.helper(os.setpgid, 0, 0)
    os.tcsetpgrp(terminal, foreground.pid)
    os.write(master, b"typed\n")
    buffer = world.raw.memory(5)

    def before():
        os.setpgid(0, 0)
        os.dup2(terminal, 0)
        signal.signal(signal.SIGTTIN, lambda number, frame: None)
        signal.siginterrupt(signal.SIGTTIN, True)

    def go():
        world.raw("setpgid", 0, foreground.pid)
        world.raw("read", 0, buffer, 5)
        return world.raw.read(buffer, 5)

    return go, lambda answer: answer.value == b"typed", before
