"""Signals

To another process of the same user, in the same session and process group.
"""

import fcntl
import os
import struct

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
from world import status

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


never_sent = {
    "kill: SIGUSR1 to another process": lambda world, pid: ("kill", pid, SIGUSR1),
    "kill: SIGUSR1, the upper halves filled": lambda world, pid: ("kill", pid | HIGH, HIGH | 10),
    "kill: SIGKILL to a process group": lambda world, pid: (
        *("kill", 2**64 - own_group(world, pid), SIGKILL),
    ),
    "kill: SIGKILL to a process group, by 32 bits": lambda world, pid: (
        *("kill", 2**32 - own_group(world, pid), SIGKILL),
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


@never("prlimit64: the own limits", "they change")
def own_limits(world):
    lower = world.raw.memory(struct.pack("QQ", 99, 99))

    def changed(_):
        with open(world.proc("limits")) as file:
            return " 99 " in file.read()

    return (lambda: world.raw("prlimit64", 0, 7, lower, 0)), changed


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


@never("ioprio_set", "the IO priority of another process changes")
def io_priority(world):
    victim = world.victim()

    def changed(_):
        return world.raw("ioprio_get", 1, victim.pid) & 7 == 7

    return (lambda: world.raw("ioprio_set", 1, victim.pid, 2 << 13 | 7)), changed


@never("setpgid", "the process leaves its group")
def leave(world):
    return (
        lambda: world.raw("setpgid", 0, 0),
        lambda _: os.getpgid(world.child) == world.child,
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
