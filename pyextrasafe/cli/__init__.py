"""The command line: `python -m pyextrasafe`, and the script `pyextrasafe`.

There is a module for each command. The library imports nothing of this.
"""

import os
import sys

from . import _check, _diff, _explain, _export, _learn, _run, _show, _status, _why
from ._command import CommandError, Commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_MODULES = (_run, _learn, _explain, _check, _show, _why, _diff, _export, _status)


def commands() -> "Commands":
    """Return all commands."""
    made = Commands()
    for module in _MODULES:
        module.add(made)
    return made


def main(words: "Sequence[str] | None" = None) -> int:
    """Do what the command line says.

    A program that is run here may end by an exception of its own, such as `SystemExit`.

    Args:
        words: The words of the command line, without the name of the command; None means
            `sys.argv`.

    Returns:
        The exit status.

    Raises:
        SystemExit: The words are not a command line, or ask for help.
    """
    made = commands()
    if "_ARGCOMPLETE" in os.environ:
        made.complete()
    options = made.parse(sys.argv[1:] if words is None else words)
    run: Callable[[Any], int] = options.run
    try:
        return run(options)
    except CommandError as error:
        sys.stderr.write(f"pyextrasafe: {error}\n")
        return error.status
