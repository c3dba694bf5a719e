"""The directive ``requests``: csrc/table/requests.def as tables.

The refused requests are grouped by the harm that they would do, the others by their header.
"""

import pathlib
import re

from sphinx.util.docutils import SphinxDirective
from tables import list_table, section

LIST = pathlib.Path(__file__).parents[2] / "csrc/table/requests.def"

ROW = re.compile(
    r'^(HEADER|REFUSED|REFUSED_ANY|ALSO|LEFT|LEFT_ANY)\(("?[\w./-]+"?)(?:,\s*([^"]*?),\s*"(.*)")?\)$',
    re.M,
)


class Request:
    """A row of the list."""

    def __init__(self, kind, header, name, numbers, reason):
        self.refused = not kind.startswith("LEFT")
        self.header = header
        self.name = name
        self.number = numbers[-1]
        self.mask = numbers[0] if len(numbers) > 1 else None
        # Its number is another request's, which tells the harm.
        self.shared = kind == "ALSO"
        self.harm, colon, what = reason.partition(": ")
        self.reason = what if self.refused and colon else reason

    def cells(self):
        number = f"``{self.number}``"
        if self.mask:
            number += f", the rest of ``{self.mask}`` is not looked at"
        return f"``{self.name}``", number, self.header, escape(self.reason)


def escape(text):
    return text.replace("*", r"\*").replace("_", r"\_")


def read():
    """Return all requests, in the order of the list."""
    found, header = [], ""
    for kind, name, numbers, reason in ROW.findall(LIST.read_text()):
        if kind == "HEADER":
            header = name.strip('"')
        else:
            found.append(Request(kind, header, name, numbers.split(", "), reason))
    return found


def harms():
    """Return {harm: what it is}, as the comment of the list explains them."""
    comment = LIST.read_text().partition("*/")[0]
    return dict(re.findall(r"^ \*     ([a-z]+)  +(\S.*(?:\n \* {15,}\S.*)*)", comment, re.M))


def left_lines(requests):
    """Yield a paragraph for each header: why its requests are left, and which they are."""
    by_header = {}
    for request in requests:
        by_header.setdefault(request.header, {}).setdefault(request.reason, []).append(request.name)
    for header, reasons in by_header.items():
        yield from (f"``{header}``", "")
        for reason, names in reasons.items():
            written = ", ".join(f"``{name}``" for name in dict.fromkeys(names))
            yield from (f"* {escape(reason)}: {written}", "")


class Requests(SphinxDirective):
    """Prints a section for each harm, one for shared numbers, and one for what is left."""

    def run(self):
        self.env.note_dependency(str(LIST))
        requests = read()
        refused = [request for request in requests if request.refused and not request.shared]
        sections = []
        for harm, what in harms().items():
            rows = [request.cells() for request in refused if request.harm == harm]
            what = re.sub(r"\s*\n \*\s*", " ", what)
            sections.append(
                self.section(harm, [f"{what[0].upper()}{what[1:]}.", *self.table(rows)])
            )
        shared = [request.cells() for request in requests if request.shared]
        sections.append(self.section("Refused for their number", self.table(shared)))
        left = [request for request in requests if not request.refused]
        sections.append(self.section("Left", list(left_lines(left))))
        return sections

    def table(self, rows):
        return list_table(("request", "number", "header", "why"), rows, "30 24 20 26")

    def section(self, title, lines):
        return section(self, title, lines, LIST.name, name=f"requests-{title}")


def setup(app):
    app.add_directive("requests", Requests)
    return {"version": "1", "parallel_read_safe": True}
