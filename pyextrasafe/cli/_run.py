"""run: a program under a policy that it knows nothing of."""

import os
import shutil
import signal
from contextlib import suppress

from ._command import CANNOT_START, NOT_FOUND, PROGRAM, CommandError, apply, compiled, load, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pyextrasafe import SafetyContext

    from ._command import Commands

_STANDARD_ERROR = 2


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "run",
        run,
        summary="run a program under a policy",
        description=(
            "Apply a policy, then run a program under it. A script or a module is run by this "
            "Python, and the policy holds from its first line on: it has to allow what is "
            "imported. A command is started by execve(2) under the filter, so the policy has to "
            "contain ForkAndExec, and what the program needs to start."
        ),
        usage=f"POLICY {PROGRAM}",
        examples={
            "pyextrasafe run policy.toml app.py --port 8000": "a script",
            "pyextrasafe run policy.toml -m http.server": "a module",
            "pyextrasafe run policy.toml -- sort names.txt": "any other program",
        },
        statuses={
            CANNOT_START: "the command cannot be started: the policy does not allow that, say",
            NOT_FOUND: "there is no such command",
            0: "and any other: that of the program",
        },
    )
    command.add_policy()
    command.add_program()


def run(options: "Any") -> int:
    """Do it."""
    context = read(options.policy)
    if options.program.is_command:
        _start(options.policy, context, options.program.words)
    program = load(options.program)
    apply(options.policy, context)
    return program()


def _start(policy: str, context: "SafetyContext", words: "list[str]") -> "NoReturn":
    path = words[0] if "/" in words[0] else shutil.which(words[0])
    if path is None or not os.path.exists(path):
        raise CommandError(f"{words[0]}: no such program", NOT_FOUND)
    decision = compiled(policy, context).decide("execve")
    if not decision:
        raise CommandError(
            f"{policy}: the program is started under the filter, where {decision}", CANNOT_START
        )
    # Which Python ignores, and so would the program.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    apply(policy, context)
    try:
        os.execv(path, words)
    except OSError as error:
        with suppress(OSError):  # the policy may not allow to say it
            os.write(_STANDARD_ERROR, f"pyextrasafe: {path}: {error.strerror}\n".encode())
        os._exit(CANNOT_START)
