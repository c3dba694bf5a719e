"""The directive ``flow``: a picture of boxes, from one to the next, and of what may come out.

    .. flow::
       :columns: 2

       Program | asks the kernel
       Filter | decides
       - Allowed | the call is made
       - Refused | it fails

Each line is a box: its title, and what it does.  Outcomes begin with a dash, and their titles are
their classes in pages.css.  Where a window is narrow, the boxes are below each other.
"""

import textwrap
from typing import Any, ClassVar

import svg
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

GAP, PADDING = 36, 12


class Box:
    """A box with a title and some words."""

    def __init__(self, line):
        self.is_outcome = line.startswith("- ")
        self.title, _, words = line.removeprefix("- ").partition("|")
        self.title, self.words = self.title.strip(), words.strip()

    def wrap(self, width):
        room = width - 2 * PADDING
        titles = textwrap.wrap(self.title, int(room / svg.BOLD_LETTER))
        return titles, textwrap.wrap(self.words, int(room / svg.LETTER))

    def height(self, width):
        return 2 * PADDING + svg.LINE * sum(map(len, self.wrap(width)))

    def draw(self, x, y, width, height):
        name = nodes.make_id(self.title) if self.is_outcome else "step"
        yield svg.rectangle(x, y, width, height, f"box {name}", 8)
        titles, lines = self.wrap(width)
        y += (height - svg.LINE * (len(titles) + len(lines))) / 2 + 13
        for place, line in enumerate([*titles, *lines]):
            classes = f"title {name}" if place < len(titles) else "words"
            yield svg.text(x + width / 2, y + svg.LINE * place, line, classes, "middle")


def rows_of(boxes, columns):
    """Return the boxes in rows; the outcomes have a last one of their own."""
    steps = [box for box in boxes if not box.is_outcome]
    rows = [steps[start : start + columns] for start in range(0, len(steps), columns)]
    return rows, [box for box in boxes if box.is_outcome]


class Layout:
    """Boxes drawn row by row, with arrows between them."""

    def __init__(self, width):
        self.width = width
        self.parts = []
        self.y = 2
        self.last = None  # where the arrow to the next row begins

    def row(self, boxes, is_fork=False):
        """Draw a row; an arrow comes to its first box, or to each, and goes from box to box."""
        width = (self.width - 4 - GAP * (len(boxes) - 1)) / len(boxes)
        height = max(box.height(width) for box in boxes)
        top = self.y + (GAP if self.last else 0)
        for place, box in enumerate(boxes):
            x = 2 + place * (width + GAP)
            self.parts += box.draw(x, top, width, height)
            if self.last and (is_fork or place == 0):
                self.arrow_down(x + width / 2, top)
            if place and not is_fork:
                middle = top + height / 2
                self.parts.append(svg.arrow((x - GAP + 4, middle), (x - 4, middle)))
        self.y = top + height
        self.last = (2 + (len(boxes) - 1) * (width + GAP) + width / 2, self.y)

    def arrow_down(self, x, top):
        from_x, from_y = self.last
        bend = from_y + (top - from_y) / 2 - 4
        turns = [(from_x, bend), (x, bend)] if x != from_x else []
        self.parts.append(svg.arrow((from_x, from_y + 2), *turns, (x, top - 4)))

    def below(self, boxes):
        """Draw outcomes below each other, with an arrow to each from a line at their left."""
        bus, x = 8, 36
        from_x, from_y = self.last
        first = True
        for box in boxes:
            width = self.width - x - 2
            height = box.height(width)
            top = self.y + (GAP if first else 14)
            middle = top + height / 2
            self.parts += box.draw(x, top, width, height)
            bend = from_y + GAP / 2
            turns = [(from_x, bend), (bus, bend), (bus, middle)]
            self.parts.append(svg.arrow((from_x, from_y + 2), *turns, (x - 4, middle)))
            self.y = top + height
            first = False


def draw(boxes, columns, width):
    layout = Layout(width)
    rows, outcomes = rows_of(boxes, columns if width == svg.WIDE else 1)
    for row in rows:
        layout.row(row)
    if outcomes and width == svg.WIDE:
        layout.row(outcomes, is_fork=True)
    elif outcomes:
        layout.below(outcomes)
    return layout.parts, layout.y + 2


def told(boxes):
    """Return what the picture shows as a sentence."""
    rows, outcomes = rows_of(boxes, len(boxes))
    text = ", then ".join(f"{box.title}: {box.words}" for box in rows[0])
    if outcomes:
        text += "; which ends as " + ", or ".join(f"{box.title}: {box.words}" for box in outcomes)
    return text


class Flow(SphinxDirective):
    """Draws the boxes of its lines."""

    has_content = True
    option_spec: ClassVar[Any] = {"columns": directives.positive_int}

    def run(self):
        boxes = [Box(line) for line in self.content if line.strip()]
        columns = self.options.get("columns", len(boxes))
        return [svg.both(lambda width: draw(boxes, columns, width), told(boxes))]


def setup(app):
    app.add_directive("flow", Flow)
    return {"version": "1", "parallel_read_safe": True}
