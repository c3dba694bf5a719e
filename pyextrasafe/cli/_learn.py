"""learn: run a program, and write the policy that it needs."""

import atexit
import errno
import os
import signal
import sys
import sysconfig
from contextlib import suppress

import pyextrasafe

# Two that are needed when the program may read nothing any more.
from pyextrasafe import ExtraSafeError, SafetyContext, _chain  # noqa: F401
from pyextrasafe.formats import _policy_file  # noqa: F401

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
from ._program import let_go
from ._terminal import is_terminal, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pyextrasafe import Filter, Observations, RuleSet

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
    if options.output is not None:
        _find_folder(options)
    if options.program.is_command:
        return _run_command(options, known)
    program = load(options.program)
    sysconfig.get_paths()  # which it reads once
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


def _find_folder(options: "Any") -> None:
    """Note where the file is to be written: the program may go elsewhere."""
    options.path = os.path.abspath(options.output)
    if not os.path.isdir(os.path.dirname(options.path)):
        raise CommandError(f"{options.output}: {os.strerror(errno.ENOENT)}")


def _end_in_good_order() -> None:
    """Let SIGTERM end the program as if it ended by itself: otherwise nothing would be learnt."""
    pid = os.getpid()

    def end(number: int, _frame: object) -> None:
        if os.getpid() == pid:
            sys.exit(SIGNALLED + number)
        end_at_once()
        os.kill(os.getpid(), number)

    def end_at_once() -> None:
        if signal.getsignal(signal.SIGTERM) is end:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)
        os.register_at_fork(after_in_child=end_at_once)


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
    let_go()
    watching.__exit__(None, None, None)
    try:
        _tell_all(seen, known, options)
    except CommandError as error:
        _say(str(error))
        os._exit(TROUBLE)
    except Exception:  # noqa: BLE001  # or the program would seem to have ended well
        sys.__excepthook__(*sys.exc_info())
        os._exit(TROUBLE)


def _tell_all(seen: "Observations", known: "SafetyContext | None", options: "Any") -> None:
    _progress(f"{sum(one.count for one in seen.calls)} calls, of {len(seen.calls)} kinds")
    if seen.missed:
        _say(
            f"{seen.missed} calls are missing, because there was no room or they could not be "
            "read: the policy may allow too little"
        )
    if known is None:
        _tell(seen.to_file, seen.as_code, options)
    else:
        merged = _merged(options.merge, known, seen.context())
        _tell(
            lambda path: seen._write_to(path, merged),
            lambda: _show.as_code(merged),
            options,
        )


def _merged(name: str, known: "SafetyContext", learnt: "SafetyContext") -> "SafetyContext":
    """Add to a context what it does not allow and what was learnt does."""
    before, wanted = compiled(name, known), compiled("what was learnt", learnt)
    if not _allows_more(wanted, before):
        return known
    for part in _parts(learnt):
        # A path or a port beside a permission for all of them would take those away.
        with suppress(ExtraSafeError):
            if not _allows_more(before, _with(known, part).compile()):
                known.enable(part)
    missing = [line for line in compiled(name, known).diff(wanted) if line[0] == "+"]
    if missing:
        raise CommandError(f"{name}: what was learnt contradicts it: {missing[0][2:]}")
    return known


def _allows_more(one: "Filter", other: "Filter") -> bool:
    return any(line[0] == "+" for line in other.diff(one))


def _with(context: "SafetyContext", part: "RuleSet") -> "SafetyContext":
    return SafetyContext().enable(*context._rulesets, part)


def _parts(context: "SafetyContext") -> "Iterator[RuleSet]":
    """Yield what is enabled, one permission or rule at a time."""
    for ruleset in context._rulesets:
        for granted, index in ruleset._granted.items():
            part = type(ruleset)()
            part._granted[granted] = index
            yield part


def _tell(to_file: "Callable[[str], None]", code: "Callable[[], str]", options: "Any") -> None:
    """Print the code, or write the file: only what is asked for has to be found."""
    if options.output is None:
        write(code().rstrip("\n"))
        return
    try:
        to_file(options.path)
    except OSError as error:
        raise CommandError(f"{options.output}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{options.output}: {error}") from None
