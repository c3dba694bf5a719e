"""Terminals

A pseudo terminal is another session's, whose leader waits at it.
"""

import fcntl
import os
import signal
import struct
import termios
import time
import tty

from claims import (
    EVERY,
    EVERYTHING,
    NETWORKS,
    TOGETHER,
    admitted,
    attempt,
    harmless,
    nothing_or,
    refused,
    under,
)
from constants import AT_FDCWD
from kinds import HIGH, REACHED, never
from world import eventually

TIOCSCTTY, TIOCSTI, TIOCSETD, TIOCGETD = 0x540E, 0x5412, 0x5423, 0x5424
CONTROL = under("SystemIO().allow_ioctl()", *EVERYTHING.codes)
PRIVILEGED = "needs the capability to administer the system"


class Terminal:
    """A pseudo terminal; with `session`, the controlling terminal of another process, which a
    change of the window's size ends."""

    def __init__(self, world, session=False):
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        tty.setraw(self.slave)
        tty.setraw(self.master)
        # Ctrl-C is still a signal.
        modes = termios.tcgetattr(self.slave)
        modes[3] |= termios.ISIG
        termios.tcsetattr(self.slave, termios.TCSANOW, modes)
        self.leader = world.helper(self._lead) if session else None

    def _lead(self):
        os.setsid()
        fcntl.ioctl(self.slave, TIOCSCTTY, 0)
        signal.signal(signal.SIGWINCH, lambda *_: os._exit(0))

    def typed(self, answer):
        """Is there something to read that nobody has typed?"""
        return eventually(self._typed, answer.ok)

    def _typed(self):
        return fcntl.ioctl(self.slave, termios.FIONREAD, bytes(4)) != bytes(4)


def request(title, number, *claims, effect, argument, judge, session=False, before=None, **traits):
    """A request to a terminal, plain and with the upper half of the word filled."""
    for above in (0, HIGH):
        filled = ", the upper half filled" if above else ""

        @attempt(f"ioctl: {title}{filled}", *claims, effect=effect, **traits)
        def prepare(world, above=above):
            terminal = Terminal(world, session)
            word = argument if isinstance(argument, int) else world.raw.memory(argument)
            end = terminal.master if "master" in title else terminal.slave
            functions = (
                lambda: world.raw("ioctl", end, number | above, word),
                judge(world, terminal),
            )
            return (*functions, before) if before else functions


def reached(world, terminal):
    return lambda answer: answer.reached


def leader_ended(world, terminal):
    return terminal.leader.ended


def controls(world, terminal):
    """Has the child got the terminal?"""

    def has(_):
        with open(world.proc("stat")) as file:
            number = int(file.read().rpartition(")")[2].split()[4])
        return number & 0xFFFFFFFF == os.fstat(terminal.slave).st_rdev

    return has


NEVER = (refused(EVERY),)

