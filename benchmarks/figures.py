"""docs/data/measurements.csv: all that was measured, and where the documentation has it from.

A line has one figure of a subject, or says in ``note`` why there is none:

    case, name    which policy, call or number of threads; who took part
    figure        what it is, with its unit
    over          empty, or the one to which it is a ratio, computed within each round
    median        the figure; where it was sampled, low and high are its quartiles
"""

import csv
from pathlib import Path

from measuring import (
    CFFI,
    FILTER,
    FIRST_RELEASE,
    FLOOR,
    NO_FILTER,
    NOT_WATCHED,
    ONE_ARGUMENT,
    STRACE,
)
from peers import LANDLOCK_PACKAGES, NO_LIMITS
from rounds import Spread

PATH = Path(__file__).parents[1] / "docs/data/measurements.csv"
COLUMNS = ("subject", "case", "name", "figure", "over", "low", "median", "high", "note")

NANOSECONDS = "nanoseconds"
BYTES = "resident bytes"
MODULES = "further modules"

#: The contests of each subject, and to whom the others are compared.
COMPARED = {
    "compiling": ("libseccomp",),
    "enforcing": ("libseccomp", FIRST_RELEASE),
    "calls": (ONE_ARGUMENT, FLOOR),
    "threads": ("libseccomp",),
    "explaining": (FILTER, NO_FILTER),
    "learning": (STRACE, NOT_WATCHED),
    "paths": ("pyextrasafe", *LANDLOCK_PACKAGES, NO_LIMITS),
}
IMPORTING = "importing"


# ---- Writing -------------------------------------------------------------------------------------


def _line(subject, case="", name="", figure="", over="", spread=None, **cells):
    line = dict(zip(COLUMNS, (subject, case, name, figure, over)), **cells)
    if spread:
        for column in ("low", "median", "high"):
            line[column] = f"{getattr(spread, column):.6g}"
    return line


def _lines_of_contest(subject, case, contest, figure, compared):
    for name in contest.names:
        if name in contest.absent:
            yield _line(subject, case, name, figure, note=contest.absent[name])
            continue
        yield _line(subject, case, name, figure, spread=contest.spread(name))
        for other in compared:
            if other in contest.names and other != name:
                ratio = contest.ratio(name, to=other)
                if ratio:
                    yield _line(subject, case, name, figure, other, ratio)


def _lines(machine, results):
    for name, note in machine.items():
        yield _line("machine", name=name, note=note)
    for (policy, name), found in results.counted.items():
        if isinstance(found, str):
            yield _line("counted", policy, name, note=found)
            continue
        for figure, count in found.items():
            yield _line("counted", policy, name, figure, median=f"{count:g}")
    for subject, compared in COMPARED.items():
        for case, contest in getattr(results, subject).items():
            yield from _lines_of_contest(subject, case, contest, NANOSECONDS, compared)
    for contest, figure in ((results.importing, NANOSECONDS), (results.resident, BYTES)):
        yield from _lines_of_contest(IMPORTING, "", contest, figure, (CFFI,))
    for name, modules in results.modules.items():
        yield _line(IMPORTING, "", name, MODULES, note=" ".join(modules), median=len(modules))


def write(machine, results):
    """Write what was measured on this machine, as measuring.py returns it."""
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_lines(machine, results))


# ---- Reading -------------------------------------------------------------------------------------


class Contest:
    """What is known of a contest; the same questions as rounds.Contest answers."""

    def __init__(self):
        self.names = []
        #: For each that has no figures, the reason.
        self.absent = {}
        self._spreads = {}

    def add(self, line):
        name = line["name"]
        if name not in self.names:
            self.names.append(name)
        if line["median"]:
            numbers = [float(line[column] or "nan") for column in ("low", "median", "high")]
            self._spreads[name, line["over"]] = Spread(*numbers)
        else:
            self.absent[name] = line["note"]

    def spread(self, name):
        return self._spreads.get((name, ""))

    def ratio(self, name, to):
        return self._spreads.get((name, to))


class Figures:
    """All that the file has."""

    def __init__(self, lines):
        self.machine = {}
        self.counted = {}
        self.importing, self.resident, self.modules = Contest(), Contest(), {}
        for subject in COMPARED:
            setattr(self, subject, {})
        for line in lines:
            getattr(self, f"_add_{line['subject']}", self._add_to_contest)(line)

    def _add_machine(self, line):
        self.machine[line["name"]] = line["note"]

    def _add_counted(self, line):
        key = line["case"], line["name"]
        if line["median"]:
            self.counted.setdefault(key, {})[line["figure"]] = float(line["median"])
        else:
            self.counted[key] = line["note"]

    def _add_importing(self, line):
        if line["figure"] == MODULES:
            self.modules[line["name"]] = int(line["median"]), line["note"].split()
        else:
            (self.importing if line["figure"] == NANOSECONDS else self.resident).add(line)

    def _add_to_contest(self, line):
        getattr(self, line["subject"]).setdefault(line["case"], Contest()).add(line)


def read():
    """Return what was measured last."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return Figures(csv.DictReader(file))
