"""Policy files: a SafetyContext as TOML, with the names that Python has for everything."""

import os
import stat
from contextlib import suppress

from pyextrasafe import _ffi, _rulesets
from pyextrasafe._context import SafetyContext
from pyextrasafe._custom import Custom, Rule
from pyextrasafe._ffi import lib
from pyextrasafe._rulesets.base import BuiltIn, absolute

from . import _conditions, _toml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, NoReturn

    from pyextrasafe._rulesets.base import Argument, Path

    Reasons = Mapping[tuple[str, str | Rule], Sequence[str]]

_STDERR = 2
#: The links of the chain that a file may say true to: the field that the method sets, and to what,
#: which it is told where it takes something.
_LINKS: "dict[str, tuple[str, bool | int]]" = {
    "explain_denials": ("_explain", _STDERR),
    "interrupt_threads": ("_interrupt", True),
}
_STANDARD = ("stdin", "stdout", "stderr")
_BUILT_IN: "dict[str, type[BuiltIn]]" = {
    name: getattr(_rulesets, name) for name in _rulesets.__all__ if name != "RuleSet"
}
_TABLES = ("SafetyContext", *_BUILT_IN, "Custom")
_OF_A_RULE = ("call", "conditions", "unite")


# ---- Reading ----


def read(path: "Path") -> "SafetyContext":
    """Return the context that a policy file describes; ValueError names the file and the key."""
    (whole,) = absolute("from_file", (path,))
    with open(whole, "rb") as file:
        data = file.read()
    name = os.fsdecode(path)
    return parse(data, name if name.isprintable() else ascii(name), whole.rpartition("/")[0])


def parse(data: bytes, name: str, directory: str) -> "SafetyContext":
    """Return the context that a policy describes; relative paths count from the directory."""
    try:
        return _context(_toml.parse(data), directory)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _context(document: "dict[str, Any]", directory: str) -> "SafetyContext":
    context = SafetyContext()
    for name, value in document.items():
        if name == "Custom":
            context.enable(_custom(value))
            continue
        key = f"[{_toml.key(name)}]"
        if name not in _TABLES:
            if not isinstance(value, dict):
                _refuse_elsewhere(_toml.key(name), name, "put it beneath {}")
            _unknown(key, "table", name, _TABLES)
        if not isinstance(value, dict):
            raise ValueError(f"{key}: expected a table")
        if name == "SafetyContext":
            _link(context, value)
        else:
            context.enable(_ruleset(_BUILT_IN[name], value, directory))
    return context


def _link(context: "SafetyContext", table: "dict[str, Any]") -> None:
    for name, value in table.items():
        key = f"[SafetyContext] {_toml.key(name)}"
        if name not in _LINKS:
            _refuse_elsewhere(key, name, "it belongs to {}")
            _unknown(key, "key", name, _LINKS)
        if _boolean(key, value):
            told = _LINKS[name][1]
            getattr(context, name)(*([] if told is True else [told]))


def _ruleset(kind: "type[BuiltIn]", table: "dict[str, Any]", directory: str) -> "BuiltIn":
    ruleset = kind()
    permissions = _permissions(kind)
    for name, value in table.items():
        key = f"[{kind.__name__}] {_toml.key(name)}"
        if name not in permissions:
            _refuse_elsewhere(key, name, "it belongs to {}")
            _unknown(key, "permission", name, permissions)
        calls = _arguments(key, permissions[name], value, directory)
        if not calls:
            ruleset._allow(name)
        try:
            for arguments in calls:
                getattr(ruleset, name)(*arguments)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return ruleset


def _permissions(kind: "type[BuiltIn]") -> "dict[str, int]":
    """Return the names of the permissions of a rule set, and what each takes."""
    found = {}
    for index in range(lib.es_permission_count()):
        info = _ffi._permission_info(index)
        ruleset, name = _ffi.permission_names(info)
        if info.is_public and name and ruleset == kind.__name__:
            found[name] = info.takes
    return found


