"""The directive ``escapes``: docs/data/escapes.csv as a table for each group of attempts.

The columns are those of tests/escape/record.py.  What heads a group is the docstring of its module.
"""

import ast
import pathlib

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from tables import list_table, read_groups, section

ROOT = pathlib.Path(__file__).parents[2]
RECORD = ROOT / "docs/data/escapes.csv"
ATTEMPTS = ROOT / "tests/escape/inside/attempts"

COLUMNS = ("attempt", "effect", "under", "answer", "happened", "expected", "unexpected")
WIDTHS = (26, 14, 24, 8, 8, 10, 10)


def summary(lines):
    """Return what the attempts sum up to."""
    tried = sum(int(line["tried"]) for line in lines)
    admitted = sum(int(line["tried"]) for line in lines if line["expected"] == "admitted")
    unexpected = sum(int(line["unexpected"]) for line in lines)
    return f"{tried:,} attempts, {admitted:,} admitted by design, {unexpected:,} unexpected."


def merged(lines):
    """Yield the lines; those that differ in nothing but the form as one, without it."""
    alike = {}
    for line in lines:
        rest = tuple(value for column, value in line.items() if column != "form")
        alike.setdefault(rest, []).append(line)
    for same in alike.values():
        yield dict(same[0], form="") if len(same) > 1 else same[0]


def escape(text):
    """Return text that means nothing to reStructuredText."""
    return "".join(f"\\{c}" if c in "\\*`_|" else c for c in text)


def happened(line):
    if line["happened"] == line["tried"]:
        return "yes"
    if line["happened"] != "0":
        return f"{line['happened']} of {line['tried']}"
    return "no" if line["proven"] == "yes" else "no, nor without a filter"


def cells(line):
    under = line["contexts"] or "; ".join(f"``{code}``" for code in line["codes"].split("; "))
    if line["form"]:
        under += f"; ``{line['form']}()``"
    expected = line["expected"]
    if line["reason"]:
        expected = f":ref:`{expected} <{line['reason']}>`"
    unexpected = "" if line["unexpected"] == "0" else line["unexpected"]
    title, effect = escape(line["attempt"]), escape(line["effect"])
    return title, effect, under, line["answers"], happened(line), expected, unexpected


class Escapes(SphinxDirective):
    """Prints the sum of all attempts, and a section for each group."""

    def run(self):
        self.env.note_dependency(str(RECORD))
        groups = read_groups(RECORD)
        everything = [line for lines in groups.values() for line in lines]
        return [
            nodes.paragraph("", summary(everything)),
            *(self.section(group, lines) for group, lines in groups.items()),
        ]

    def section(self, group, lines):
        module = ATTEMPTS / f"{group}.py"
        self.env.note_dependency(str(module))
        title, _, about = ast.get_docstring(ast.parse(module.read_text())).partition("\n\n")
        rows = [cells(line) for line in merged(lines)]
        # The last column is there where something is in it.
        shown = len(COLUMNS) if any(row[-1] for row in rows) else -1
        widths = " ".join(map(str, WIDTHS[:shown]))
        table = list_table(COLUMNS[:shown], [row[:shown] for row in rows], widths)
        return section(self, title, [*about.splitlines(), "", *table], RECORD)


def setup(app):
    app.add_directive("escapes", Escapes)
    return {"version": "1", "parallel_read_safe": True}
