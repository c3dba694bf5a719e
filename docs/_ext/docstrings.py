"""Docstrings as help() shows them, in Google's style, made into what Sphinx reads.

In backquotes, a name is a reference, unless it is a parameter, and anything else is code. A manual
page is written as seccomp(2), and a page of this documentation as the page "Policy files". What
leads nowhere is a warning.
"""

import inspect
import pathlib
import re

from sphinx.util import logging

PAGES = pathlib.Path(__file__).parents[1]

WRITTEN = re.compile(
    r"""
    ^\ *(?:>>>|\.\.\.)\ .*$                  # an example
    | :[\w:]+:`[^`]*` | ``.*?``              # what napoleon has made
    | `(?P<name>[A-Za-z]\w*(?:\.\w+)*)`
    | `(?P<code>[^`]+)`
    | (?<![\w.])(?P<manual>[a-z][\w.]*\([1-8]\))
    | the\spage\s"(?P<page>[^"]+)"
    """,
    re.M | re.X,
)
# Napoleon lets the type follow the description; as an option it stands beside the name.
TYPE = re.compile(r"^(\.\. attribute:: .*\n)((?:\n| {3}.*\n)*?) {3}:type: (.*)$", re.M)
# After napoleon, which has the priority of extensions that ask for none.
LAST = 600


def pages():
    """Return {title: name} of all pages."""
    return {path.read_text().split("\n", 1)[0]: path.stem for path in PAGES.glob("*.rst")}


def parameters(obj):
    """Return the names of the parameters of an object, if it can be called."""
    try:
        return inspect.signature(obj).parameters
    except (TypeError, ValueError):
        return ()


def linked(found, own):
    """Return what Sphinx reads in place of what was written; own: names that are no references."""
    kind = found.lastgroup
    if kind is None:
        return found[0]
    written = " ".join(found[kind].split())
    if kind == "page":
        name = pages().get(written)
        if name is None:
            logging.getLogger(__name__).warning("there is no page %r, as a docstring says", written)
            return found[0]
        return f"the page :doc:`/{name}`"
    if kind == "name" and written not in own:
        return f":py:obj:`{written}`"
    return f":manpage:`{written}`" if kind == "manual" else f"``{written}``"


def beside_name(found):
    """Return an attribute with its type, whose names are those of the package."""
    head, description, kind = found.groups()
    kind = re.sub(r"\bpyextrasafe\._\w+\.", "", kind)
    return f"{head}   :type: {kind}\n{description}"


def process(app, what, name, obj, options, lines):
    own = parameters(obj)
    text = TYPE.sub(beside_name, "\n".join(lines))
    lines[:] = WRITTEN.sub(lambda found: linked(found, own), text).split("\n")


def setup(app):
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-process-docstring", process, priority=LAST)
    return {"version": "1", "parallel_read_safe": True}