def _arguments(key: str, takes: int, value: "Any", directory: str) -> "list[list[int | bytes]]":
    """Return the arguments of each call of a method; none where it is told nothing."""
    if takes == lib.ES_TAKES_DESCRIPTOR:
        expected = 'an array of descriptors: numbers, or "stdin", "stdout", "stderr"'
        items = _array(key, expected, value, lambda item: type(item) is int or item in _STANDARD)
        return [[_STANDARD.index(item) if isinstance(item, str) else item] for item in items]
    if takes == lib.ES_TAKES_PATH:
        items = _array(key, 'an array of paths, such as ["/srv"]', value, _is_string)
        return [[_path(key, item, directory) for item in items]]
    if takes == lib.ES_TAKES_PORT and value is not True:
        expected = "an array of ports, such as [443], or true for all ports"
        return [_array(key, expected, value, lambda item: type(item) is int)]
    if value is not True:
        hint = "; to allow nothing, remove the line" if value is False else ""
        raise ValueError(f"{key}: expected true{hint}")
    return []


def _path(key: str, path: str, directory: str) -> bytes:
    if not path:
        raise ValueError(f"{key}: a path cannot be empty")
    # Whatever the locale says, the file is UTF-8.
    return b"/".join([os.fsencode(directory)] * (path[0] != "/") + [path.encode()])


def _custom(value: "Any") -> "Custom":
    custom = Custom()
    for position, table in enumerate(
        _array("[[Custom]]", "[[Custom]], a table for each rule", value, _is_table), 1
    ):
        try:
            _rule(custom, table)
        except ValueError as error:
            raise ValueError(f"[[Custom]] number {position}, {error}") from None
    return custom


def _rule(custom: "Custom", table: "dict[str, Any]") -> None:
    """Add a rule; errors begin with the key."""
    for name in table:
        if name not in _OF_A_RULE:
            _unknown(_toml.key(name), "key", name, _OF_A_RULE)
    call = table.get("call")
    if type(call) is not int and not isinstance(call, str):
        raise ValueError("call: expected the name of a system call, or its number")
    _in_key("call", lambda: Rule(call, ()))
    if "conditions" not in table:
        if "unite" in table:
            raise ValueError("unite: expected conditions beside it")
        custom.add_simple(call)
        return
    expected = 'an array of conditions, such as ["flags == O_RDONLY|O_CLOEXEC"]'
    texts = _array("conditions", expected, table["conditions"], _is_string)
    rule = _in_key("conditions", lambda: Rule(call, _conditions.read(call, texts)))
    custom.add_conditional(rule, unite=_boolean("unite", table.get("unite", False)))


def _in_key(key: str, make: "Callable[[], Rule]") -> "Rule":
    try:
        return make()
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _is_string(item: object) -> bool:
    return isinstance(item, str)


def _is_table(item: object) -> bool:
    return isinstance(item, dict)


def _boolean(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key}: expected true or false")
    return value


def _array(key: str, expected: str, value: "Any", fits: "Callable[[Any], bool]") -> "list[Any]":
    if not isinstance(value, list) or not value or not all(map(fits, value)):
        raise ValueError(f"{key}: expected {expected}")
    return value


def _refuse_elsewhere(key: str, name: str, instead: str) -> None:
    """Raise ValueError where another table has a key of this name."""
    homes = [kind for kind, cls in _BUILT_IN.items() if name in _permissions(cls)]
    homes += ["SafetyContext"] * (name in _LINKS)
    if homes:
        raise ValueError(f"{key}: {instead.format(f'[{homes[0]}]')}")


def _unknown(key: str, what: str, name: str, known: "Iterable[str]") -> "NoReturn":
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
    raise ValueError(f"{key}: no such {what}; {hint}")


# ---- Writing ----


def write(
    context: "SafetyContext",
    path: "Path",
    reasons: "Reasons | None" = None,
    remarks: "Iterable[str]" = (),
) -> None:
    """Write a context to a file, which is not touched if that cannot be done.

    Args:
        context: The context.
        path: The file.
        reasons: Comments, by the rule set and the permission above which they are written, "" for
            that of the rule set itself; for Custom, by the rule.
        remarks: Comments for the end of the file.
    """
    (whole,) = absolute("to_file", (path,))
    _replace(os.path.realpath(whole), _text(context, reasons or {}, remarks).encode())


