"""The process itself

Options of prctl(2), arch_prctl(2), seccomp(2) and madvise(2), and clocks that are not the own ones.
"""

import errno

from claims import EVERY, NOTHING, TOGETHER, admitted, attempt, harmless, refused, under
from kinds import HIGH, changes, never, surprise, swept

PR_SET_PTRACER, PR_SET_VMA = 0x59616D61, 0x53564D41
NARROWING = {21, 38, 39}  # PR_GET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS


def options(title, *claims, call, numbers, position, others, allowed, control=None):
    """Make a call with many numbers in one of its arguments; what is allowed may get through."""

    @attempt(title, *claims, effect="one of the calls is made")
    def prepare(world):
        chosen = control if world.control and control else numbers

        def go():
            through = []
            for number in chosen:
                arguments = [*others]
                arguments[position] = number
                try:
                    world.raw(call, *arguments)
                except OSError as error:
                    if error.errno in (errno.EPERM, errno.ENOSYS):
                        continue
                through.append(number)
            return swept([n for n in through if n & (HIGH - 1) not in allowed])

        return go, surprise


def with_high(numbers):
    return [number | above for number in numbers for above in (0, HIGH)]


options(
    "prctl: all options from 0 to 100, PR_SET_PTRACER, PR_SET_VMA",
    refused(EVERY),
    call="prctl",
    numbers=with_high([*range(101), PR_SET_PTRACER, PR_SET_VMA]),
    position=0,
    others=[0, 0, 0, 0, 0],
    allowed=NARROWING,
)
options(
    "arch_prctl: all options but ARCH_SET_FS",
    refused(EVERY),
    call="arch_prctl",
    numbers=with_high(
        [
            *(0x1001, 0x1003, 0x1004, 0x1011, 0x1012, 0x1021, 0x1022, 0x1023, 0x1024, 0x1025),
            *(0x2001, 0x2002, 0x2003, 0x4001, 0x4002, 0x4003, 0x5001, 0x5002, 0x5003, 0x5004),
            *(0x5005, 0x6001),
        ]
    ),
    position=0,
    others=[0, 1],
    allowed={},
    control=[0x1003],  # ARCH_GET_FS: the others would change the process
)
options(
    "seccomp: all operations but SECCOMP_SET_MODE_FILTER, from 0 to 16",
    refused(EVERY),
    call="seccomp",
    numbers=with_high([0, *range(2, 17)]),
    position=0,
    others=[0, 0, 0],
    allowed={},
    control=[2],
)
options(
    "seccomp: SECCOMP_SET_MODE_FILTER with each bit and pair of flags but TSYNC alone",
    refused(EVERY),
    call="seccomp",
    numbers=with_high(sorted({1 << a | 1 << b for a in range(32) for b in range(32)} - {1})),
    position=1,
    others=[1, 0, 0],
    allowed={},
)
options(
    "madvise: every advice from 0 to 110 but those of allocators and of new threads",
    refused(EVERY),
    call="madvise",
    numbers=with_high(range(111)),
    position=2,
    others=[1, 4096, 0],
    # MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, and with threads MADV_GUARD_REMOVE
    allowed={4, 8, 14, 103},
)
options(
    "futex: every operation from 0 to 127 but those of ordinary locks, with and without its flags",
    refused(EVERY),
    call="futex",
    numbers=with_high([n | flags for n in range(128) for flags in (0, 128, 256, 384)]),
    position=1,
    others=[1, 0, 0, 0, 0, 0],
    allowed={n | flags for n in (0, 1, 3, 4, 5, 9, 10) for flags in (0, 128, 256, 384)},
)
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_ADD_SEALS
FCNTL_NEVER = {8, 10, 15, 1024, 1026, 1033}
options(
    "fcntl: every command from 0 to 1,100 but those up to F_GET_SEALS that concern a descriptor",
    refused(EVERY),
    call="fcntl",
    numbers=with_high(range(1101)),
    position=1,
    others=[2**31 - 1, 0, 0],
    allowed=set(range(1035)) - FCNTL_NEVER,
)
options(
    "mremap: no flag, every bit and every pair of bits, but MREMAP_MAYMOVE alone",
    refused(EVERY),
    call="mremap",
    numbers=sorted({0} | {1 << a | 1 << b for a in range(64) for b in range(64)} - {1}),
    position=3,
    others=[1, 4096, 4096, 0, 0],
    allowed={},
)


changes("prctl: PR_SET_NAME", "another name", "Name", "prctl", 15, b"escaped\0")
changes("prctl: PR_CAPBSET_DROP", "another bounding set", "CapBnd", "prctl", 24, 0)
changes("prctl: PR_SET_THP_DISABLE", "no huge pages", "THP_enabled", "prctl", 41, 1, 0, 0, 0)


@never("prctl: PR_SET_TIMERSLACK", "other timers", alone=True)
def timer_slack(world):
    def changed(_):
        with open(world.proc("timerslack_ns")) as file:
            return file.read() == "77\n"

    return (lambda: world.raw("prctl", 29, 77)), changed


@never("prctl: PR_SET_DUMPABLE, so that nobody can look inside", "the process hides")
def hide(world):
    return (
        lambda: world.raw("prctl", 4, 0),
        lambda answer: answer.ok,
    )


@never("prctl: PR_SET_SYSCALL_USER_DISPATCH", "the process catches its own calls")
def dispatch(world):
    selector = world.raw.memory(1)
    return (lambda: world.raw("prctl", 59, 1, 0, 2**47, selector)), lambda answer: answer.ok


@attempt(
    "prctl: PR_SET_NO_NEW_PRIVS to 0",
    harmless(NOTHING),
    effect="set-user-ID programs work again",
)
def new_privileges(world):
    return (
        lambda: world.raw("prctl", 38, 0, 0, 0, 0),
        lambda answer: answer.ok,
    )


# ---- Clocks --------------------------------------------------------------------------------------

TELLS_TIME = under("Time().allow_gettime()")


def clock(title, call, number, *claims):
    @attempt(title, *claims, effect="the clock is read")
    def prepare(world):
        victim, where = world.victim(), world.raw.memory(16)
        # The processor time of a process: see clock_getcpuclockid(3).
        word = ~victim.pid << 3 | 2 if number is None else number
        return (
            lambda: world.raw(call, word & (1 << 64) - 1, where),
            lambda answer: answer.ok,
        )


for call in ("clock_gettime", "clock_getres"):
    clock(f"{call}: the processor time of another process", call, None, refused(EVERY))
clock(
    "clock_gettime: the own processor time",
    *("clock_gettime", 2),
    refused(EVERY.without(TELLS_TIME, TOGETHER, why="but those that tell the time")),
    admitted(TELLS_TIME, "threat-kept"),
)
