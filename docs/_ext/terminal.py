"""The directive ``terminal``: a terminal with a command and what it prints.

    .. terminal:: snippets/denied.out
       :command: python denied.py

The file is relative to the documentation's folder.
"""

import html
import pathlib
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# The class of a line, in pages.css, by how it begins.
CLASSES = {"pyextrasafe:": "denied", "  needs ": "needs", "  File ": "frame", "$ ": "command"}


def show(line: str) -> str:
    """Return a line with its class."""
    name = next((it for begin, it in CLASSES.items() if line.startswith(begin)), "printed")
    return f'<span class="{name}">{html.escape(line)}</span>'


class Terminal(SphinxDirective):
    """A command and what it prints."""

    required_arguments = 1
    option_spec: ClassVar[Any] = {"command": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Show them."""
        name = self.arguments[0]
        self.env.note_dependency(name)
        printed = pathlib.Path(self.env.srcdir, name).read_text(encoding="utf-8").splitlines()
        lines = "\n".join(map(show, [f"$ {self.options['command']}", *printed]))
        return [nodes.raw("", f'<pre class="terminal">{lines}</pre>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("terminal", Terminal)
    return {"parallel_read_safe": True}
