"""Terminals

A pseudo terminal is another session's, whose leader waits at it.
"""

import fcntl
import mmap
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
from constants import AT_FDCWD, FIONREAD, TCGETS, TIOCGWINSZ
from kinds import HIGH, REACHED, never, products, surprise, swept
from world import eventually

TIOCSCTTY, TIOCSTI, TIOCSWINSZ, TIOCSETD, TIOCGETD = 0x540E, 0x5412, 0x5414, 0x5423, 0x5424
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
    *(TIOCSWINSZ, *NEVER),
    effect="another process ends",
    argument=struct.pack("4H", 5, 5, 0, 0),
    judge=leader_ended,
    session=True,
    answer="ENOTTY",
)
request(
    "TIOCSWINSZ, on the master, SIGWINCH for another session",
    *(TIOCSWINSZ, *NEVER),
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


# ---- Its modes -----------------------------------------------------------------------------------

TERMINAL = "SystemIO().allow_terminal()"
READONLY = under("SystemIO().allow_open_readonly()")
STDOUT = under("SystemIO().allow_stdout()")
TCSBRK, TCXONC, TCFLSH = 0x5409, 0x540A, 0x540B
TCSETS, _, _ = TCSETS_ALL = range(0x5402, 0x5405)
TCGETS2, TCSETS2 = 0x802C542A, range(0x402C542B, 0x402C542E)
TIOCGPGRP, TIOCOUTQ = 0x540F, 0x5411
MODES = struct.Struct("4IB19s")  # struct termios: flags for input, output, control, local; keys
LOCAL, KEYS = 3, 5


def modes_of(terminal, number=TCGETS):
    return list(MODES.unpack(fcntl.ioctl(terminal, number, bytes(64))[: MODES.size]))


def changed_modes(terminal, local=None, keys=None):
    """The modes of a terminal, with another word of local flags or other keys."""
    modes = modes_of(terminal)
    if local is not None:
        modes[LOCAL] = local
    for place, key in (keys or {}).items():
        modes[KEYS] = modes[KEYS][:place] + key + modes[KEYS][place + 1 :]
    # struct termios2 has speeds behind them.
    return MODES.pack(*modes) + struct.pack("II", 38400, 38400)


def sets_modes(title, effect, judge, *, above=0, session=False, number=TCSETS, **change):
    """Set the modes of a terminal; judge(terminal) gives the function that looks for the effect."""

    @attempt(
        f"ioctl: {title}",
        refused(
            EVERY.without(
                *(under(TERMINAL), CONTROL, TOGETHER),
                why="but those that control terminals or descriptors",
            )
        ),
        admitted(under(TERMINAL), "threat-terminal"),
        admitted(CONTROL, "threat-ioctl"),
        effect=effect,
    )
    def prepare(world):
        terminal = Terminal(world, session)
        modes = world.raw.memory(changed_modes(terminal.slave, **change))
        return (
            lambda: world.raw("ioctl", terminal.slave | above, number | above, modes),
            judge(terminal),
        )


def echoes(terminal):
    """Does the terminal show what is typed?"""

    def shown(answer):
        os.write(terminal.master, b"password")

        def read():
            try:
                return b"password" in os.read(terminal.master, 100)
            except BlockingIOError:
                return False

        return eventually(read, answer.ok)

    return shown


def typing(key):
    """Does typing this key end the leader of the session?"""

    def judge(terminal):
        def ended(answer):
            os.write(terminal.master, key)
            return terminal.leader.ended(answer)

        return ended

    return judge


for name, numbers in {"TCSETS": TCSETS_ALL, "TCSETS2": TCSETS2}.items():
    for number, suffix in zip(numbers, ("", "W", "F")):
        for above in (0, HIGH):
            filled = ", the upper halves filled" if above else ""
            sets_modes(
                f"{name}{suffix}, the echo of a password{filled}",
                *("the terminal shows it", echoes),
                above=above,
                number=number,
                local=termios.ECHO,
            )
sets_modes(
    "TCSETS, VINTR, an ordinary key",
    *("another process ends when it is typed", typing(b"e")),
    session=True,
    local=termios.ISIG,
    keys={termios.VINTR: b"e"},
)
sets_modes(
    "TCSETS, VQUIT, an ordinary key",
    *("another process ends when it is typed", typing(b"e")),
    session=True,
    local=termios.ISIG,
    keys={termios.VQUIT: b"e"},
)


@attempt(
    "ioctl: TCSETS, VINTR, and write: a question that the terminal answers with this key",
    refused(under(*STDOUT.codes)),
    admitted(under(f"{STDOUT.codes[0]}.allow_terminal()"), "threat-terminal"),
    effect="another process ends",
    alone=True,
)
def interrupt_by_an_answer(world):
    terminal, question = Terminal(world, session=True), world.raw.memory(b"\x1b[6n")
    world.background(lambda: answering(terminal))
    modes = changed_modes(terminal.slave, local=termios.ISIG, keys={termios.VINTR: b"\x1b"})
    where = world.raw.memory(modes)

    def go():
        world.raw("ioctl", 1, TCSETS, where)
        world.raw("write", 1, question, 4)

    return go, terminal.leader.ended, lambda: os.dup2(terminal.slave, 1)


@attempt(
    "openat, ioctl: TCSETS, the terminal of another session",
    refused(under(TERMINAL, *READONLY.codes)),
    admitted(under(f"{READONLY.codes[0]}.allow_terminal()"), "threat-terminal"),
    effect="the terminal shows a password",
)
def modes_of_another_session(world):
    terminal = Terminal(world, session=True)
    path = world.raw.path(os.ttyname(terminal.slave))
    modes = world.raw.memory(changed_modes(terminal.slave, local=termios.ECHO))

    def go():
        opened = world.raw("openat", AT_FDCWD, path, os.O_RDONLY | os.O_NOCTTY)
        world.raw("ioctl", opened, TCSETS, modes)

    return go, echoes(terminal)


@attempt(
    "ioctl: TCSETS, TOSTOP",
    refused(nothing_or(*STDOUT.codes)),
    admitted(under(TERMINAL), "threat-terminal"),
    effect="another process stops, which writes in the background",
)
def stop_writers(world):
    terminal = Terminal(world)
    writer = mmap.mmap(-1, 4)

    def write_in_the_background():
        os.setsid()
        fcntl.ioctl(terminal.slave, TIOCSCTTY, 0)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            os.dup2(terminal.slave, 0)
            os.closerange(1, 1000)  # among them what world.helper() waits for
            while True:
                os.write(0, b".")
                time.sleep(0.001)
        writer[:] = struct.pack("i", pid)

    world.helper(write_in_the_background)
    modes = changed_modes(terminal.slave, local=modes_of(terminal.slave)[LOCAL] | termios.TOSTOP)
    where = world.raw.memory(modes)

    def stopped(answer):
        pid = struct.unpack("i", writer[:])[0]

        def asleep():
            try:
                os.read(terminal.master, 4096)
            except BlockingIOError:
                pass
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rpartition(")")[2].split()[0] == "T"

        return eventually(asleep, answer.ok)

    return (lambda: world.raw("ioctl", terminal.slave, TCSETS, where)), stopped


def unread(terminal):
    """How much of what was typed is there to read?"""
    return struct.unpack("i", fcntl.ioctl(terminal.slave, termios.FIONREAD, bytes(4)))[0]


@attempt(
    "ioctl: TCFLSH",
    refused(nothing_or(*STDOUT.codes)),
    admitted(under(TERMINAL), "threat-terminal"),
    effect="what was typed is gone",
)
def throw_away(world):
    terminal = Terminal(world)
    os.write(terminal.master, b"typed")
    eventually(lambda: unread(terminal) == 5, True)
    return (
        lambda: world.raw("ioctl", terminal.slave, TCFLSH, termios.TCIFLUSH),
        lambda _: unread(terminal) == 0,
    )


@attempt(
    "ioctl: TCSETS, without lines and with lines again",
    refused(nothing_or(*STDOUT.codes)),
    admitted(under(TERMINAL), "threat-terminal"),
    effect="half a line is handed on",
)
def hand_on_half_a_line(world):
    terminal = Terminal(world)
    modes = [
        world.raw.memory(changed_modes(terminal.slave, local=local))
        for local in (0, termios.ICANON)
    ]
    fcntl.ioctl(terminal.slave, TCSETS, changed_modes(terminal.slave, local=termios.ICANON))
    os.write(terminal.master, b"rm -r /tmp")
    os.set_blocking(terminal.slave, False)

    def go():
        for where in modes:
            world.raw("ioctl", terminal.slave, TCSETS, where)

    def handed_on():
        try:
            return os.read(terminal.slave, 100) == b"rm -r /tmp"
        except BlockingIOError:
            return False

    return go, lambda answer: eventually(handed_on, answer.ok)


def other_than_modes(title, number, argument, happened, *, effect):
    """A request that is no matter of modes."""

    @attempt(
        f"ioctl: {title}",
        refused(EVERY.without(CONTROL, TOGETHER, why="but those that control descriptors")),
        admitted(CONTROL, "threat-ioctl"),
        effect=effect,
    )
    def prepare(world):
        terminal = Terminal(world)
        return (
            lambda: world.raw("ioctl", terminal.slave, number, argument),
            lambda _: happened(terminal),
        )


def held(terminal):
    """Does what is written not arrive?"""
    os.set_blocking(terminal.slave, False)
    try:
        os.write(terminal.slave, b"!")
        time.sleep(0.01)
        return os.read(terminal.master, 1) != b"!"
    except BlockingIOError:
        return True


def exclusive(terminal):
    return fcntl.ioctl(terminal.slave, 0x80045440, bytes(4)) != bytes(4)  # TIOCGEXCL


other_than_modes("TCXONC, TCOOFF", TCXONC, 0, held, effect="the terminal is stopped")
other_than_modes("TIOCEXCL", 0x540C, 0, exclusive, effect="nobody else may open it")

DESCRIPTORS = [0, 1, 2, 900]
ASKING = [(number, argument) for number in (TCGETS, TCGETS2, TIOCGWINSZ) for argument in (0, 1)]
CONTROLLING = [
    *ASKING,
    (TCSBRK, 1),
    *(
        (number, argument)
        for number in (*TCSETS_ALL, *TCSETS2, TCFLSH, TIOCGPGRP, TIOCOUTQ, FIONREAD)
        for argument in (0, 1)
    ),
]


def requests_from(code, descriptors, known):
    """Every request of the letter of terminals: what gets through is known."""

    @attempt(
        "ioctl: every request from 0x5400 to 0x54ff but TIOCSWINSZ, and those with a size",
        refused(under(code)),
        effect="another request is made",
    )
    def prepare(world):
        # TIOCSWINSZ has an errno of its own, see above.
        every = [*range(0x5400, TIOCSWINSZ), *range(TIOCSWINSZ + 1, 0x5500), TCGETS2, *TCSETS2]
        requests = [TCSBRK] if world.control else every
        lists = [
            [word | above for word in words for above in (0, HIGH)]
            for words in (DESCRIPTORS, requests)
        ]
        allowed = {(descriptor, *rest) for descriptor in descriptors for rest in known}

        def go():
            found = {
                (descriptor & HIGH - 1, request & HIGH - 1, argument)
                for descriptor, request, argument in products(world, "ioctl", 0, (*lists, [0, 1]))
            }
            if not world.control and found < allowed:
                raise AssertionError(f"what is allowed is refused: {allowed - found}")
            return swept(sorted(found - allowed))

        return go, surprise


for code, number in {"stdin": 0, "stdout": 1, "stderr": 2}.items():
    requests_from(f"SystemIO().allow_{code}()", [number], ASKING)
requests_from(TERMINAL, DESCRIPTORS, CONTROLLING)

# ---- Without a request ---------------------------------------------------------------------------

OPENERS = under("SystemIO().allow_open()", *EVERYTHING.codes)


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
