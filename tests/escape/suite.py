"""Runs the attempts and sums them up: the half of the suite that is not in a box.

inside/engine.py makes the attempts, inside/attempts holds them.
"""

import os
import pathlib
from concurrent.futures import ThreadPoolExecutor

from kernel import box

INSIDE = pathlib.Path(__file__).parent / "inside"
GROUPS = (
    "never",
    "numbers",
    "sockets",
    "services",
    "files",
    "paths",
    "ports",
    "descriptors",
    "terminals",
    "requests",
    "signals",
    "processes",
    "others",
    "later",
)
TIMEOUT = 600  # seconds that a group may take on a busy machine


def case(box, inside, library, program, group):
    """What runs in the box."""
    import sys

    sys.path.insert(0, inside)
    import engine

    box.note("found", engine.run(box.raw(), library, program, group))


def build(directory):
    """Compile what the attempts need: the library and the program."""
    library, program = directory / "low.so", directory / "program"
    box.compile_c((INSIDE / "low.c").read_text(), library, "-shared", "-fPIC")
    box.compile_c((INSIDE / "program.c").read_text(), program, "-static")
    return {"library": str(library), "program": str(program)}


class Group:
    """What came of the attempts of a group; engine.row() says what is in a row."""

    def __init__(self, name, about, rows):
        self.name = name
        self.title, _, self.about = about.partition("\n\n")
        self.rows = rows

    def count(self, expected=None):
        """The number of attempts, or of those of which this is expected."""
        return sum(row["tried"] for row in self.rows if expected in (None, row["expected"]))

    def unexpected(self):
        """The number of attempts that ended as nobody expected."""
        return sum(len(row["unexpected"]) for row in self.rows)

    def faults(self):
        """Everything unexpected, a line for each attempt and form."""
        return [
            f"{row['title']} ({row['form']}): {'; '.join(row['unexpected'])}"
            for row in self.rows
            if row["unexpected"]
        ]

    def unproven(self):
        """Attempts whose effect does not happen without a filter, either: they prove nothing here.

        Nothing is said of those that some kernels cannot make.
        """
        return sorted(
            {
                f"{row['title']}: without a filter {row['control']}"
                for row in self.rows
                if not row["proven"] and not row["optional"]
            }
        )


def run(name, directory, built):
    """Make the attempts of a group, below a directory, with what build() made."""
    scratch = directory / name
    scratch.mkdir()
    result = box.Runner(scratch).launch(
        case, timeout=TIMEOUT, inside=str(INSIDE), group=name, **built
    )
    if not result.finished:
        raise RuntimeError(f"The attempts of {name} broke off.\n{result}")
    return Group(name, **result.notes["found"])


def run_all(names, directory):
    """Run groups, as many at a time as there are processors."""
    built = build(directory)
    box.way_in()  # finds the way once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda name: run(name, directory, built), names))


def privileged():
    """Are attempts made with the privileges of root, so that without a filter all succeed?"""
    return "--user" not in box.way_in()
