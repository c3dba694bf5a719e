"""why: whether a policy would allow a call."""

from pyextrasafe import _ask, _filter
from pyextrasafe.formats import _conditions

from ._command import CommandError, compiled, read
from ._terminal import GREEN, RED, painted, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._command import Commands

_NOT_KNOWN = "?"


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "why",
        run,
        summary="check whether a policy allows a system call, and why",
        description=(
            "Print whether a policy allows a system call and which permission allows it, or which "
            "permission it needs. Arguments are numbers, constants from the kernel's headers, or "
            "paths: write them as they are in the explanation of a denial, without quotes. An "
            "argument that is ? or left out is not known. Paths are checked as they are written: "
            "links are not followed."
        ),
        examples={
            "pyextrasafe why policy.toml openat AT_FDCWD /etc/hosts O_RDONLY": "may it read it?",
            "pyextrasafe why policy.toml write 1": "may it print?",
            "pyextrasafe why policy.toml socket AF_INET SOCK_STREAM 0": "may it make a TCP socket?",
        },
        statuses={0: "the call is allowed", 1: "the call is denied"},
    )
    command.add_policy()
    command.add("call", metavar="CALL", help="the name of a system call, or its number")
    command.add("arguments", metavar="ARGUMENT", nargs="*", help="its arguments, up to six")


def run(options: "Any") -> int:
    """Do it."""
    asked = compiled(options.policy, read(options.policy))
    try:
        number = _filter._number(_number_or_text(options.call) or options.call)
        call = _ask.Call(number)
        _require_directories(call, options)
        told = [
            text if call.takes_path(position) and text != _NOT_KNOWN else _number_or_text(text)
            for position, text in enumerate(options.arguments)
        ]
        decision = asked.decide(number, *told)
    except (TypeError, ValueError) as error:
        raise CommandError(error) from None
    write(painted(str(decision), GREEN if decision else RED))
    return 0 if decision else 1


def _require_directories(call: "_ask.Call", options: "Any") -> None:
    """Raise ValueError for a path in the place of the directory that it counts from."""
    for position, text in enumerate(options.arguments):
        name = call.argument_name(position)
        if "/" in text and name.endswith("dirfd") and call.takes_path(position + 1):
            words = [*options.arguments[:position], "AT_FDCWD", *options.arguments[position:]]
            raise ValueError(
                f"{options.call} takes {name} before the path: {options.call} {' '.join(words)}"
            )


def _number_or_text(text: str) -> "int | str | None":
    if text == _NOT_KNOWN:
        return None
    number = _conditions._number(text)
    return text if number is None else number
