"""explain: run a program, and tell what it is denied."""

import atexit
import os
import shlex
import signal
import subprocess
import sys

from pyextrasafe import denials

from ._command import CANNOT_START, NOT_FOUND, OF_PROGRAM, PROGRAM, CommandError, apply, load, read
from ._program import let_go

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._command import Commands

DENIED = 1
_BEGIN = b"pyextrasafe: denied "  # of a block
_BY_A_SIGNAL = 128
_PART = 1 << 16


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "explain",
        run,
        summary="run a program, and explain what is denied",
        description=(
            "Run a program, and let the context that it applies explain what it denies, as the "
            "environment variable PYEXTRASAFE_EXPLAIN=1 does: each denied call is written to "
            "standard error, with what would allow it and the place in the program. With "
            "--policy, run a script or a module under that policy, which applies from its "
            "first line on. The standard error of a command is a pipe."
        ),
        usage=f"[--policy POLICY] {PROGRAM}",
        examples={
            "pyextrasafe explain app.py --port 8000": "what does the context of the program deny?",
            "pyextrasafe explain --policy policy.toml -m app": "what does the policy deny?",
            "pyextrasafe explain -- gunicorn app:app": "a command that runs your script itself",
        },
        statuses={
            DENIED: "something was denied",
            CANNOT_START: "the command cannot be started",
            NOT_FOUND: "there is no such command",
            0: f"nothing was denied, and {OF_PROGRAM}",
        },
    )
    command.add("--policy", metavar="POLICY", help="a policy file, or - for standard input")
    command.add_program()


def run(options: "Any") -> int:
    """Do it."""
    if options.program.is_command:
        if options.policy is not None:
            command = " ".join(map(shlex.quote, options.program.words))
            raise CommandError(
                "explain --policy takes a script or a module: a command is started by execve(2), "
                "after which denials are not explained. Learn what it needs now, and compare: "
                f"pyextrasafe learn -o new.toml -- {command}; "
                f"pyextrasafe diff --wider {options.policy} new.toml"
            )
        return _watch(options.program.words)
    if options.policy is not None:
        context = read(options.policy).explain_denials()
        program = load(options.program)
        apply(options.policy, context)
    else:
        if sys.flags.ignore_environment:
            raise CommandError(
                "with Python's options -E and -I, a context ignores PYEXTRASAFE_EXPLAIN"
            )
        os.environ["PYEXTRASAFE_EXPLAIN"] = "1"
        program = load(options.program)
    atexit.register(_end, os.getpid())
    return program()


def _end(pid: int) -> None:
    """End with a status of its own where something was denied.

    It is the last that is called at the end of the program, whose handlers were registered later,
    and threads were waited for.
    """
    if os.getpid() != pid:
        return
    let_go()
    if denials():
        os._exit(DENIED)


def _watch(words: "Sequence[str]") -> int:
    """Run a command, and copy its standard error, where its denials are."""
    try:
        process = subprocess.Popen(
            words, stderr=subprocess.PIPE, env={**os.environ, "PYEXTRASAFE_EXPLAIN": "1"}
        )
    except FileNotFoundError:
        raise CommandError(f"{words[0]}: no such program", NOT_FOUND) from None
    except OSError as error:
        raise CommandError(f"{words[0]}: {error.strerror}", CANNOT_START) from None
    # Keys of the terminal are for the command, whose end is waited for.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    denied, last = False, b""
    with process:
        assert process.stderr is not None
        descriptor = process.stderr.fileno()
        for data in iter(lambda: os.read(descriptor, _PART), b""):
            denied = denied or _BEGIN in last + data
            last = (last + data)[-len(_BEGIN) :]
            sys.stderr.buffer.write(data)
            sys.stderr.flush()
    status = process.returncode
    return DENIED if denied else _BY_A_SIGNAL - status if status < 0 else status
