"""status: whether a process is confined."""

from pyextrasafe import status

from ._command import CommandError
from ._terminal import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._command import Commands


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "status",
        run,
        summary="tell whether a process is confined",
        description=(
            "Tell what is known about the filters of a process. Without a process id it is about "
            "this command itself, which has those of whoever started it."
        ),
        examples={
            "pyextrasafe status 4711": "a service that is running",
            "pyextrasafe run policy.toml -m pyextrasafe status": "what would hold for a program?",
        },
        statuses={0: "it was told", 2: "wrong usage, or no process of which it can be told"},
    )
    command.add("pid", metavar="PID", nargs="?", type=int, help="the id of a process")


def run(options: "Any") -> int:
    """Do it."""
    try:
        write(str(status(options.pid)))
    except (OSError, ValueError) as error:
        raise CommandError(getattr(error, "strerror", None) or error) from None
    return 0
