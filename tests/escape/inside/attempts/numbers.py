"""Numbers, and other ways into the kernel

Numbers that no permission speaks of, numbers of other kinds of programs, and other entries than the
instruction for 64-bit programs. The numbers 335 and 336 are not tried: the kernel makes these two
calls without asking any filter, see :ref:`threat-kernel`. Where many numbers are tried at once, it
is a single harmless one that is tried without a filter.
"""

import errno

from claims import EVERY, EVERYTHING, NETWORKS, TOGETHER, attempt, refused, under
from kinds import HIGH, never, surprise, swept
from pyextrasafe._native import ffi, lib
from world import words

PASS_FILTERS = {335, 336}
X32 = 1 << 30
BASELINE = 423
WRITE, GETPID, I386_WRITE, I386_GETPID = 1, 39, 4, 20
SIGSYS = 31
MADE = "one of the calls is made"

WRITERS = under("SystemIO().allow_write()", *NETWORKS.codes)
NO_WRITE = EVERY.without(WRITERS, EVERYTHING, TOGETHER, why="but those that write")
NO_TIME = EVERY.without(
    under("Time().allow_gettime()"), TOGETHER, why="but those that tell the time"
)


def granted():
    """The numbers of all calls that some permission allows."""
    row, found = ffi.new("es_row_info *"), set()
    for index in range(lib.es_row_count()):
        lib.es_row_get(index, row, ffi.sizeof("es_row_info"))
        found.add(lib.es_syscall_number(0, row.syscall))
    return {number for number in found if number >= 0}


# ---- Many numbers --------------------------------------------------------------------------------


def many(title, numbers, *refusals):
    """Numbers that are all refused, with one of these errnos."""

    @never(title, MADE)
    def prepare(world):
        chosen = [GETPID] if world.control else numbers
        asked, asked_at = words(chosen)
        answers, answers_at = words([0] * len(chosen))
        _, arguments_at = keep = words([0] * 6)

        def go():
            world.low.numbers(asked_at, len(asked), arguments_at, answers_at)
            let_through = [n for n, answer in zip(asked, answers) if -answer not in refusals]
            names = sorted({errno.errorcode[-answer] for answer in answers if answer < 0})
            return swept(let_through, ", ".join(names)) if keep else None

        return go, surprise


def but(numbers, *others):
    return sorted(set(numbers).difference(granted(), PASS_FILTERS, *others))


many("0 to 423, all that no permission names", but(range(BASELINE + 1)), errno.EPERM, errno.ENOSYS)
many("424 to 1,024, all that no permission names", but(range(BASELINE + 1, 1025)), errno.ENOSYS)
many(
    "numbers near powers of 2, up to 2^30 - 1",
    [(1 << bit) + step for bit in range(11, 31) for step in (-1, 0, 1) if (1 << bit) + step < X32],
    errno.ENOSYS,
)
many(
    "negative numbers, as -1 and 2^31",
    [-1, -2, -39, -1000, 1 << 31, 1 << 31 | WRITE, 0xFFFFFFFF, 0x80000000 | X32 | WRITE],
    errno.ENOSYS,
)


@attempt("write, its number 2^32 + 1 or 2^63 + 1", refused(NO_WRITE), effect="a byte is written")
def long_number(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")

    def go():
        asked, asked_at = words([HIGH | WRITE, WRITE - (1 << 63)])
        answers, answers_at = words([0, 0])
        arguments, arguments_at = words([pipe.writer, byte, 1, 0, 0, 0])
        world.low.numbers(asked_at, len(asked), arguments_at, answers_at)
        for answer in answers:
            if answer < 0:
                raise OSError(-answer, "write")
        return len(arguments)

    return go, pipe.written


# ---- Other kinds of programs ---------------------------------------------------------------------


def in_children(title, by_int80, numbers, harmless):
    """Numbers that end the process that uses them; each has one of its own."""

    @attempt(title, refused(TOGETHER), effect="one of the processes lives on")
    def prepare(world):
        chosen = [harmless] if world.control else numbers
        asked, asked_at = words(chosen)
        statuses = world.raw.memory(4 * len(chosen))

        def go():
            world.low.in_children(by_int80, asked_at, len(asked), statuses)
            ends = memoryview(world.raw.read(statuses, 4 * len(chosen))).cast("i")
            return swept([n for n, end in zip(chosen, ends) if end & 127 != SIGSYS], "SIGSYS")

        return go, surprise


in_children(
    "x32: every call that a permission allows, and the numbers from 512 to 547",
    *(0, sorted(X32 | number for number in granted() | set(range(512, 548))), X32 | GETPID),
)
in_children("int 0x80: all numbers from 0 to 500", 1, list(range(501)), I386_GETPID)


@never("x32: write", "the process lives on")
def x32_write(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")
    return (
        lambda: world.raw(X32 | WRITE, pipe.writer, byte, 1),
        lambda answer: answer.text != "SIGSYS" or pipe.written(answer),
    )


NO_I386 = "kernels without 32-bit programs"


@never("int 0x80: write", "a byte is written", optional=NO_I386)
def int80_write(world):
    pipe, memory = world.pipe(), world.low.memory(4096)
    return (lambda: world.low.int80(I386_WRITE, pipe.writer, memory, 1)), pipe.written


def forged(title, by_int80, **traits):
    @never(title, "a byte is written", alone=True, optional=NO_I386, **traits)
    def prepare(world):
        pipe, memory = world.pipe(), world.low.memory(8192)
        return (lambda: world.low.forged_mode(by_int80, pipe.writer, memory)), pipe.written


forged("a forged signal frame to 32-bit mode, then int 0x80: write", 1)
forged("a forged signal frame to 32-bit mode, then syscall: write", 0)


@attempt(
    "the vsyscall page: time",
    refused(NO_TIME),
    effect="the time",
    optional="kernels without vsyscall",
)
def vsyscall(world):
    return world.low.vsyscall_time, lambda answer: answer.ok and answer.value > 0
