"""The directive ``operations``: docs/data/paths.csv as a table.

tests/paths/test_matrix.py tries each operation for each column of it.
"""

import csv
import pathlib

from sphinx.util.docutils import SphinxDirective
from tables import list_table

TABLE = pathlib.Path(__file__).parents[2] / "docs/data/paths.csv"
HEADINGS = ("operation", "filter alone", "Landlock alone", "both")
NEWEST = 7


def outcome(line, half):
    """Return the outcome with the newest ABI, and from which one on it is so."""
    newest = line[f"{half} {NEWEST}"]
    first = NEWEST
    while first > 1 and line[f"{half} {first - 1}"] == newest:
        first -= 1
    return newest if first == 1 else f"{newest} (from ABI {first} on)"


def cells(line):
    return line["operation"], line["filter"], outcome(line, "Landlock"), outcome(line, "both")


class Operations(SphinxDirective):
    """Prints a line for each operation."""

    def run(self):
        self.env.note_dependency(str(TABLE))
        with TABLE.open(encoding="utf-8", newline="") as file:
            lines = list_table(HEADINGS, map(cells, csv.DictReader(file)), "46 14 20 20")
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app):
    app.add_directive("operations", Operations)
    return {"version": "1", "parallel_read_safe": True}
