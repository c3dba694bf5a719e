"""Tables as lines of reStructuredText, and sections that have them."""

import csv

from docutils import nodes
from docutils.statemachine import StringList


def list_table(headings, rows, widths="auto"):
    """Return the lines of a list-table with these headings."""
    lines = ["", ".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [headings, *rows]:
        for position, cell in enumerate(row):
            lines.append(f"   {'* -' if position == 0 else '  -'} {cell}".rstrip())
    return [*lines, ""]


def read_groups(path):
    """Return the lines of a CSV file by what stands in their column "group"."""
    groups = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            groups.setdefault(line["group"], []).append(line)
    return groups


def section(directive, title, lines, source, name=None):
    """Return a section, which a directive makes of lines of reStructuredText from a source.

    name: what it is called, and its address is made from, if not the title.
    """
    name = name or title
    made = nodes.section(ids=[nodes.make_id(name)], names=[name.lower()])
    made += nodes.title("", title)
    text = StringList(list(lines), source=str(source))
    directive.state.nested_parse(text, directive.content_offset, made)
    return made
