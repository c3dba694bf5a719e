"""The directive ``needs``: docs/data/needs.csv as a table for each group.

tests/kernel/test_needs.py runs each line of it.
"""

import pathlib

from sphinx.util.docutils import SphinxDirective
from tables import list_table, read_groups, section

TABLE = pathlib.Path(__file__).parents[2] / "docs/data/needs.csv"
HEADINGS = ("what the program does", "what it needs", "without it")
WIDTHS = "30 40 30"


def cells(line):
    permissions = line["permissions"].replace("file.fileno()", "fileno")
    refused = line["refused"]
    if refused.startswith("silent: "):
        refused = f"no exception, but ``{refused.partition(' ')[2]}``"
    else:
        refused = f"``{refused}``"
    doing = line["doing"].replace(" (CPython)", "")
    only = " on CPython" if doing != line["doing"] else ""
    return f"``{doing}``{only}", f"``{permissions}``", refused


class Needs(SphinxDirective):
    """Prints a section for each group of lines."""

    def run(self):
        self.env.note_dependency(str(TABLE))
        return [
            section(self, title, list_table(HEADINGS, map(cells, lines), WIDTHS), TABLE)
            for title, lines in read_groups(TABLE).items()
        ]


def setup(app):
    app.add_directive("needs", Needs)
    return {"version": "1", "parallel_read_safe": True}
