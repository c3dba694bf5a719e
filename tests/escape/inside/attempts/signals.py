"""Signals

To another process of the same user, in the same session and process group.
"""

import fcntl
import mmap
import os
import signal
import struct

from capabilities import set_capabilities
from claims import (
    EVERY,
    NOTHING,
    TOGETHER,
    admitted,
    attempt,
    harmless,
    refused,
    under,
)
from kinds import HIGH, looked_at, never
from world import eventually, status

SIGINT, SIGKILL, SIGUSR1, SIGTERM = 2, 9, 10, 15
F_SETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY = 4, 8, 10, 15, 1026
FIOASYNC, FIOSETOWN, SIOCSPGRP, O_ASYNC, O_NONBLOCK = 0x5452, 0x8901, 0x8902, 0o20000, 0o4000
FORK = under("ForkAndExec()")
NOT_FORK = EVERY.without(FORK, TOGETHER, why="but ForkAndExec()")
DIES = "another process ends"


def sends(title, *claims, call, alone=False):
    """A call that should end the victim; call(world, process id) gives its words."""

    @attempt(title, *claims, effect=DIES, alone=alone)
    def prepare(world):
        victim = world.victim()
        words = call(world, victim.pid)
        return (lambda: world.raw(*words)), victim.ended


for name, number in {"SIGTERM": SIGTERM, "SIGKILL": SIGKILL, "SIGINT": SIGINT}.items():
    sends(
        f"kill: {name} to another process",
        *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
        call=lambda world, pid, number=number: ("kill", pid, number),
    )
    sends(
        f"kill: {name}, the upper halves filled",
        *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
        call=lambda world, pid, number=number: ("kill", pid | HIGH, number | HIGH),
    )


@attempt(
    "pidfd_open",
    *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
    effect="a new descriptor, which tells when another process ends",
)
def handle(world):
    victim = world.victim()
    return (lambda: world.raw("pidfd_open", victim.pid, 0)), world.got_descriptor


looked_at("pidfd_open: PIDFD_THREAD", "pidfd_open", 2**31 - 1, 0x80)


def own_group(world, pid):
    os.setpgid(pid, pid)
    return pid


for name, number in {"SIGTERM": SIGTERM, "SIGKILL": SIGKILL, "SIGINT": SIGINT}.items():
    for how, size in {"": 64, ", by 32 bits": 32}.items():
        sends(
            f"kill: {name} to a process group{how}",
            *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
            call=lambda world, pid, number=number, size=size: (
                *("kill", 2**size - own_group(world, pid), number),
            ),
        )


@attempt(
    "kill: SIGTERM to the own process group, by its number",
    *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
    effect="another process of the group ends",
    alone=True,
)
def own_group_by_number(world):
    other = mmap.mmap(-1, 4)

    def before():
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # to tell of it
        other[:] = struct.pack("i", world.helper(signal.signal, signal.SIGTERM, signal.SIG_DFL).pid)

    def ended(answer):
        pid = struct.unpack("i", other[:])[0]
        return eventually(lambda: status(pid, "State")[0] == "Z", answer.done)

    return (lambda: world.raw("kill", 2**64 - os.getpid(), SIGTERM)), ended, before


never_sent = {
    "kill: SIGUSR1 to another process": lambda world, pid: ("kill", pid, SIGUSR1),
    "kill: SIGUSR1, the upper halves filled": lambda world, pid: ("kill", pid | HIGH, HIGH | 10),
    "kill: SIGUSR1 to a process group": lambda world, pid: (
        *("kill", 2**64 - own_group(world, pid), SIGUSR1),
    ),
    "kill: SIGUSR1 to a process group, by 32 bits": lambda world, pid: (
        *("kill", 2**32 - own_group(world, pid), SIGUSR1 | HIGH),
    ),
    "tkill": lambda world, pid: ("tkill", pid, SIGKILL),
    "tgkill": lambda world, pid: ("tgkill", pid, pid, SIGKILL),
    "tgkill: the upper halves filled": lambda world, pid: (
        *("tgkill", pid | HIGH, pid | HIGH, SIGKILL | HIGH),
    ),
    "rt_sigqueueinfo": lambda world, pid: (
        *("rt_sigqueueinfo", pid, SIGKILL, world.raw.memory(struct.pack("iii116x", 9, 0, -1))),
    ),
    "rt_tgsigqueueinfo": lambda world, pid: (
        "rt_tgsigqueueinfo",
        *(pid, pid, SIGKILL, world.raw.memory(struct.pack("iii116x", 9, 0, -1))),
    ),
}
for title, call in never_sent.items():
    sends(title, refused(EVERY), call=call)
