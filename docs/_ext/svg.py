"""Pictures in SVG as parts of a page, so that they have its colours and its font.

A picture is drawn twice, for a wide and for a narrow window; pages.css shows the one that fits, at
its own size: letters in it are as large as those around it.
"""

import html

from docutils import nodes

WIDE, NARROW = 700, 340
LINE = 18
# A letter of the size that pages.css gives a picture is about as wide in a wide font.
LETTER, BOLD_LETTER = 8, 9


def text(x, y, words, classes="", anchor="start"):
    """Return a line of text."""
    return (
        f'<text x="{x:g}" y="{y:g}" class="{classes}" text-anchor="{anchor}">'
        f"{html.escape(words)}</text>"
    )


def rectangle(x, y, width, height, classes="", radius=0):
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius}" '
        f'class="{classes}"/>'
    )


def arrow(*points):
    """Return a line through these points, with a head at the last one, which it reaches."""
    (x, y), (from_x, from_y) = points[-1], points[-2]
    # The head is 8 long and 8 wide, and shows right, left or down.
    if from_y == y:
        back = x - 8 if x > from_x else x + 8
        head = f"{x:g},{y:g} {back:g},{y - 4:g} {back:g},{y + 4:g}"
    else:
        head = f"{x:g},{y:g} {x - 4:g},{y - 8:g} {x + 4:g},{y - 8:g}"
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{line}" class="line"/><polygon points="{head}" class="head"/>'


def picture(name, width, height, parts, alternative):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture {name}" role="img" '
        f'aria-label="{html.escape(alternative)}" viewBox="0 0 {width} {height:g}" '
        f'width="{width}" height="{height:g}">' + "".join(parts) + "</svg>"
    )


def both(draw, alternative):
    """Return a node of both pictures: draw(width) returns the parts of one, and its height."""
    shown = []
    for name, width in (("wide", WIDE), ("narrow", NARROW)):
        parts, height = draw(width)
        shown.append(picture(name, width, height, parts, alternative))
    return nodes.raw("", "".join(shown), format="html")
