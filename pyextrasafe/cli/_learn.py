"""learn: run a program, and write the policy that it needs."""

import atexit
import os
import signal
import sys

import pyextrasafe
from pyextrasafe import ExtraSafeError, SafetyContext

from . import _show
from ._command import (
    CANNOT_START,
    NOT_FOUND,
    OF_PROGRAM,
    PROGRAM,
    SIGNALLED,
    TROUBLE,
    CommandError,
    compiled,
    load,
    read,
)
from ._terminal import flush, is_terminal, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyextrasafe import Observations

    from ._command import Commands


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "learn",
        run,
        summary="run a program, and write the policy that it needs",
        description=(
            "Run a program without a policy, and print Python code that allows all that it did; "
            "with --output, write a policy file instead. This Python runs scripts and modules, "
            "and watches them from their first line to their end, except for programs that they "
            "start; a context that they apply has no effect. A command is watched from its start "
            "to its end, with all programs that it starts, but the places in the program are "
            "not known. The result does not contain what the program did not do this time: use "
            "--merge to add to what was learnt before."
        ),
        usage=f"[-o POLICY] [--merge POLICY]\n         {PROGRAM}",
        examples={
            "pyextrasafe learn app.py --port 8000": "print code to paste",
            "pyextrasafe learn -o policy.toml -m app": "write a policy file",
            "pyextrasafe learn --merge policy.toml -o policy.toml app.py": "add what it needs now",
            "pyextrasafe learn -o policy.toml -- sort names.txt": "run any other program",
        },
        statuses={
            CANNOT_START: "the command cannot be started",
            NOT_FOUND: "there is no such command",
            SIGNALLED: "and above: a signal killed the command; its number is 128 less",
            0: OF_PROGRAM,
        },
    )
    command.add("-o", "--output", metavar="POLICY", help="the policy file to write")
    command.add(
        "--merge",
        metavar="POLICY",
        help="a policy file to add to, or - for standard input",
    )
    command.add_program()


def run(options: "Any") -> int:
    """Do it."""
    name = options.program.words[0]
    known = None if options.merge is None else read(options.merge)
    if options.program.is_command:
        return _run_command(options, known)
    program = load(options.program)
    watching = pyextrasafe.learn()
    try:
        seen = watching.__enter__()
    except (ExtraSafeError, NotImplementedError, RuntimeError) as error:
        raise CommandError(error) from None
    _leave_contexts_out()
    _progress(f"watching {name} until it ends")
    # It is the last that is called at the end of the program.
    atexit.register(_end, os.getpid(), watching, seen, known, options)
    _end_in_good_order()
    return program()


def _end_in_good_order() -> None:
    """Let SIGTERM end the program as if it ended by itself: otherwise nothing would be learnt."""

    def end(number: int, _frame: object) -> None:
        sys.exit(SIGNALLED + number)

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def _run_command(options: "Any", known: "SafetyContext | None") -> int:
    words = options.program.words
    _progress(f"watching {words[0]} and what it starts until they end")
    try:
        seen = pyextrasafe.learn_command(words)
    except FileNotFoundError:
        raise CommandError(f"{words[0]}: no such program", NOT_FOUND) from None
    except OSError as error:
        raise CommandError(f"{words[0]}: {error.strerror}", CANNOT_START) from None
    except (ExtraSafeError, NotImplementedError, RuntimeError) as error:
        raise CommandError(error) from None
    _tell_all(seen, known, options)
    status = seen.returncode or 0
    return status if status >= 0 else SIGNALLED - status


def _progress(line: str) -> None:
    if is_terminal(sys.stderr):
        _say(line)


def _say(line: str) -> None:
    sys.stderr.write(f"pyextrasafe: {line}\n")
    sys.stderr.flush()


def _leave_contexts_out() -> None:
    """Let the program apply nothing, which would deny what is to be seen."""

    def leave_out(self: "SafetyContext", threads: int) -> None:
        pass

    SafetyContext._apply = leave_out  # type: ignore[method-assign]


def _end(
    pid: int, watching: "Any", seen: "Any", known: "SafetyContext | None", options: "Any"
) -> None:
    """Tell what was seen."""
    if os.getpid() != pid:
        return
    flush()
    watching.__exit__(None, None, None)
    try:
        _tell_all(seen, known, options)
    except CommandError as error:
        _say(str(error))
        os._exit(TROUBLE)


def _tell_all(seen: "Observations", known: "SafetyContext | None", options: "Any") -> None:
    _progress(f"{sum(one.count for one in seen.calls)} calls, of {len(seen.calls)} kinds")
    if seen.missed:
        _say(
            f"{seen.missed} calls are missing, because there was no room or they could not be "
            "read: the policy may allow too little"
        )
    if known is None:
        _tell(seen.to_file, seen.as_code, options.output)
    else:
        merged = _merged(options.merge, known, seen.context())
        _tell(
            lambda output: seen._write_to(output, merged),
            lambda: _show.as_code(merged),
            options.output,
        )


def _merged(name: str, known: "SafetyContext", learnt: "SafetyContext") -> "SafetyContext":
    """Add to a context what it does not allow and what was learnt does."""
    lines = compiled(name, known).diff(compiled("what was learnt", learnt))
    if any(line[0] == "+" for line in lines):
        known.enable(*learnt._rulesets)
        compiled(f"{name}, with what was learnt", known)
    return known


def _tell(
    to_file: "Callable[[str], None]", code: "Callable[[], str]", output: "str | None"
) -> None:
    """Print the code, or write the file: only what is asked for has to be found."""
    if output is None:
        write(code().rstrip("\n"))
        return
    try:
        to_file(output)
    except OSError as error:
        raise CommandError(f"{output}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{output}: {error}") from None