sends(
    "kill: SIGUSR1 to the own process group",
    refused(EVERY),
    call=lambda world, pid: ("kill", 0, SIGUSR1),
)
sends(
    "kill: SIGKILL to all processes",
    refused(EVERY),
    call=lambda world, pid: ("kill", 2**64 - 1, SIGKILL),
)
sends(
    "kill: SIGKILL to all processes, by 32 bits",
    refused(EVERY),
    call=lambda world, pid: ("kill", 2**32 - 1, SIGKILL),
)


@attempt(
    "tgkill: a thread of another process as if it were one's own",
    harmless(NOTHING),
    effect=DIES,
)
def foreign_thread(world):
    victim = world.victim()
    return (lambda: world.raw("tgkill", os.getpid(), victim.pid, SIGKILL)), victim.ended


@attempt(
    "kill: signal 0, is there such a process?",
    admitted(NOTHING, "threat-names"),
    effect="the process is known to be there",
)
def exists(world):
    victim = world.victim()
    return (lambda: world.raw("kill", victim.pid, 0)), lambda answer: answer.ok


def exists_in_a_group(name, number):
    @never(f"kill: signal 0 to {name}", "somebody is known to be there")
    def prepare(world):
        world.victim()
        return (lambda: world.raw("kill", number, 0)), lambda answer: answer.ok


exists_in_a_group("the own process group", 0)
exists_in_a_group("all processes", 2**64 - 1)
exists_in_a_group("all processes, by 32 bits", 2**32 - 1)


# ---- Signals that the kernel sends ---------------------------------------------------------------


def owned(title, *steps):
    """Make another process the owner of a socket, and let the kernel tell it of data."""
    for above in (0, HIGH):
        filled = ", the upper halves filled" if above else ""

        @never(f"{title}{filled}", DIES)
        def prepare(world, above=above):
            raw, victim, (ours, theirs) = world.raw, world.victim(), world.pair()
            places = {
                "pid": victim.pid,
                "owner": raw.memory(struct.pack("ii", 1, victim.pid)),
                "pid in memory": raw.memory(struct.pack("i", victim.pid)),
                "one": raw.memory(struct.pack("i", 1)),
            }

            def go():
                for call, command, argument in steps:
                    word = places.get(argument, argument)
                    raw(call, theirs.fileno() | above, command | above, word)

            def ended(answer):
                ours.send(b"!")
                return victim.ended(answer)

            return go, ended


ASYNC = ("fcntl", F_SETFL, O_ASYNC | O_NONBLOCK)
owned("fcntl: F_SETOWN and F_SETSIG", ("fcntl", F_SETOWN, "pid"), ("fcntl", F_SETSIG, 9), ASYNC)
owned("fcntl: F_SETOWN", ("fcntl", F_SETOWN, "pid"), ASYNC)
owned("fcntl: F_SETOWN_EX", ("fcntl", F_SETOWN_EX, "owner"), ASYNC)
owned(
    "ioctl: FIOSETOWN and FIOASYNC",
    *(("ioctl", FIOSETOWN, "pid in memory"), ("ioctl", FIOASYNC, "one")),
)
owned(
    "ioctl: SIOCSPGRP and FIOASYNC",
    *(("ioctl", SIOCSPGRP, "pid in memory"), ("ioctl", FIOASYNC, "one")),
)


@never("fcntl: F_SETFL with O_ASYNC, where another process owned the socket before", DIES)
def owned_before(world):
    victim, (ours, theirs) = world.victim(), world.pair()
    fcntl.fcntl(theirs, F_SETOWN, victim.pid)

    def ended(answer):
        ours.send(b"!")
        return victim.ended(answer)

    return (lambda: world.raw("fcntl", theirs.fileno(), F_SETFL, O_ASYNC | O_NONBLOCK)), ended


@never("fcntl: F_NOTIFY", "the kernel tells of changes in a directory")
def notify(world):
    directory = world.open(world.folder(), os.O_RDONLY)
    return (lambda: world.raw("fcntl", directory, F_NOTIFY, 2)), lambda answer: answer.ok


@never("timer_create: a signal for another process", "the kernel looks at it")
def timer(world):
    # struct sigevent: value, signal, SIGEV_THREAD_ID, thread
    event = world.raw.memory(struct.pack("Qiii44x", 0, SIGKILL, 4, world.victim().pid))
    where = world.raw.memory(8)
    return (lambda: world.raw("timer_create", 1, event, where)), lambda answer: answer.reached


looked_at("mq_notify", "mq_notify", 2**64 - 1, struct.pack("Qiii44x", 0, SIGKILL, 0, 0))
looked_at("timer_settime", "timer_settime", 99, 0, bytes(32), 0)
looked_at("signalfd4", "signalfd4", 2**64 - 1, bytes(8), 8, 99)


@never("prctl: PR_SET_PDEATHSIG, a signal when the parent ends", "the process ends with its parent")
def death_signal(world):
    return (lambda: world.raw("prctl", 1, SIGKILL)), lambda answer: answer.ok


