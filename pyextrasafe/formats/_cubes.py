"""Conditions as masked comparisons alone, which is all that libseccomp compiles right.

A cube is a set of calls: of each argument some bits are given, and the others may be anything.
Every condition is a union of cubes: a range of numbers is one of ranges that are aligned to a power
of two, and what differs from a number differs from it in some bit first.
"""

from pyextrasafe import _ask, _ffi
from pyextrasafe._ffi import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    #: Argument, mask and value, for each argument that has bits given.
    Cube = tuple[tuple[int, int, int], ...]
    Bits = tuple[int, int]  # mask and value

#: More of them are no longer said.
MOST = 256
EVERYTHING: "Cube" = ()


class TooManyError(Exception):
    """A condition is a union of too many cubes."""


def of_way(way: "_ask.Way") -> "list[Cube]":
    """Return the calls that a way is about, which may not be the own process's."""
    by_argument: dict[int, list[_ask.Comparison]] = {}
    for comparison in way.comparisons:
        by_argument.setdefault(comparison.argument, []).append(comparison)
    cubes = [EVERYTHING]
    for argument, comparisons in sorted(by_argument.items()):
        bits = _of_argument(way.number, argument, comparisons)
        cubes = [
            (*cube, (argument, *given)) if given[0] else cube for cube in cubes for given in bits
        ]
        if len(cubes) > MOST:
            raise TooManyError
    return cubes


def without(cubes: "Iterable[Cube]", others: "Iterable[Cube]") -> "list[Cube]":
    """Return what cubes have and others do not."""
    left = list(cubes)
    for other in others:
        left = [part for cube in left for part in _difference(cube, other)]
        if len(left) > MOST:
            raise TooManyError
    return left


def joined(cubes: "Iterable[Cube]") -> "list[Cube]":
    """Return the same calls without the cubes that lie in others."""
    found: list[Cube] = []
    for cube in dict.fromkeys(cubes):
        if not any(_is_within(cube, other) for other in found):
            found = [other for other in found if not _is_within(other, cube)]
            found.append(cube)
    return found


def have(cubes: "Iterable[Cube]", arguments: "Sequence[int]") -> bool:
    """Tell whether one of them has the call with these arguments."""
    return any(
        all(arguments[argument] & mask == value for argument, mask, value in cube) for cube in cubes
    )


def example(cube: "Cube") -> "list[int]":
    """Return the arguments of one call of a cube."""
    arguments = [0] * _ask.ARGUMENTS
    for argument, _, value in cube:
        arguments[argument] = value
    return arguments


# ---- One argument ----


def _of_argument(number: int, argument: int, comparisons: "list[_ask.Comparison]") -> "list[Bits]":
    """Return the values of an argument for which all comparisons hold."""
    read: dict[int, list[_ask.Comparison]] = {}
    for comparison in comparisons:
        for width in _readings(number, argument, comparison):
            read.setdefault(width, []).append(comparison)
    bits = [(0, 0)]
    for width, made in read.items():
        for others in (_of_ranges(width, made), *_of_masks(width, made)):
            bits = [both for one in bits for other in others for both in _intersection(one, other)]
            if len(bits) > MOST:
                raise TooManyError
    return bits


def _readings(number: int, argument: int, comparison: "_ask.Comparison") -> "tuple[int, ...]":
    """Return how many bits may be read: more than one possibility where it is not known."""
    width = lib.es_syscall_width(_ffi.ARCH, number, argument)
    negative = comparison.negative & _ffi.NEGATIVE_DATUM
    beyond = comparison.datum < 2**64 - 2**31 if negative else comparison.datum >= 2**32
    if width == lib.ES_WIDTH_UNKNOWN or (width == lib.ES_WIDTH_VARIES and not beyond):
        return 32, 64
    return ({lib.ES_WIDTH_16: 16, lib.ES_WIDTH_32: 32}.get(width, 64),)


def _of_ranges(width: int, comparisons: "list[_ask.Comparison]") -> "list[Bits]":
    """Return the values for which all comparisons without a mask hold."""
    ranges = [(0, 2**width - 1)]
    for comparison in comparisons:
        allowed = _allowed_ranges(comparison.op, comparison.datum % 2**width, 2**width - 1)
        ranges = [
            (max(low, least), min(high, most))
            for low, high in ranges
            for least, most in allowed
            if max(low, least) <= min(high, most)
        ]
    bits = [bits for low, high in ranges for bits in _aligned(low, high, width)]
    if len(bits) > MOST:
        raise TooManyError
    return bits


def _allowed_ranges(op: int, datum: int, largest: int) -> "list[tuple[int, int]]":
    below, above = (0, datum - 1), (datum + 1, largest)
    ranges = {
        lib.ES_LESS: [below],
        lib.ES_LESS_OR_EQUAL: [(0, datum)],
        lib.ES_EQUAL: [(datum, datum)],
        lib.ES_NOT_EQUAL: [below, above],
        lib.ES_GREATER_EQUAL: [(datum, largest)],
        lib.ES_GREATER: [above],
    }
    return ranges.get(op, [(0, largest)])


def _aligned(low: int, high: int, width: int) -> "list[Bits]":
    """Return a range as ranges that are aligned to a power of two."""
    found = []
    while low <= high:
        size = low & -low or 1 << width
        while low + size - 1 > high:
            size >>= 1
        found.append(((1 << width) - size, low))
        low += size
    return found


def _of_masks(width: int, comparisons: "list[_ask.Comparison]") -> "list[list[Bits]]":
    """Return the values for which each comparison with a mask holds."""
    found = []
    for comparison in comparisons:
        mask, datum = comparison.mask % 2**width, comparison.datum % 2**width
        if comparison.op == lib.ES_MASKED_EQUAL:
            found.append([(mask, datum)])
        elif comparison.op == lib.ES_MASKED_NOT_EQUAL:
            found.append([bits[1:] for (bits,) in _difference((), ((0, mask, datum),))])
    return found


def _intersection(one: "Bits", other: "Bits") -> "list[Bits]":
    (mask, value), (mask2, value2) = one, other
    return [] if (value ^ value2) & mask & mask2 else [(mask | mask2, value | value2)]


# ---- Cubes ----


def _is_within(cube: "Cube", other: "Cube") -> bool:
    given = {argument: (mask, value) for argument, mask, value in cube}
    for argument, mask, value in other:
        own_mask, own_value = given.get(argument, (0, 0))
        if mask & ~own_mask or (value ^ own_value) & mask:
            return False
    return True


def _difference(cube: "Cube", other: "Cube") -> "list[Cube]":
    """Return a cube without another: it differs in some bit first."""
    given = {argument: (mask, value) for argument, mask, value in cube}
    found = []
    for argument, mask, value in other:
        own_mask, own_value = given.get(argument, (0, 0))
        if (value ^ own_value) & mask & own_mask:
            return [cube]
        for bit in _bits(mask & ~own_mask):
            own_mask |= bit
            found.append(_made({**given, argument: (own_mask, own_value | (bit & ~value))}))
            own_value |= bit & value
            given[argument] = own_mask, own_value
    return found


def _made(given: "dict[int, Bits]") -> "Cube":
    return tuple([(argument, *bits) for argument, bits in sorted(given.items())])


def _bits(mask: int) -> "Iterable[int]":
    # The highest first: what is left of a range is ranges then.
    return [1 << bit for bit in reversed(range(64)) if mask >> bit & 1]
