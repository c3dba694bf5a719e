"""Tables that become cards where a window is narrow, and names that break where they may.

The first cell of a row is the title of its card, and each other one gets the heading of its column,
which pages.css shows in cards only.
"""

import html
import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

# Where lines may end, beside the spaces: in titles, in code, and in code within tables.
IN_TITLE = r"(?<=[a-z][._(])(?=[a-z])"
IN_CODE = r"(?<=\))(?=\.[a-z])"
IN_CELL = rf"{IN_CODE}|(?<=[_/|])(?=\w)"


class Cards(SphinxPostTransform):
    """Puts the headings into the cells of each table that has some."""

    default_priority = 700
    formats = ("html",)

    def run(self):
        for table in self.document.findall(nodes.table):
            head, body = table.next_node(nodes.thead), table.next_node(nodes.tbody)
            if head is None:
                continue
            table["classes"].append("cards")
            headings = [entry.astext() for entry in head.findall(nodes.entry)]
            for row in body.findall(nodes.row):
                for heading, entry in zip(["", *headings[1:]], row.children):
                    self.label(heading, entry)

    def label(self, heading, entry):
        if not entry.astext():
            entry["classes"].append("empty")
        elif heading:
            label = f'<span class="label" aria-hidden="true">{html.escape(heading)}</span>'
            entry.insert(0, nodes.raw("", label, format="html"))


class Breaks(SphinxPostTransform):
    """Lets lines end within a chain of calls, and within the long names of headings."""

    default_priority = 700
    formats = ("html",)

    def run(self):
        for title in self.document.findall(nodes.title):
            self.split(title, IN_TITLE)
        for cell in self.document.findall(nodes.entry):
            for literal in cell.findall(nodes.literal):
                self.split(literal, IN_CELL)
        for literal in self.document.findall(nodes.literal):
            self.split(literal, IN_CODE)

    def split(self, node, where):
        for text in list(node.findall(nodes.Text)):
            first, *others = re.split(where, text)
            made = [nodes.Text(first)]
            for part in others:
                made += [nodes.raw("", "<wbr>", format="html"), nodes.Text(part)]
            text.parent.replace(text, made)


def setup(app):
    app.add_post_transform(Cards)
    app.add_post_transform(Breaks)
    return {"version": "1", "parallel_read_safe": True}