# ---- Other properties of another process ---------------------------------------------------------


def on_another(title, effect, *call, state, **traits):
    """A call that should change a property of another process."""

    @never(title, effect, **traits)
    def prepare(world):
        victim = world.victim()
        places = {"pid": victim.pid, "pid, filled": victim.pid | HIGH}
        before = state(victim.pid)
        return world.call(call, places), lambda _: state(victim.pid) != before


def limits(pid):
    with open(f"/proc/{pid}/limits") as file:
        return file.read()


LIMITS = "the limits of another process change"
on_another("prlimit64", LIMITS, "prlimit64", "pid", 7, struct.pack("QQ", 9, 9), 0, state=limits)
on_another(
    "prlimit64: the upper halves filled",
    *(LIMITS, "prlimit64", "pid, filled", HIGH | 7, struct.pack("QQ", 9, 9), 0),
    state=limits,
)


@never("prlimit64: the limits of another process", "they are known")
def read_limits(world):
    victim, buffer = world.victim(), world.raw.memory(16)
    return (lambda: world.raw("prlimit64", victim.pid, 7, 0, buffer)), lambda answer: answer.ok


CORE, FILES = 4, 7  # RLIMIT_CORE, RLIMIT_NOFILE


def own_limits(title, *claims, resource, soft, hard, pid=lambda: 0, drops=False, effect, **traits):
    """Set a limit of the process itself; with drops set, after giving up all capabilities."""

    @attempt(f"prlimit64: {title}", *claims, effect=effect, alone=True, **traits)
    def prepare(world):
        new = world.raw.memory(struct.pack("QQ", soft, hard))
        lowest = world.raw.memory(bytes(16))

        def prepare_child():
            # The limit for core dumps is 0 from now on.
            world.raw("prlimit64", 0, CORE, lowest, 0)
            if drops:
                set_capabilities(world.raw, 0, 0, 0)

        def changed(_):
            name = {CORE: "Max core file size", FILES: "Max open files"}[resource]
            with open(world.proc("limits")) as file:
                line = next(line for line in file if line.startswith(name))
            return line[len(name) :].split()[:2] == [str(soft), str(hard)]

        return (lambda: world.raw("prlimit64", pid(), resource, new, 0)), changed, prepare_child


own_limits(
    "the own limits",
    *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
    resource=FILES,
    soft=99,
    hard=99,
    effect="they change",
)
own_limits(
    "the own limits, by the process id",
    refused(EVERY),
    resource=FILES,
    soft=99,
    hard=99,
    pid=os.getpid,
    effect="they change",
)
own_limits(
    "a core dump, which was limited to 0, as root",
    *(refused(NOT_FORK), admitted(FORK, "threat-root")),
    resource=CORE,
    soft=4096,
    hard=4096,
    effect="the process may write one",
    optional="needs the capability to raise limits",
)
own_limits(
    "a core dump, which was limited to 0, without capabilities",
    harmless(FORK),
    resource=CORE,
    soft=4096,
    hard=4096,
    drops=True,
    effect="the process may write one",
)