request(
    "TIOCSTI, type into a terminal",
    *(TIOCSTI, *NEVER),
    effect="a character is typed",
    argument=b"!",
    judge=lambda world, terminal: terminal.typed,
    optional="kernels that refuse it to all but administrators",
)
request("TIOCLINUX", 0x541C, *NEVER, effect=REACHED, argument=b"\3", judge=reached)
request(
    "TIOCSETD, another line discipline",
    *(TIOCSETD, *NEVER),
    effect=REACHED,
    argument=struct.pack("i", 29),
    judge=reached,
)
request(
    "TIOCSCTTY, take the terminal away from another session",
    *(TIOCSCTTY, *NEVER),
    effect="the terminal is taken over",
    argument=1,
    judge=controls,
    session=True,
    before=os.setsid,
    alone=True,
    optional=PRIVILEGED,
)
request(
    "TIOCSCTTY, take a terminal that is nobody's",
    TIOCSCTTY,
    refused(EVERY.without(CONTROL, TOGETHER, why="but those that control descriptors")),
    admitted(CONTROL, "threat-ioctl"),
    effect="the terminal is the own one",
    argument=0,
    judge=controls,
    before=os.setsid,
    alone=True,
)
request(
    "TIOCSIG, on the master, Ctrl-C for another session",
    *(0x40045436, *NEVER),
    effect="another process ends",
    argument=2,
    judge=leader_ended,
    session=True,
)
request(
    "TIOCSWINSZ, SIGWINCH for another session",
    *(0x5414, *NEVER),
    effect="another process ends",
    argument=struct.pack("4H", 5, 5, 0, 0),
    judge=leader_ended,
    session=True,
    answer="ENOTTY",
)
request(
    "TIOCSWINSZ, on the master, SIGWINCH for another session",
    *(0x5414, *NEVER),
    effect="another process ends",
    argument=struct.pack("4H", 5, 5, 0, 0),
    judge=leader_ended,
    session=True,
    answer="ENOTTY",
)
request(
    "TIOCGPTPEER, open the other end of a master to write to it",
    *(0x5441, *NEVER),
    effect="a new descriptor",
    argument=os.O_RDWR | os.O_NOCTTY,
    judge=lambda world, terminal: world.got_descriptor,
)
request(
    "TIOCVHANGUP, hang up a terminal",
    *(0x5437, *NEVER),
    effect="another process ends",
    argument=0,
    judge=leader_ended,
    session=True,
    optional=PRIVILEGED,
)
request("KDSKBENT, what keys type", 0x4B47, *NEVER, effect=REACHED, argument=0, judge=reached)
request("KDSETKEYCODE, what keys type", 0x4B4D, *NEVER, effect=REACHED, argument=0, judge=reached)
request("KDSKBSENT, what keys type", 0x4B49, *NEVER, effect=REACHED, argument=0, judge=reached)
request("KDSKBMODE, what keys type", 0x4B45, *NEVER, effect=REACHED, argument=0, judge=reached)
request("PIO_FONTX, another font", 0x4B6C, *NEVER, effect=REACHED, argument=0, judge=reached)
request("VT_ACTIVATE, another console", 0x5606, *NEVER, effect=REACHED, argument=0, judge=reached)
request("TIOCSSERIAL, a port's address", 0x541F, *NEVER, effect=REACHED, argument=0, judge=reached)


class Foreground:
    """A process group in the foreground of the child's own terminal."""

    def __init__(self, world):
        self.world = world
        self.terminal = Terminal(world)

    def lock(self, child):
        return os.path.join(self.world.directory, f"foreground-of-{child}")

    def make(self):
        """Called by the child, before it locks itself down."""
        mine, theirs = os.pipe()
        ready, tell = os.pipe()
        parent = os.getpid()
        os.setsid()
        fcntl.ioctl(self.terminal.slave, TIOCSCTTY, 0)
        self.group = os.fork()
        if self.group == 0:
            os.setpgid(0, 0)
            os.close(theirs)
            file = os.open(self.lock(parent), os.O_RDWR | os.O_CREAT)
            fcntl.flock(file, fcntl.LOCK_EX)
            os.write(tell, b"!")
            os.read(mine, 1)  # until the parent is gone
            os._exit(0)
        os.close(mine)
        os.read(ready, 1)

    def send_to_front(self):
        self.make()
        os.tcsetpgrp(self.terminal.slave, self.group)

    def ended(self, answer):
        return eventually(self._ended, answer.ok)

    def _ended(self):
        with open(self.lock(self.world.child)) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True


for above in (0, HIGH):
    filled = ", the upper half filled" if above else ""

    @never(
        f"ioctl: TIOCNOTTY, SIGHUP for the foreground{filled}", "another process ends", alone=True
    )
    def hang_up_the_foreground(world, above=above):
        foreground = Foreground(world)
        return (
            lambda: world.raw("ioctl", foreground.terminal.slave, 0x5422 | above, 0),
            foreground.ended,
            foreground.send_to_front,
        )

    @never(
        f"ioctl: TIOCSPGRP, Ctrl-C for another group{filled}", "another group has it", alone=True
    )
    def direct_interrupts(world, above=above):
        foreground = Foreground(world)

        def go():
            group = world.raw.memory(struct.pack("i", foreground.group))
            return world.raw("ioctl", foreground.terminal.slave, 0x5410 | above, group)

        return (
            go,
            lambda _: os.tcgetpgrp(foreground.terminal.master) != world.child,
            foreground.make,
        )


