"""What every rule set is, and what those of the table have in common."""

import os

from pyextrasafe import _ffi
from pyextrasafe._errors import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from typing_extensions import Self

    #: What a permission is given: a descriptor or a port, a path, or nothing.
    Argument = int | str | None
    Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_PACKAGE = __name__.partition(".")[0]
_MAX_DESCRIPTOR = 2**31 - 1
_MAX_PORT = 65535


class RuleSet:
    """What a program may ask of the kernel, for one purpose.

    This class is abstract. The built-in rule sets derive from it, and so does `Custom`, from which
    you can derive your own.

    A rule set is plain data. You can compare, copy, pickle, print and enable it, and share it with
    other threads, any of which may add to it. Two rule sets are equal if they have the same class
    and grant the same, in any order. `repr()` returns an expression that creates an equal one. A
    rule set asks nothing of the kernel, and changes nothing in the process, until you apply a
    `SafetyContext`.

    Methods that add a permission return the rule set itself, so that calls can be chained. A rule
    set is not hashable, because its methods change it.
    """

    #: What was granted, in the order of the calls.
    _granted: "dict[Any, Any]"
    #: What to do where a class must not be derived from.
    _instead = ": derive from Custom"

    if not TYPE_CHECKING:  # which would hold the arguments against those of __init__

        def __new__(cls, *_args, **_kwargs):
            if cls is RuleSet:
                raise TypeError("Can't instantiate abstract class RuleSet")
            self = super().__new__(cls)
            self._granted = {}
            return self

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if RuleSet in cls.__bases__ and cls.__module__.partition(".")[0] != _PACKAGE:
            raise TypeError(f"type 'RuleSet' is not an acceptable base type{cls._instead}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._granted.copy() == other._granted.copy()

    def __repr__(self) -> str:
        return ".".join([f"{type(self).__name__}()", *self._calls()])

    def _calls(self) -> "list[str]":
        """Return the method calls that made this rule set, as code."""
        raise NotImplementedError

    def _snapshot(self) -> "RuleSet":
        """Return an equal rule set that nobody else can change."""
        raise NotImplementedError

    def _permissions(self) -> "Iterable[tuple[int, Argument]]":
        """Return the permissions of the table, as _ffi.load() takes them."""
        return ()

    def _limits(self) -> "Iterable[str]":
        """Return the calls that name paths or ports, as code."""
        return ()

    def _left_out(self) -> "Iterable[str]":
        """Return what a permission leaves out of what it looks up, a sentence each."""
        return ()

    def _late_imports(self) -> "Iterable[str]":
        """Return the modules that Python imports only when it does what is granted."""
        return ()

    def _canonical(self) -> "Iterable[tuple[object, ...]]":
        """Return what was granted as plain data, in any order, for the digest."""
        raise NotImplementedError

    def _rules(self) -> bytes:
        """Return the rules that are not of the table, as _ffi.load() takes them."""
        return b""


class BuiltIn(RuleSet):
    """A rule set of the table, which knows it by the name of its class."""

    #: Permissions that look up their paths themselves, when a context is applied.
    _looked_up: "tuple[str, ...]" = ()
    #: Name and argument of each permission: its index in the table.
    _granted: "dict[tuple[str, Argument], int]"

    def __init__(self) -> None:
        own = _ffi.permission(type(self).__name__, "")
        if own is not None:
            self._granted["", None] = own

    def _allow(self, name: str, *arguments: "Argument") -> "Self":
        index = _ffi.permission(type(self).__name__, name)
        if index is None:
            raise ValueError(f"{type(self).__name__} has no permission {name!r}")
        self._granted.update([((name, argument), index) for argument in arguments or (None,)])
        return self

    def __reduce__(self) -> "tuple[object, ...]":
        # The indexes are those of this version of the library: they stay out.
        return _rebuild, (type(self), *self._granted.copy())

    def _limits(self) -> "Iterable[str]":
        names = {
            name
            for name, argument in self._granted.copy()
            if name in self._looked_up or (argument is not None and name not in _FOR_ONE_DESCRIPTOR)
        }
        calls = [call for call in self._calls() if call.partition("(")[0] in names]
        return [f"{type(self).__name__}().{call}" for call in calls]

    def _calls(self) -> "list[str]":
        # One call for each descriptor, one for all paths or ports of a method.
        calls: dict[tuple[str, Argument], list[str]] = {}
        for name, argument in self._granted.copy():
            alone = argument if name in _FOR_ONE_DESCRIPTOR or argument is None else ""
            calls.setdefault((name, alone), []).extend([] if argument is None else [repr(argument)])
        return [f"{name}({', '.join(given)})" for (name, _), given in calls.items() if name]

    def _snapshot(self) -> "RuleSet":
        # Without __init__, which would ask the table again.
        plain = self.__new__(type(self))
        plain._granted = self._granted.copy()
        return plain

    def _canonical(self) -> "Iterable[tuple[object, ...]]":
        return [(type(self).__name__, *call) for call in self._granted.copy()]

    def _permissions(self) -> "Iterable[tuple[int, Argument]]":
        return [
            (index, told)
            for (name, argument), index in self._granted.items()
            for told in self._told(name, argument)
        ]

    def _told(self, name: str, argument: "Argument") -> "Iterable[Argument]":  # noqa: ARG002
        """Return what a permission is told in place of what it was given."""
        return (argument,)


def united(rulesets: "Iterable[RuleSet]") -> "tuple[list[tuple[int, Argument]], bytes]":
    """Return all that rule sets grant, as _ffi.load() takes it."""
    # Several of them may grant the same permission.
    entries = [entry for ruleset in rulesets for entry in ruleset._permissions()]
    return list(dict.fromkeys(entries)), b"".join([ruleset._rules() for ruleset in rulesets])


_FOR_ONE_DESCRIPTOR = ("allow_file_read", "allow_file_write")


def _rebuild(cls: "type[BuiltIn]", *calls: "tuple[str, Argument]") -> "BuiltIn":
    ruleset = cls()
    for name, argument in calls:
        ruleset._allow(name, argument)
    return ruleset


def descriptor(fileno: int) -> int:
    """Return the number of a descriptor as an exact int."""
    try:
        fileno = integer(fileno)
    except TypeError as error:
        if not hasattr(fileno, "fileno"):
            raise
        raise TypeError(f"{error}: pass .fileno()") from None
    if fileno < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fileno})")
    if fileno > _MAX_DESCRIPTOR:
        raise ValueError(f"file descriptor cannot be greater than {_MAX_DESCRIPTOR} ({fileno})")
    return fileno


def absolute(method: str, paths: "tuple[Path, ...]") -> "list[str]":
    """Return paths as seen from the working directory of now; '..' stays, as links count."""
    if not paths:
        raise TypeError(f"{method}() takes at least one path")
    for path in paths:
        if isinstance(path, (list, tuple, set)) and method.startswith("allow_"):
            kind = type(path).__name__
            raise TypeError(f"{method}() takes no {kind}: pass the paths one by one, or *paths")
    # There and back: what no file name can be is an error here.
    found = [os.fsdecode(os.fsencode(os.fspath(path))) for path in paths]
    for path in found:
        if not path:
            raise ValueError("a path cannot be empty")
        if "\0" in path:
            raise ValueError("embedded null character in a path")
    whole = [path if path.startswith("/") else os.path.join(os.getcwd(), path) for path in found]
    return [
        "/" + "/".join([part for part in path.split("/") if part not in ("", ".")])
        for path in whole
    ]


def ports(least: int, numbers: "tuple[int, ...]") -> "list[int]":
    """Return ports of TCP as exact ints."""
    found = [integer(number) for number in numbers]
    for number in found:
        if not least <= number <= _MAX_PORT:
            raise ValueError(f"a port must be from {least} to {_MAX_PORT}, not {number}")
    return found
