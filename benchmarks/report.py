"""The page of the documentation: tables of all that was measured."""

import counted
from measuring import COMPILERS, FLOOR, ONE_ARGUMENT

_INTRODUCTION = """\
..
   This file is written by ./dev bench.

Performance
===========

What a filter costs: once, when it is made and loaded, and with every system call that it has to
decide.  ``./dev bench`` measures all of it side by side with other libraries and writes this page.

All peers of a table were measured in turns on the same machine, so their ratios say more than
their times.  A ratio is computed within each turn; what is shown is the median, and in brackets the
quartiles.  The policies are those of :file:`benchmarks/policies.json`: ``small`` has 48 rules,
``extra_large`` 297.  ``descriptors-N`` allows writing to N descriptors no two of which are
neighbours.
"""

_LENGTHS = """\
Instructions of the whole filter.  libseccomp makes a linear search or, when it is told to, a binary
tree (SCMP_FLTATR_CTL_OPTIMIZE); its rules are given by its C interface, with 64-bit comparisons,
which it compiles shortest.
"""

_EXECUTED = """\
Instructions until the decision, counted by an interpreter.  The kernel knows which calls are always
allowed and answers those without running the filter, so that the unconditional ones cost nothing
there, whatever the filter looks like.
"""

_COMPILING = """\
From a policy that the library knows to its program, nothing loaded.  In brackets: the ratio to
libseccomp's linear output.
"""

_ENFORCING = """\
From rules to a filter in force for the calling thread: in Python, where the rules are ready as
objects (pyextrasafe, pyseccomp, Debian's python3-seccomp), and in C.  pyextrasafe adds
BasicCapabilities to every policy, so the others are given its rules, too.  ``quick-example`` is
writing to standard output and standard error; it is the only one that the first release of
pyextrasafe, a wrapper of a Rust library, knows.  One instruction that allows everything is the
least that a filter takes.  Everything happens in a forked child, after three rehearsals in threads.
In brackets: the ratio to libseccomp's linear output, in C.
"""


_CALLS = """\
One system call under the filter of the ``medium`` policy.  write(2) and getpgid(2) are allowed
under a condition, getuid(2) always.  For comparison: no filter, a filter of one instruction that
allows everything, and a filter that loads one argument and allows everything.  In brackets: the
ratio to the latter for conditional calls, and to the filter of one instruction for the
unconditional one.
"""

_THREADS = """\
From rules in C to a filter in force for all threads of the process (``medium`` policy).  In
brackets: the ratio to libseccomp's linear output.
"""

_IMPORTING = """\
What ``import`` costs a fresh interpreter: processor time, memory that becomes resident, and modules
that are loaded besides those of the interpreter itself.  In brackets: the ratio to
``_cffi_backend``, without which no cffi module can be loaded.
"""


def _table(headers, rows):
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (headers, *rows):
        for position, cell in enumerate(row):
            lines.append(f"   {'* -' if position == 0 else '  -'} {cell}")
    return "\n".join(lines) + "\n"


def _section(title, text, headers, rows):
    return "\n".join([title, "-" * len(title), "", text, _table(headers, rows)])


def _time(nanoseconds):
    if nanoseconds < 1000:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.{1 if nanoseconds < 1e5 else 0}f} µs"
    return f"{nanoseconds / 1e6:.1f} ms"


def _kilobytes(size):
    return f"{size / 1024:.0f} KiB"


def _cell(contest, name, reference, unit=_time):
    if name not in contest.names:
        return ""
    if name in contest.absent:
        return f"none: {contest.absent[name]}"
    text = unit(contest.spread(name).median)
    ratio = contest.ratio(name, to=reference)
    if name == reference or ratio is None:
        return text
    return f"{text} ({ratio.median:.2f}; {ratio.low:.2f} to {ratio.high:.2f})"


def _contests(contests, reference):
    """Return the headers and rows of a table with a contest in each row."""
    names = list(dict.fromkeys(name for contest in contests.values() for name in contest.names))
    rows = [
        [f"``{key}``", *(_cell(contest, name, reference) for name in names)]
        for key, contest in contests.items()
    ]
    return ["", *names], rows


def _calls(results):
    conditional = {name: contest for name, contest in results.calls.items() if name != "getuid"}
    unconditional = {"getuid": results.calls["getuid"]}
    headers, rows = _contests(conditional, ONE_ARGUMENT)
    return headers, rows + _contests(unconditional, FLOOR)[1]


def _machine(machine):
    return _table(["Machine", ""], machine.items())


def _targets(targets):
    rows = [
        [target.what, target.wanted, target.measured, "met" if target.is_met else "**not met**"]
        for target in targets
    ]
    return ["Figure", "Target", "Measured", ""], rows


def _found(results, policy, name, figure):
    found = results.counted[policy, name]
    if isinstance(found, str):
        return f"none: {found}"
    return f"{found[figure]:g}" if figure in found else None


def _lengths(results):
    policies = dict.fromkeys(policy for policy, _ in results.counted)
    rows = [
        [f"``{policy}``", *(_found(results, policy, name, "length") for name in COMPILERS)]
        for policy in policies
    ]
    return ["", *COMPILERS], rows


def _executed(results):
    policies = dict.fromkeys(policy for policy, _ in results.counted)
    rows = []
    for policy in policies:
        for figure, meaning in counted.MEANINGS.items():
            cells = [_found(results, policy, name, figure) for name in COMPILERS]
            if cells[0] is not None:
                rows.append([f"``{policy}``", f"{figure}: {meaning}", *cells])
    return ["", "Call", *COMPILERS], rows


def _importing(results):
    rows = []
    for name in results.importing.names:
        absent = name in results.importing.absent
        rows.append(
            [
                f"``{name}``",
                _cell(results.importing, name, "_cffi_backend"),
                "" if absent else _cell(results.resident, name, "_cffi_backend", _kilobytes),
                "" if absent else len(results.modules[name]),
            ]
        )
    return ["", "Time", "Memory", "Modules"], rows


def page(version, machine, results, targets):
    """Return the page as reStructuredText."""
    parts = [
        _INTRODUCTION,
        f"The version that was measured is {version}, on this machine:\n",
        _machine(machine),
        ".. image:: performance.svg\n   :alt: Two bar charts that compare the libraries: the time "
        "until a filter is in force, and the\n         instructions until a call is decided\n",
        _section("Targets", "What the figures are meant to be.\n", *_targets(targets)),
        _section("Length", _LENGTHS, *_lengths(results)),
        _section("Instructions executed", _EXECUTED, *_executed(results)),
        _section("Compiling", _COMPILING, *_contests(results.compiling, "libseccomp")),
        _section("Context to enforced", _ENFORCING, *_contests(results.enforcing, "libseccomp")),
        _section("System calls", _CALLS, *_calls(results)),
        _section("Threads", _THREADS, *_contests(results.threads, "libseccomp")),
        _section("Importing", _IMPORTING, *_importing(results)),
    ]
    return "\n".join(parts)
