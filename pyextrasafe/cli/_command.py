"""How commands are declared, and what ends them: a line on standard error."""

import argparse
import os
import textwrap

from pyextrasafe import ExtraSafeError, SafetyContext, __version__

from ._program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

    from pyextrasafe import Filter

_NAME = "pyextrasafe"
_STANDARD_INPUT = 0
TROUBLE = 2
#: As env(1) and shells have them.
CANNOT_START, NOT_FOUND, SIGNALLED = 126, 127, 128
_COLUMNS = 88
#: The exit status of every command that could not answer.
_ON_TROUBLE = {TROUBLE: "wrong usage, or the policy file cannot be read or compiled"}
#: What is said of 0 where a program is run.
OF_PROGRAM = "the program ended with 0; statuses not listed are the program's own"
PROGRAM = "(SCRIPT | -m MODULE | -- COMMAND) [ARGUMENT ...]"


class CommandError(Exception):
    """A mistake of whoever types, or of their files: the message is all that they are told."""

    def __init__(self, message: object, status: int = TROUBLE) -> None:
        super().__init__(_one_line(str(message)))
        self.status = status


def _one_line(text: str) -> str:
    """Return a text whose quotations, such as names of files, begin no lines of their own."""
    return " ".join(text.split("\n"))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> "NoReturn":
        """Say it in one line."""
        line = _one_line(f"{_NAME}: {message}; see {self.prog} --help")
        self.exit(TROUBLE, f"{line}\n")


class Command:
    """A command: its parser, and what its help and the documentation tell besides."""

    def __init__(
        self,
        parser: "argparse.ArgumentParser",
        examples: "Mapping[str, str]",
        statuses: "Mapping[int, str]",
        *,
        takes_program: bool,
    ) -> None:
        self.parser = parser
        self.examples = examples
        self.statuses = dict(sorted({**_ON_TROUBLE, **statuses}.items()))
        self.takes_program = takes_program
        #: What add() has added, in that order.
        self.arguments: list[argparse.Action] = []
        parser.epilog = self._epilog()

    def _epilog(self) -> str:
        lines = ["examples:"]
        for line, purpose in self.examples.items():
            lines += [f"  {line}", f"      {purpose}"]
        lines += ["", "exit status:"]
        lines += [f"  {status:<4} {meaning}" for status, meaning in self.statuses.items()]
        return "\n".join(lines)

    def add(self, *names: str, **how: "Any") -> None:
        """Add an argument, as argparse's add_argument() does."""
        self.arguments.append(self.parser.add_argument(*names, **how))

    def add_policy(self) -> None:
        """Add the policy file as an argument."""
        self.add("policy", metavar="POLICY", help="a policy file, or - for standard input")

    def add_program(self, what: str = "a script, a module, or a command") -> None:
        """Add the program as the last argument."""
        # What belongs to it was taken away before: this one is there to be shown.
        rest = argparse.REMAINDER
        self.add("program", nargs=rest, metavar="PROGRAM", help=f"{what}, and its arguments")

    def split(self, words: "Sequence[str]") -> "tuple[Sequence[str], Sequence[str]]":
        """Return the words of the command itself, and those of the program."""
        expected = sum(not action.option_strings for action in self.arguments) - 1
        valued = {
            name
            for action in self.arguments
            for name in action.option_strings
            if action.nargs is None
        }
        position = 0
        while position < len(words) and words[position] not in ("--", "-m"):
            word = words[position]
            if word.startswith("-") and word != "-":
                position += 2 if word in valued else 1
            elif expected:
                expected -= 1
                position += 1
            else:
                break
        return words[:position], words[position:]


class Commands:
    """All commands."""

    def __init__(self) -> None:
        self.parser = _Parser(
            prog=_NAME,
            description="Declare what a program still needs; the kernel denies it everything else.",
            epilog=f"Type {_NAME} COMMAND --help for the options of a command, and examples.",
            allow_abbrev=False,
        )
        self.parser.add_argument("--version", action="version", version=f"{_NAME} {__version__}")
        self._parsers = self.parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
        self.by_name: dict[str, Command] = {}

    def add(
        self,
        name: str,
        run: "Callable[[Any], int]",
        *,
        summary: str,
        description: str,
        examples: "Mapping[str, str]",
        statuses: "Mapping[int, str]",
        usage: "str | None" = None,
    ) -> "Command":
        """Add a command.

        Args:
            name: What is typed.
            run: A function that does it, with the options as argparse returns them, and returns the
                exit status.
            summary: A line for the list of commands.
            description: What its help says first.
            examples: Command lines, and what they are for.
            statuses: What exit statuses mean, except for trouble.
            usage: What follows the name, if that ends with a program.

        Returns:
            The command, to which arguments can be added.
        """
        parser = self._parsers.add_parser(
            name,
            help=summary,
            description=textwrap.fill(description, _COLUMNS),
            usage=usage and f"{_NAME} {name} [-h] {usage}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.set_defaults(run=run)
        self.by_name[name] = Command(parser, examples, statuses, takes_program=usage is not None)
        return self.by_name[name]

    def complete(self) -> None:
        """Answer a shell that asks what could come next, and end, if argcomplete is installed."""
        try:
            import argcomplete
        except ImportError:
            return
        argcomplete.autocomplete(self.parser)

    def parse(self, words: "Sequence[str]") -> "Any":
        """Return the options, or end with a line that says what is wrong with them."""
        command = self.by_name.get(words[0]) if words else None
        if command is None or not command.takes_program:
            return self.parser.parse_args(words)
        own, others = command.split(words[1:])
        options = self.parser.parse_args([words[0], *own])
        try:
            options.program = Program(others)
        except ValueError as error:
            command.parser.error(str(error))
        return options


# ---- Policies ----


def read(name: str) -> "SafetyContext":
    """Return the context of a policy file, or of what standard input says."""
    try:
        if name == "-":
            from pyextrasafe.formats import _policy_file

            with open(_STANDARD_INPUT, "rb", closefd=False) as file:
                data = file.read()
            return _policy_file.parse(data, "standard input", os.getcwd())
        return SafetyContext.from_file(name)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from None
    except (ImportError, ValueError) as error:
        raise CommandError(error) from None


def compiled(name: str, context: "SafetyContext") -> "Filter":
    """Return the filter of a policy file."""
    try:
        return context.compile()
    except ExtraSafeError as error:
        raise CommandError(f"{name}: {error}") from None


def apply(name: str, context: "SafetyContext") -> None:
    """Apply the context of a policy file."""
    try:
        context.apply_to_all_threads()
    except ExtraSafeError as error:
        raise CommandError(f"{name}: {error}") from None


# ---- Programs ----


def load(program: "Program") -> "Callable[[], int]":
    """Prepare to run a script or a module: see Program.load()."""
    name = program.words[0]
    try:
        return program.load()
    except SyntaxError as error:
        raise CommandError(f"{error.filename}:{error.lineno}: {error.msg}") from None
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from None
    except (ImportError, ValueError) as error:
        raise CommandError(error) from None
