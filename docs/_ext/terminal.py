"""The directive ``terminal``: a picture of a terminal, drawn when the documentation is built.

    .. terminal:: snippets/denied.out
       :command: python denied.py

shows the command and what it prints.  The file is relative to the documentation's folder.
"""

import hashlib
import html
import pathlib
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WIDTH, LINE, MARGIN, TOP = 8.2, 19, 16, 44
LONGEST = 100
STYLE = "font: 13.5px ui-monospace, 'DejaVu Sans Mono', monospace; white-space: pre"
COLOURS = {"pyextrasafe:": "#ff8f7a", "  needs ": "#8fd694", "  File ": "#9fb4c7", "$ ": "#ffffff"}


def wrapped(text: str) -> list[str]:
    """Return the lines of a text, none of them longer than a terminal is wide."""
    lines = []
    for line in text.splitlines():
        starts = range(0, max(1, len(line)), LONGEST)
        lines += [line[start : start + LONGEST] for start in starts]
    return lines


def colour(line: str) -> str:
    """Return the colour of a line by how it begins."""
    return next((it for begin, it in COLOURS.items() if line.startswith(begin)), "#d5d9e0")


def draw(lines: list[str]) -> str:
    """Return a picture of a terminal with these lines."""
    width = MARGIN * 2 + WIDTH * max(len(line) for line in lines)
    height = TOP + LINE * len(lines) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        f'width="{width:.0f}" height="{height}">',
        '<rect width="100%" height="100%" rx="9" fill="#1f2430"/>',
    ]
    for place, fill in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        parts.append(f'<circle cx="{MARGIN + 6 + place * 20}" cy="20" r="6" fill="{fill}"/>')
    for place, line in enumerate(lines):
        parts.append(
            f'<text x="{MARGIN}" y="{TOP + 12 + LINE * place}" fill="{colour(line)}" '
            f'style="{STYLE}">{html.escape(line)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


class Terminal(SphinxDirective):
    """A command and what it prints."""

    required_arguments = 1
    option_spec: ClassVar[Any] = {"command": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Draw the picture and show it."""
        name = self.arguments[0]
        source = pathlib.Path(self.env.srcdir, name)
        self.env.note_dependency(name)
        text = source.read_text(encoding="utf-8")
        picture = draw([f"$ {self.options['command']}", *wrapped(text)])
        digest = hashlib.sha256(picture.encode()).hexdigest()[:12]
        folder = pathlib.Path(self.env.app.outdir, "_images")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"terminal-{digest}.svg").write_text(picture, encoding="utf-8")
        up = "../" * self.env.docname.count("/")
        alternative = html.escape(f"$ {self.options['command']}\n{text}")
        shown = (
            f'<img class="terminal" src="{up}_images/terminal-{digest}.svg" alt="{alternative}" '
            'style="max-width: 100%">'
        )
        return [nodes.raw("", shown, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("terminal", Terminal)
    return {"parallel_read_safe": True}
