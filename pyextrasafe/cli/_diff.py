"""diff: how two policies differ."""

from ._command import CommandError, compiled, read
from ._terminal import GREEN, RED, painted, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._command import Commands

_COLOURS = {"-": RED, "+": GREEN}


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "diff",
        run,
        summary="show how two policies differ",
        description=(
            "Print a line that begins with + for what only the second policy allows, and one "
            "that begins with - for what only the first allows. Only differences in meaning "
            "count, however the policies are written."
        ),
        examples={
            "pyextrasafe diff old.toml new.toml": "what does a change of the policy mean?",
            "pyextrasafe diff --wider policy.toml learnt.toml": "does the program need more now?",
        },
        statuses={0: "both allow the same", 1: "they differ; with --wider: the second allows more"},
    )
    command.add(
        "--wider",
        action="store_true",
        help="count as a difference only what the second policy allows and the first does not",
    )
    command.add("first", metavar="FIRST", help="a policy file, or - for standard input")
    command.add("second", metavar="SECOND", help="a policy file, or - for standard input")


def run(options: "Any") -> int:
    """Do it."""
    if options.first == options.second == "-":
        raise CommandError("only one of the two policies can be standard input")
    one, other = [compiled(name, read(name)) for name in (options.first, options.second)]
    lines = [line for line in one.diff(other) if line[0] == "+" or not options.wider]
    for line in lines:
        write(painted(line, _COLOURS[line[0]]))
    return 1 if lines else 0