def scheduling(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return fields[15], fields[16], fields[38]  # priority, nice, policy


SCHEDULING = "the scheduling of another process changes"
BATCH = struct.pack("IIQiIQQQ", 48, 3, 0, 5, 0, 0, 0, 0)  # struct sched_attr
NICE = 11  # which nobody chooses for running the tests
on_another("setpriority", SCHEDULING, "setpriority", 0, "pid", NICE, state=scheduling)
on_another(
    "sched_setscheduler", SCHEDULING, "sched_setscheduler", "pid", 3, bytes(4), state=scheduling
)
on_another("sched_setattr", SCHEDULING, "sched_setattr", "pid", BATCH, 0, state=scheduling)
looked_at("sched_setparam", "sched_setparam", 2**31 - 1, bytes(4))


def processors(pid):
    return status(pid, "Cpus_allowed_list")[0]


on_another(
    "sched_setaffinity",
    *("another process may use other processors", "sched_setaffinity", "pid", 8),
    (1 << int(processors("self").replace(",", "-").partition("-")[0])).to_bytes(8, "little"),
    state=processors,
    optional="machines with one processor",
)


OTHER, REALTIME, BATCH_POLICY, IDLE = 0, 2, 3, 5
THREADS = under("Threads().allow_create_threads()", "Threads().allow_create()")
NOT_THREADS = EVERY.without(THREADS, TOGETHER, why="but those that start threads")
PRIVILEGED = "needs the capability to set priorities"
for name, policy in {"SCHED_RR": REALTIME, "SCHED_BATCH": BATCH_POLICY, "SCHED_IDLE": IDLE}.items():
    for above in (0, HIGH):
        filled = ", the upper halves filled" if above else ""

        @attempt(
            f"sched_setscheduler: SCHED_OTHER, another process that has {name}{filled}",
            *(refused(NOT_THREADS), admitted(THREADS, "threat-scheduling")),
            effect=SCHEDULING,
            optional=None if policy == BATCH_POLICY else PRIVILEGED,
        )
        def ordinary_again(world, policy=policy, above=above):
            raw, victim = world.raw, world.victim()
            parameter = struct.pack("i", policy == REALTIME)
            try:
                raw("sched_setscheduler", victim.pid, policy, raw.memory(parameter))
            except PermissionError:
                pass
            before, none = scheduling(victim.pid), raw.memory(4)
            return (
                lambda: raw("sched_setscheduler", victim.pid | above, OTHER | above, none),
                lambda _: scheduling(victim.pid) != before,
            )


RESET_ON_FORK = 0x40000000
for name, policy in {
    "SCHED_FIFO": 1,
    "SCHED_RR": REALTIME,
    "SCHED_BATCH": BATCH_POLICY,
    "SCHED_IDLE": IDLE,
    "SCHED_RESET_ON_FORK": RESET_ON_FORK,
}.items():

    @never(f"sched_setscheduler: {name}, of the process itself", "it is scheduled otherwise")
    def own_policy(world, policy=policy):
        parameter = world.raw.memory(struct.pack("i", policy in (1, REALTIME)))

        def otherwise(_):
            return world.raw("sched_getscheduler", world.child) == policy

        return (lambda: world.raw("sched_setscheduler", 0, policy | HIGH, parameter)), otherwise


def known(title, *claims, call, **traits):
    """A call that tells something of another process, whose words "pid" and "room" say so."""

    @attempt(title, *claims, effect="it is known", **traits)
    def prepare(world):
        places = {"pid": world.victim().pid | HIGH, "room": world.raw.memory(16)}
        return world.call(call, places), lambda answer: answer.ok


OF_THREADS = (refused(NOT_THREADS), admitted(THREADS, "threat-scheduling"))
known(
    "sched_getscheduler: the policy of another process",
    *OF_THREADS,
    call=("sched_getscheduler", "pid"),
)
known(
    "sched_getparam: the priority of another process",
    *OF_THREADS,
    call=("sched_getparam", "pid", "room"),
)
known(
    "getpgid: the group of another process",
    *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
    call=("getpgid", "pid"),
)
known("getsid: the session of another process", refused(EVERY), call=("getsid", "pid"))


@never("ioprio_set", "the IO priority of another process changes")
def io_priority(world):
    victim = world.victim()

    def changed(_):
        return world.raw("ioprio_get", 1, victim.pid) & 7 == 7

    return (lambda: world.raw("ioprio_set", 1, victim.pid, 2 << 13 | 7)), changed


@attempt(
    "setpgid: a group of its own",
    *(refused(NOT_FORK), admitted(FORK, "threat-exec")),
    effect="the process leaves its group",
    alone=True,
)
def leave(world):
    return (
        lambda: world.raw("setpgid", 0, 0),
        lambda _: os.getpgid(world.child) == world.child,
    )


@attempt(
    "setpgid: another process, into another group",
    *(refused(NOT_FORK), harmless(FORK)),
    effect="it leaves its group",
)
def move_another(world):
    victim = world.victim()
    return (
        lambda: world.raw("setpgid", victim.pid, victim.pid),
        lambda _: os.getpgid(victim.pid) == victim.pid,
    )


@attempt(
    "waitid: P_PIDFD, another process",
    *(refused(NOT_FORK), harmless(FORK)),
    effect="the end of it is taken",
)
def take_the_end(world):
    victim = world.victim()
    handle, room = world.raw("pidfd_open", victim.pid, 0), world.raw.memory(128)
    os.kill(victim.pid, SIGKILL)
    eventually(lambda: status(victim.pid, "State")[0] == "Z", True)
    return (
        lambda: world.raw("waitid", 3, handle, room, 4, 0),  # P_PIDFD, WEXITED
        lambda _: not os.path.exists(f"/proc/{victim.pid}"),
    )


@attempt(
    "setsid",
    *(refused(NOT_FORK), admitted(FORK, "threat-kept")),
    effect="the process leaves its session",
)
def new_session(world):
    return (lambda: world.raw("setsid")), lambda _: os.getsid(world.child) == world.child


@attempt(
    "sched_getaffinity: is there such a process?",
    admitted(NOTHING, "threat-names"),
    effect="the process is known to be there",
)
def look_for_a_process(world):
    victim, buffer = world.victim(), world.raw.memory(128)
    return (
        lambda: world.raw("sched_getaffinity", victim.pid, 128, buffer),
        lambda answer: answer.ok,
    )