def _replace(path: str, data: bytes) -> None:
    """Write a file as a whole or not at all: half a policy may allow more.

    What is no regular file, as /dev/stdout, is written to.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = None
    if found is not None and not stat.S_ISREG(found.st_mode):
        with open(path, "wb") as file:
            file.write(data)
        return
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if found is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _text(context: "SafetyContext", reasons: "Reasons", remarks: "Iterable[str]") -> str:
    links = [f"{name} = true" for name in _LINKS if _is_set(context, name)]
    tables: dict[str, dict[tuple[str, Argument], None]] = {}
    rules: dict[tuple[Rule, bool], None] = {}
    for ruleset in tuple(context._rulesets):
        if isinstance(ruleset, Custom):
            rules.update(ruleset._granted)
        else:
            tables.setdefault(type(ruleset).__name__, {}).update(dict.fromkeys(ruleset._granted))
    blocks = [["[SafetyContext]", *links]] if links else []
    blocks += [[f"[{name}]", *_lines(name, granted, reasons)] for name, granted in tables.items()]
    for rule, unite in rules:
        told = _comments(reasons, "Custom", rule)
        blocks.append([*told, "[[Custom]]", *_rule_lines(rule, unite)])
    blocks.append([_toml.comment(line) for line in remarks])
    return "\n".join(["".join([f"{line}\n" for line in block]) for block in blocks if block])


def _comments(reasons: "Reasons", ruleset: str, what: "str | Rule") -> "list[str]":
    return [_toml.comment(reason) for reason in reasons.get((ruleset, what), ())]


def _is_set(context: "SafetyContext", name: str) -> bool:
    field, expected = _LINKS[name]
    value = getattr(context, field)
    if value is None or value is False:
        return False
    if value != expected:
        raise ValueError(f"{name}() can only name standard error in a policy file")
    return True


def _lines(
    ruleset: str, granted: "Iterable[tuple[str, Argument]]", reasons: "Reasons"
) -> "list[str]":
    by_name: dict[str, list[Argument]] = {}
    for name, argument in granted:
        by_name.setdefault(name, []).append(argument)
    lines = _comments(reasons, ruleset, "")
    for name, arguments in by_name.items():
        if name:  # "" is what the rule set grants by itself
            lines += [*_comments(reasons, ruleset, name), _line(ruleset, name, arguments)]
    return lines


def _line(ruleset: str, name: str, arguments: "list[Argument]") -> str:
    told = [argument for argument in arguments if argument is not None]
    if not told:
        return f"{name} = true"
    if len(told) < len(arguments):
        raise ValueError(
            f"{ruleset}().{name}() allows all ports, and also only some: keep one of the two"
        )
    takes = _permissions(_BUILT_IN[ruleset])[name]
    return _toml.line(name, [_written(name, takes, argument) for argument in told])


def _written(name: str, takes: int, argument: "int | str") -> str:
    if isinstance(argument, str):
        try:
            return _toml.string(os.fsencode(argument).decode())
        except UnicodeDecodeError:
            raise ValueError(
                f"{name}: {argument!r} is not UTF-8, but a policy file has to be"
            ) from None
    if takes == lib.ES_TAKES_DESCRIPTOR:
        return _toml.string(_STANDARD[argument]) if argument < len(_STANDARD) else str(argument)
    return str(argument)


def _rule_lines(rule: "Rule", unite: bool) -> "list[str]":
    call = _toml.string(rule.syscall) if isinstance(rule.syscall, str) else str(rule.syscall)
    lines = [f"call = {call}"]
    if rule.comparators:
        texts = _conditions.write(rule.syscall, rule.comparators)
        lines.append(_toml.line("conditions", [_toml.string(text) for text in texts]))
    return lines + ["unite = true"] * unite