@never("ioctl: TIOCCONS, take over the console", REACHED)
def console(world):
    # Not on a terminal: it would really take the messages of this machine.
    pipe = world.pipe()
    return (lambda: world.raw("ioctl", pipe.writer, 0x541D, 0)), lambda answer: answer.reached


# ---- Without a request ---------------------------------------------------------------------------

READONLY = under("SystemIO().allow_open_readonly()")
OPENERS = under("SystemIO().allow_open()", *EVERYTHING.codes)
STDOUT = under("SystemIO().allow_stdout()")


def taken_by_open(title, flags, *claims):
    @attempt(title, *claims, effect="the terminal is the own one", alone=True)
    def prepare(world):
        terminal = Terminal(world)
        path = world.raw.path(os.ttyname(terminal.slave))
        return (
            lambda: world.raw("openat", AT_FDCWD, path, flags),
            controls(world, terminal),
            os.setsid,
        )


TAKERS = under(*READONLY.codes, *OPENERS.codes)
NOT_OPENERS = EVERY.without(TAKERS, TOGETHER, why="but those that open files")
taken_by_open(
    "openat: a terminal that is nobody's, by the leader of a session",
    os.O_RDONLY,
    *(refused(NOT_OPENERS), admitted(TAKERS, "threat-terminal")),
)
taken_by_open(
    "openat: a terminal that is nobody's, with O_NOCTTY",
    os.O_RDONLY | os.O_NOCTTY,
    *(refused(NOT_OPENERS), harmless(TAKERS)),
)


@attempt(
    "openat: /dev/ptmx, to read",
    *(refused(NOT_OPENERS), admitted(TAKERS, "threat-terminal")),
    effect="there is a new terminal",
)
def make_a_terminal(world):
    raw, folder = world.raw, world.folder()
    kind, options = raw.path("devpts"), raw.path("newinstance,ptmxmode=666")
    raw("mount", kind, raw.path(folder), kind, 0, options)
    path = raw.path(os.path.join(folder, "ptmx"))
    return (
        lambda: raw("openat", AT_FDCWD, path, os.O_RDONLY | os.O_NOCTTY),
        lambda _: os.listdir(folder) != ["ptmx"],
    )


def answering(terminal):
    """What a terminal does that is asked for the place of its cursor, see console_codes(4)."""
    time.sleep(0.001)
    try:
        asked = os.read(terminal.master, 100)
    except BlockingIOError:
        return
    if b"\x1b[6n" in asked:
        os.write(terminal.master, b"\x1b[1;1R")


@attempt(
    "write: a question that the terminal answers",
    *(refused(nothing_or("SystemIO().allow_stderr()")), admitted(STDOUT, "threat-terminal")),
    effect="something is typed",
    alone=True,
)
def ask_the_terminal(world):
    terminal, question = Terminal(world), world.raw.memory(b"\x1b[6n")
    world.background(lambda: answering(terminal))
    return (
        lambda: world.raw("write", 1, question, 4),
        terminal.typed,
        lambda: os.dup2(terminal.slave, 1),
    )


@attempt(
    "write: Ctrl-C to the master of another session",
    refused(
        EVERY.without(
            *(under("SystemIO().allow_write()"), NETWORKS, EVERYTHING, TOGETHER),
            why="but those that write to all descriptors",
        )
    ),
    admitted(under("SystemIO().allow_write()"), "threat-kept"),
    admitted(NETWORKS, "threat-numbers"),
    effect="another process ends",
)
def interrupt(world):
    terminal, byte = Terminal(world, session=True), world.raw.memory(b"\3")
    return (lambda: world.raw("write", terminal.master, byte, 1)), terminal.leader.ended
