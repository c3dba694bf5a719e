"""Attempts of the same kind, so that a line is enough for each."""

import os

from claims import REALLY_EVERY, attempt, refused, said
from constants import AT_FDCWD
from world import status, words

BAD = 1  # an address that is not mapped
REACHED = "the kernel looks at it"
HIGH = 1 << 32  # what the kernel ignores of a 32-bit argument
ROOM = 2000  # for what products() finds


def never(title, effect, **traits):
    """An attempt that every permission refuses."""
    return attempt(title, refused(REALLY_EVERY), effect=effect, **traits)


def simple(title, effect, judge, *call, **traits):
    """A call that every permission refuses. Its bytes are given by their address."""

    @never(title, effect, **traits)
    def prepare(world):
        return world.call(call), judge(world)


def writing_end_of_a_pipe(world):
    """The functions of an attempt: what others wrote is read by a link to the end that writes."""
    raw, pipe, buffer = world.raw, world.pipe(), world.raw.memory(10)
    os.write(pipe.writer, b"a message!")
    link = raw.path(f"/proc/self/fd/{pipe.writer}")

    def go():
        raw("read", raw("openat", AT_FDCWD, link, os.O_NONBLOCK), buffer, 10)
        return raw.read(buffer, 10)

    return go, lambda answer: answer.value == b"a message!"


def a_descriptor(title, *call, **traits):
    """A call that returns a descriptor."""
    simple(title, "a new descriptor", lambda world: world.got_descriptor, *call, **traits)


def looked_at(title, *call, **traits):
    """A call with a wrong argument."""
    simple(title, REACHED, lambda world: lambda answer: answer.reached, *call, **traits)


def succeeds(title, effect, *call, **traits):
    """A call whose success is the effect: it tells or takes something."""
    simple(title, effect, lambda world: lambda answer: answer.ok, *call, **traits)


def changes(title, effect, field, *call, **traits):
    """A call after which a field of /proc/PID/status is another one."""

    @never(title, effect, alone=True, **traits)
    def prepare(world):
        before = status("self", field)
        return world.call(call), lambda _: world.status(field) != before


def swept(let_through, answers="EPERM"):
    """The result of a first function that made many calls: those that should have been refused."""
    if let_through:
        return said(f"lets through {', '.join(map(str, let_through[:5]))}", let_through)
    return said(answers, [])


def surprise(answer):
    """The second function of such a sweep."""
    return answer.value != []


def products(world, call, first, lists, closes=False, arguments=()):
    """Make a call with all combinations of words: those that are not refused with EPERM."""
    arrays = [words(list(numbers)) for numbers in lists]
    found, found_at = words([0] * 4 * ROOM)
    rest, rest_at = words([*arguments, *[0] * (6 - len(arguments))])
    sizes = [word for array, where in arrays for word in (where, len(array))]
    count = world.low.products(
        world.raw.number(call), rest_at, first, *sizes, closes, found_at, ROOM
    )
    return [tuple(found[4 * i : 4 * i + len(lists)]) for i in range(min(count, ROOM))]
