"""show: what a policy says, and what its filter is."""

from pyextrasafe import Custom, _ffi
from pyextrasafe._rulesets.base import BuiltIn

from ._command import compiled, read
from ._terminal import BOLD, painted, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyextrasafe import RuleSet, SafetyContext

    from ._command import Commands

_WIDTH = 100
_INDENT = "    "


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "show",
        run,
        summary="show what a policy allows",
        description=(
            "Print a policy as Python code and in words, with the length and the digest of its "
            "filter. In a process that applied the policy, status() reports the same digest."
        ),
        examples={
            "pyextrasafe show policy.toml": "what does it allow?",
            "pyextrasafe show --bpf policy.toml | less": "which instructions does the kernel run?",
        },
        statuses={0: "the policy was shown"},
    )
    command.add("--bpf", action="store_true", help="print the filter's instructions instead")
    command.add_policy()


def run(options: "Any") -> int:
    """Do it."""
    context = read(options.policy)
    filter = compiled(options.policy, context)  # noqa: A001
    if options.bpf:
        write(filter.disassemble().rstrip("\n"))
        return 0
    write(as_code(context))
    write("")
    for line in _in_words(context):
        write(line)
    write(f"\n{len(filter)} instructions, digest {filter.digest}")
    return 0


def as_code(context: "SafetyContext") -> str:
    """Return the expression that makes a context, in lines."""
    chain = repr(context).partition(".enable(")[0]
    rulesets = "".join([f"{_expression(ruleset)},\n" for ruleset in context._rulesets])
    return f"{chain}.enable(\n{rulesets})" if rulesets else chain


def _expression(ruleset: "RuleSet") -> str:
    line = f"{_INDENT}{ruleset!r}"
    if len(line) < _WIDTH:
        return line
    calls = "".join([f"\n{_INDENT}.{call}" for call in ruleset._calls()])
    return f"{_INDENT}{type(ruleset).__name__}(){calls}"


def _in_words(context: "SafetyContext") -> "Iterator[str]":
    """Yield lines that tell what is allowed, beside BasicCapabilities."""
    for ruleset in context._rulesets:
        yield painted(type(ruleset).__name__, BOLD)
        if isinstance(ruleset, BuiltIn):
            yield from _permissions(ruleset)
        elif isinstance(ruleset, Custom):
            yield from _rules(ruleset)
    yield painted("BasicCapabilities", BOLD)
    yield f"  {_summary('BasicCapabilities', '')} Always included."


def _permissions(ruleset: "BuiltIn") -> "Iterator[str]":
    name = type(ruleset).__name__
    if ("", None) in ruleset._granted:
        yield f"  {_summary(name, '')}"
    for call in ruleset._calls():
        yield f"  {call}"
        yield f"      {_summary(name, call.partition('(')[0])}"


def _summary(ruleset: str, permission: str) -> str:
    index = _ffi.permission(ruleset, permission)
    assert index is not None
    return _ffi._text(_ffi._permission_info(index).summary)


def _rules(custom: "Custom") -> "Iterator[str]":
    from pyextrasafe.formats import _conditions

    for rule, _ in custom._granted:
        conditions = _conditions.write(rule.syscall, rule.comparators) if rule.comparators else []
        where = f", where {' and '.join(conditions)}" if conditions else ", whatever its arguments"
        yield f"  {rule.syscall}{where}"
