"""Conditions of Custom as text: `flags == O_RDONLY|O_CLOEXEC`, `(flags & ~O_CLOEXEC) == 0`.

The words are those of the core. What is written in words is read as the very same comparison;
where it would not be, and where the order of numbers counts, it is written in numbers.
"""

import re

from pyextrasafe import _ask, _ffi
from pyextrasafe._custom import _SYMBOLS, CompareOp, _make_compare
from pyextrasafe._ffi import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyextrasafe import Compare

_NAME = r"argument [0-5]|[a-z_][a-z0-9_]*"
_MASK = r"(?P<but>~?)(?:\((?P<several>[^()\s]+)\)|(?P<single>[^()\s]+))"
_CONDITION = re.compile(
    rf"(?:(?P<name>{_NAME})|\((?P<masked>{_NAME}) & {_MASK}\))"
    r" (?P<op>==|!=|<=|>=|<|>) (?P<value>[^()\s]+)"
)
# As in C. More digits than these are beyond all arguments.
_NUMBER = re.compile(r"(-?)(?:0x([0-9a-f]{1,16})|0([0-7]{1,22})|([1-9][0-9]{0,19}|0))", re.I)
_SMALL = 4096  # the smallest number that a word means is AT_FDCWD


def read(call: "int | str", texts: "Iterable[str]") -> "list[Compare]":
    """Return the comparisons of conditions; ValueError says what is wrong with which one."""
    parts = [(text, _split(text)) for text in texts]
    words = _Words(call)
    found = {}
    # What another argument means can depend on those before it.
    for index in sorted(range(len(parts)), key=lambda index: words.position(*parts[index])):
        found[index] = words.compare(*parts[index])
        words.learn(found[index])
    return [found[index] for index in range(len(parts))]


def write(call: "int | str", compares: "Sequence[Compare]") -> "list[str]":
    """Return a condition for each comparison."""
    words = _Words(call)
    for compare in compares:
        words.learn(compare)
    return [
        text if _is_equality(compare) and words.means(text, compare) else words.in_numbers(compare)
        for text, compare in zip(words.in_words(compares), compares)
    ]


def _is_equality(compare: "Compare") -> bool:
    """Tell whether words say more than numbers, which have an order."""
    return compare.op not in (
        CompareOp.Less,
        CompareOp.LessOrEqual,
        CompareOp.GreaterEqual,
        CompareOp.Greater,
    )


def _split(text: str) -> "re.Match[str]":
    found = _CONDITION.fullmatch(text)
    if not found:
        raise ValueError(
            f"{text!r} is not a condition, such as 'flags == O_RDONLY|O_CLOEXEC' or "
            "'(flags & ~O_CLOEXEC) == O_RDONLY'"
        )
    if found["masked"] and found["op"] != "==":
        raise ValueError(f"{text!r}: a masked argument can only be compared by ==")
    return found


def _number(text: str) -> "int | None":
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    minus, hexadecimal, octal, decimal = found.groups()
    value = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return -value if minus else value


class _Words:
    """The words of a call's arguments, as far as the arguments that are learnt tell."""

    def __init__(self, call: "int | str") -> None:
        number, arch = _place(call)
        self._call = _ask.Call(number, arch)
        names = [self._call.argument_name(position) for position in range(_ask.ARGUMENTS)]
        self._names = names
        self._positions = {name: position for position, name in enumerate(names)}
        # Also of those that have a name.
        self._positions.update({f"argument {position}": position for position in range(len(names))})

    def position(self, text: str, parts: "re.Match[str]") -> int:
        """Return the place of the argument that a condition is about."""
        name = parts["name"] or parts["masked"]
        if name not in self._positions:
            known = [name for name in self._names if " " not in name] or ["argument 0"]
            raise ValueError(f"{text!r}: no argument {name!r}; there is {', '.join(known)}")
        return self._positions[name]

    def compare(self, text: str, parts: "re.Match[str]") -> "Compare":
        """Return what a condition says."""
        position = self.position(text, parts)
        try:
            datum = self._value(position, parts["value"])
            if parts["name"]:
                return _make_compare(position, parts["op"], datum)
            bits = parts["several"] or parts["single"]
            number = _number(bits)
            mask = self._call.parse_mask(position, bits) if number is None else number
            mask = ~mask if parts["but"] else mask
            return _make_compare(position, CompareOp.MaskedEqual(mask), datum)
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None

    def learn(self, compare: "Compare") -> None:
        """Take an argument to be what a comparison says, if it says so."""
        if compare.op == CompareOp.Equal:
            self._call.set(compare.arg, compare.datum % 2**64)

    def means(self, text: str, compare: "Compare") -> bool:
        """Tell whether a condition would be read as this comparison."""
        try:
            return self.compare(text, _split(text)) == compare
        except ValueError:
            return False

    def in_words(self, compares: "Sequence[Compare]") -> "list[str]":
        """Return conditions as the core writes them, from which they may not be read again."""
        packed = ffi.new(_ffi._COMPARISONS, [compare._comparison for compare in compares])
        arch, number = int(self._call.pointer.arch), self._call.number
        text = _ask._written(
            lambda place, size: lib.es_word_condition(
                arch, number, packed, len(compares), place, size
            )
        )
        return text.split(" and ")

    def in_numbers(self, compare: "Compare") -> str:
        """Return a condition without words."""
        name = self._names[compare.arg]
        if compare.op.mask is not None:
            return f"({name} & {compare.op.mask:#x}) == {compare.datum:#x}"
        return f"{name} {_SYMBOLS[compare.op._code]} {compare.datum}"

    def _value(self, position: int, text: str) -> int:
        number = _number(text)
        if number is not None:
            return number
        value = self._call.parse(position, text)
        # AT_FDCWD is -100, and not 4294967196, which would mean the same.
        for width in (32, 64):
            negative = value - (1 << width)
            if -_SMALL < negative < 0 and self._call.parse(position, str(negative)) == value:
                return negative
        return value


def _place(call: "int | str") -> "tuple[int, int]":
    """Return number and architecture of a call, which may be one of other machines only."""
    if isinstance(call, int):
        return call, _ffi.ARCH
    number = _ffi.syscall_number(call)
    if number >= 0:
        return number, _ffi.ARCH
    for arch in (lib.ES_ARCH_X86_64, lib.ES_ARCH_AARCH64, lib.ES_ARCH_RISCV64):
        number = lib.es_syscall_number(arch, call.encode())
        if number >= 0:
            return number, arch
    return number, _ffi.ARCH
