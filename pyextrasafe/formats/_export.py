"""What forms for other programs have in common: they say the same as a filter, or refuse."""

from pyextrasafe import _ask, _ffi
from pyextrasafe._errors import ExtraSafeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyextrasafe import Filter

#: What can be left out, and how that is said.
LEFT_OUT = {
    "own process": "leaves such rows out, which allows less",
    "conditions": "leaves such rows out, which allows less",
    "numbers": "leaves such rows out, which allows less",
    "answers": "lets it fail with EPERM",
}
EPERM = 1
_LARGEST = 1024  # beyond the numbers of all architectures that have names


def refuse_limits(form: str, filter: "Filter") -> None:  # noqa: A002
    """Raise ExtraSafeError if Landlock limits paths or ports, which no other program would do."""
    for grant in filter._grants if filter._policy.is_limited else ():
        if not grant.everywhere:
            raise ExtraSafeError(
                f"{form} cannot express {grant.origin.code}: Landlock limits paths and ports, and "
                "not the filter; without that limit the result would allow more",
                code="format",
            )


class Export:
    """A filter on its way into another form."""

    def __init__(self, form: str, filter: "Filter", without: "Iterable[str]") -> None:  # noqa: A002
        if isinstance(without, str):
            raise TypeError("without must be a list of strings, not a string")
        self._form = form
        self._without = frozenset(without)
        self.policy = filter._policy
        for word in self._without.difference(LEFT_OUT):
            words = ", ".join([repr(word) for word in LEFT_OUT])
            raise ValueError(f"without cannot contain {word!r}, only {words}")
        refuse_limits(form, filter)

    def cannot_say(self, what: str, word: str) -> None:
        """Raise ExtraSafeError, unless it is to be left out."""
        if word not in self._without:
            raise ExtraSafeError(
                f'{self._form} cannot express {what}; without=["{word}"] {LEFT_OUT[word]}',
                code="format",
            )

    def calls(self) -> "dict[int, str]":
        """Return the names of calls, which all that are allowed have to have."""
        named = {number: _ffi.call_code(number) for number in range(_LARGEST)}
        names = {number: code.strip('"') for number, code in named.items() if code[0] == '"'}
        for number in self.policy.numbers():
            for way in self.policy.ways(number) if number not in names else ():
                self.cannot_say(row(way), "numbers")
        return names

    def ways(self, number: int) -> "list[_ask.Way]":
        """Return the ways of a call that count, but for those of the own process."""
        ways = self.policy.ways(number)
        for way in ways:
            if way.allows and not way.comparisons:
                return [way]
        for way in ways:
            if way.is_own_process:
                self.cannot_say(row(way), "own process")
        return [way for way in ways if not way.is_own_process]

    def refusal(self, number: int, arguments: "Sequence[int]") -> "int | None":
        """Return the error number of a call, or None where it is allowed."""
        call = _ask.Call(number)
        for position, value in enumerate(arguments):
            call.set(position, value)
        return self.policy.refusal(call)


def row(way: "_ask.Way") -> str:
    """Return a row as it is told in messages."""
    where = f" where {way.condition}" if way.condition else ""
    who = way.origin.code if way.allows else _ffi.errno_name(way.errno)
    return f'"{way.call}: {who}{where}"'
