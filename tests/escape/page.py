"""Writes the table of attempts as a page of the documentation."""

HEAD = """\
.. Written by ``./dev escape``: do not edit.

Attempts to escape
==================

Somebody runs code of his own inside a program that is locked down, and tries to get out: on a real
kernel, in a process in a PID namespace of its own. What counts is not the answer of the kernel
alone, but whether the *effect* happened, and what is *unexpected*. Without any filter the effect of
each attempt happens, unless the table says that it does not. Every attempt is made after
``apply_to_current_thread()``, and after ``apply_to_all_threads()`` by a thread that was there
before; where these two differ, the table says which it was.

"refused" means that the filter says no and the effect does not happen. "harmless" means that the
filter lets the call through, and the kernel by its own rules does not let the effect happen.
"admitted" means that the effect happens, because the permission means it or because Python needs
it; the link leads to the reason in :doc:`threat-model`.

"""
COLUMNS = ("attempt", "effect", "under", "answer", "happened", "expected", "unexpected")
WIDTHS = "26 14 24 8 8 10 10"


def summary(groups):
    """What the attempts sum up to, in a line."""
    tried = sum(group.count() for group in groups)
    admitted = sum(group.count("admitted") for group in groups)
    unexpected = sum(group.unexpected() for group in groups)
    return f"{tried:,} attempts, {admitted:,} admitted by design, {unexpected:,} unexpected"


def escape(text):
    """Text that means nothing to reStructuredText."""
    return "".join(f"\\{c}" if c in "\\*`_|" else c for c in text)


def merged(rows):
    """The rows, those that differ in nothing but the form as one. Yields (row, form or '')."""
    waiting = {}
    for row in rows:
        rest = {key: value for key, value in row.items() if key != "form"}
        waiting.setdefault(repr(rest), []).append(row)
    for same in waiting.values():
        yield same[0], "" if len(same) > 1 else same[0]["form"]


def claim(row, form):
    """The cells that do not depend on what happened: attempt, effect, context, expected."""
    under = row["label"] or "; ".join(f"``{code}``" for code in row["codes"])
    if form:
        under += f"; ``{form}()``"
    expected = row["expected"]
    if row["anchor"]:
        expected = f":ref:`{expected} <{row['anchor']}>`"
    return escape(row["title"]), escape(row["effect"]), under, expected


def cells(row, form):
    title, effect, under, expected = claim(row, form)
    if row["happened"] == row["tried"]:
        happened = "yes"
    elif row["happened"]:
        happened = f"{row['happened']} of {row['tried']}"
    else:
        happened = "no" if row["proven"] else "no, nor without a filter"
    unexpected = str(len(row["unexpected"])) if row["unexpected"] else ""
    return title, effect, under, ", ".join(row["answers"]), happened, expected, unexpected


def section(group):
    """One group as a section with a table."""
    yield f"{group.title}\n{'-' * len(group.title)}\n\n{group.about.strip()}\n\n"
    yield f".. list-table::\n   :header-rows: 1\n   :widths: {WIDTHS}\n\n"
    for line in (COLUMNS, *(cells(row, form) for row, form in merged(group.rows))):
        for number, cell in enumerate(line):
            yield f"   {'* ' if number == 0 else '  '}- {cell}".rstrip() + "\n"
    yield "\n"


def text(groups):
    """The whole page."""
    parts = [HEAD, f"{summary(groups)}.\n\n"]
    for group in groups:
        parts += section(group)
    return "".join(parts).rstrip() + "\n"
