"""run: a program under a policy that it knows nothing of."""

import os
import shutil
import signal
from contextlib import suppress

from ._command import (
    CANNOT_START,
    NOT_FOUND,
    OF_PROGRAM,
    PROGRAM,
    CommandError,
    apply,
    compiled,
    load,
    read,
)

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
            "Apply a policy, then run a program under it. This Python runs scripts and modules: "
            "the policy applies from their first line on, so it has to allow what they import. A "
            "command is started by execve(2) under the filter, so the policy has to contain "
            "ForkAndExec, and what the command needs to start."
        ),
        usage=f"POLICY {PROGRAM}",
        examples={
            "pyextrasafe run policy.toml app.py --port 8000": "run a script",
            "pyextrasafe run policy.toml -m http.server": "run a module",
            "pyextrasafe run policy.toml -- sort names.txt": "run any other program",
        },
        statuses={
            CANNOT_START: "the command cannot be started; the policy may not allow it",
            NOT_FOUND: "there is no such command",
            0: OF_PROGRAM,
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
