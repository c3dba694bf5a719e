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
        summary="report whether a process is confined",
        description=(
            "Print what is known about the filters of a process. Without a process id, that is the "
            "command itself, which inherits the filters of the process that starts it."
        ),
        examples={
            "pyextrasafe status 4711": "is the service confined?",
            "pyextrasafe run policy.toml -m pyextrasafe status": "what holds under this policy?",
        },
        statuses={
            0: "the status was printed",
            2: "wrong usage, or there is no such process, or it cannot be read",
        },
    )
    command.add("pid", metavar="PID", nargs="?", type=int, help="the id of a process")


def run(options: "Any") -> int:
    """Do it."""
    try:
        write(str(status(options.pid)))
    except (OSError, ValueError) as error:
        raise CommandError(getattr(error, "strerror", None) or error) from None
    return 0
