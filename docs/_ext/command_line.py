"""The directive ``commands``: a section for each command of the command line, as it is declared."""

import pathlib
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from tables import list_table, section

from pyextrasafe import cli

SOURCES = pathlib.Path(__file__).parents[2] / "pyextrasafe/cli"


def literal(text):
    return f"``{text}``"


def prose(text):
    """Return a text with its options as they are typed."""
    return re.sub(r"(?<!\S)--[a-z]+", lambda found: literal(found[0]), " ".join(text.split()))


def names(action):
    """Return how an argument is written."""
    value = "" if action.nargs == 0 or not action.option_strings else f" {action.metavar}"
    written = [f"{name}{value}" for name in action.option_strings or [action.metavar]]
    return ", ".join(map(literal, written))


def lines(command):
    """Return the lines of a section."""
    parser = command.parser
    usage = " ".join(parser.format_usage().split()).partition("usage: ")[2]
    yield from [".. code-block:: none", "", f"   {usage}", ""]
    yield from [prose(parser.description), ""]
    arguments = [(names(action), prose(action.help)) for action in command.arguments]
    yield from list_table(("argument", "meaning"), arguments, "30 70")
    examples = [(literal(line), purpose) for line, purpose in command.examples.items()]
    yield from list_table(("example", "purpose"), examples, "60 40")
    statuses = [(str(status), prose(meaning)) for status, meaning in command.statuses.items()]
    yield from list_table(("exit status", "meaning"), statuses, "30 70")


class Commands(SphinxDirective):
    """Prints a section for each command."""

    def run(self) -> list[nodes.Node]:
        for path in SOURCES.glob("*.py"):
            self.env.note_dependency(str(path))
        return [
            section(self, name, lines(command), SOURCES)
            for name, command in cli.commands().by_name.items()
        ]


def setup(app):
    app.add_directive("commands", Commands)
    return {"version": "1", "parallel_read_safe": True}
