"""docs/data/escapes.csv: what came of all attempts. The page of the documentation is made of it."""

import csv
import pathlib

PATH = pathlib.Path(__file__).parents[2] / "docs" / "data" / "escapes.csv"

# What is claimed: it does not depend on the machine.
CLAIM = ("group", "attempt", "effect", "contexts", "codes", "form", "tried", "expected", "reason")
# What came of it; "proven" says whether the effect happens without a filter.
OUTCOME = ("answers", "happened", "unexpected", "proven")


def lines(group):
    """A line for each claim and form. Contexts are named, or else their codes are there."""
    for row in group.rows:
        yield {
            "group": group.name,
            "attempt": row["title"],
            "effect": row["effect"],
            "contexts": row["label"] or "",
            "codes": "; ".join(row["codes"]),
            "form": row["form"],
            "tried": str(row["tried"]),
            "expected": row["expected"],
            "reason": row["anchor"] or "",
            "answers": ", ".join(row["answers"]),
            "happened": str(row["happened"]),
            "unexpected": str(len(row["unexpected"])),
            "proven": "yes" if row["proven"] else "no",
        }


def write(groups):
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CLAIM + OUTCOME, lineterminator="\n")
        writer.writeheader()
        for group in groups:
            writer.writerows(lines(group))


def read():
    with PATH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def claim(line):
    return {column: line[column] for column in CLAIM}
