"""The directives ``measured`` and ``measured-picture``: what docs/data/measurements.csv has.

``measured`` makes one of TABLES.  What the figures mean, how they were taken and what they are
meant to be is in benchmarks/.
"""

import sys
from pathlib import Path

import picture
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from tables import list_table

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import counted
import figures
import targets
from measuring import CFFI, COMPILERS, FILTER, FLOOR, LIMITED_CALLS, ONE_ARGUMENT, STRACE
from peers import NO_LIMITS

# ---- Cells ---------------------------------------------------------------------------------------


def time(nanoseconds):
    if nanoseconds < 1000:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.{1 if nanoseconds < 1e5 else 0}f} µs"
    return f"{nanoseconds / 1e6:.1f} ms"


def kilobytes(size):
    return f"{size / 1024:.0f} KiB"


def sampled(contest, name, reference, unit=time):
    if name not in contest.names:
        return ""
    if name in contest.absent:
        return f"none: {contest.absent[name]}"
    text = unit(contest.spread(name).median)
    ratio = contest.ratio(name, to=reference)
    if ratio is None:
        return text
    return f"{text} ({ratio.median:.2f}; {ratio.low:.2f} to {ratio.high:.2f})"


def count(found, policy, name, figure):
    counts = found.counted[policy, name]
    if isinstance(counts, str):
        return f"none: {counts}"
    return f"{counts[figure]:g}" if figure in counts else None


# ---- Tables: each a row of headings, and all other rows ------------------------------------------


def machine(found):
    return ["Measured", ""], list(found.machine.items())


def judged(found):
    rows = [
        [target.what, target.wanted, target.measured, "met" if target.is_met else "**not met**"]
        for target in targets.judge(found)
    ]
    return ["Figure", "Target", "Measured", ""], rows


def lengths(found):
    rows = [
        [f"``{policy}``", *(count(found, policy, name, "length") for name in COMPILERS)]
        for policy in dict.fromkeys(policy for policy, _ in found.counted)
    ]
    return ["", *COMPILERS], rows


def executed(found):
    rows = []
    for policy in dict.fromkeys(policy for policy, _ in found.counted):
        for figure, meaning in counted.MEANINGS.items():
            cells = [count(found, policy, name, figure) for name in COMPILERS]
            if cells[0] is not None:
                rows.append([f"``{policy}``", f"{figure}: {meaning}", *cells])
    return ["", "Call", *COMPILERS], rows


def contests(contests, reference):
    """Return a table with a contest in each row."""
    names = list(dict.fromkeys(name for contest in contests.values() for name in contest.names))
    rows = [
        [f"``{case}``", *(sampled(contest, name, reference) for name in names)]
        for case, contest in contests.items()
    ]
    return ["", *names], rows


def calls(found):
    conditional = {name: contest for name, contest in found.calls.items() if name != "getuid"}
    unconditional = {"getuid": found.calls["getuid"]}
    headings, rows = contests(conditional, ONE_ARGUMENT)
    return headings, rows + contests(unconditional, FLOOR)[1]


def limiting(found):
    enforced = {case: found.paths[case] for case in found.paths if case not in LIMITED_CALLS}
    return contests(enforced, "pyextrasafe")


def limited_calls(found):
    calls = {case: found.paths[case] for case in found.paths if case in LIMITED_CALLS}
    return contests(calls, NO_LIMITS)


def importing(found):
    rows = []
    for name in found.importing.names:
        row = [f"``{name}``", sampled(found.importing, name, CFFI), "", ""]
        if name not in found.importing.absent:
            row[2:] = sampled(found.resident, name, CFFI, kilobytes), found.modules[name][0]
        rows.append(row)
    return ["", "Time", "Memory", "Modules"], rows


TABLES = {
    "machine": machine,
    "targets": judged,
    "lengths": lengths,
    "executed": executed,
    "compiling": lambda found: contests(found.compiling, "libseccomp"),
    "enforcing": lambda found: contests(found.enforcing, "libseccomp"),
    "calls": calls,
    "threads": lambda found: contests(found.threads, "libseccomp"),
    "limiting": limiting,
    "limited-calls": limited_calls,
    "explaining": lambda found: contests(found.explaining, FILTER),
    "learning": lambda found: contests(found.learning, STRACE),
    "importing": importing,
}


# ---- The picture ---------------------------------------------------------------------------------


def drawn(found):
    """Return what is drawn: for each policy and peer, a median between two quartiles."""
    enforcing, executed = {}, {}
    for policy in targets.FOUR_POLICIES:
        contest = found.enforcing[policy]
        spreads = {name: contest.spread(name) for name in contest.names}
        enforcing[policy] = {
            name: [number / 1000 for number in (spread.low, spread.median, spread.high)]
            for name, spread in spreads.items()
            if spread
        }
        executed[policy] = {
            name: [found.counted[policy, name]["median conditional call"]] * 3 for name in COMPILERS
        }
    return enforcing, executed


# ---- The directives ------------------------------------------------------------------------------


class Measured(SphinxDirective):
    """Prints the table of its argument."""

    required_arguments = 1

    def run(self):
        self.env.note_dependency(str(figures.PATH))
        headings, rows = TABLES[self.arguments[0]](figures.read())
        if not rows:  # a subject that is newer than the last run
            return [nodes.paragraph(text="Not measured yet.")]
        parent = nodes.Element()
        source = StringList(list_table(headings, rows), source=str(figures.PATH))
        self.state.nested_parse(source, self.content_offset, parent)
        return parent.children


class MeasuredPicture(SphinxDirective):
    """Draws bar charts."""

    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012  Docutils' interface

    def run(self):
        self.env.note_dependency(str(figures.PATH))
        return picture.draw(*drawn(figures.read()), self.options["alt"])


def setup(app):
    app.add_directive("measured", Measured)
    app.add_directive("measured-picture", MeasuredPicture)
    return {"version": "1", "parallel_read_safe": True}
