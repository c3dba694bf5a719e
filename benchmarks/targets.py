"""What the figures are meant to be, and whether they are."""

from math import inf, log

import counted
from given import QUICK_EXAMPLE
from measuring import (
    CFFI,
    DENIED_BEFORE,
    ENFORCED_ONCE,
    EXPLAINED,
    FILTER,
    FIRST_RELEASE,
    FLOOR,
    LEARN,
    LIMITED_CALLS,
    ONE_ARGUMENT,
    STRACE,
    UNCHANGED_CALLS,
    WATCHED_WORK,
)
from peers import LANDLOCK_PACKAGES

FORBIDDEN_IMPORTS = {
    "ctypes",
    "dataclasses",
    "enum",
    "inspect",
    "logging",
    "re",
    "threading",
    "typing",
}
FOUR_POLICIES = ("small", "medium", "large", "extra_large")

_UNKNOWN = "not measured"


class Target:
    """One line of the table of targets.

    is_counted: the figure is the same on every machine, so that missing it is a defect.
    """

    def __init__(self, what, wanted, measured, is_met, is_counted=False):
        self.what = what
        self.wanted = wanted
        self.measured = measured
        self.is_met = is_met
        self.is_counted = is_counted


def _counted_targets(results):
    for (policy, figure), limit in counted.LIMITS.items():
        found = results.counted[policy, "libextrasafe"]
        measured = inf if isinstance(found, str) else found[figure]
        is_met = measured <= limit
        unit = "instructions" if figure == "length" else "executed"
        what = f"{policy}: {figure}"
        yield Target(what, f"≤ {limit} {unit}", f"{measured:g}", is_met, is_counted=True)
    _, modules = results.modules["pyextrasafe"]
    extra = sorted(FORBIDDEN_IMPORTS & set(modules))
    what = "import pyextrasafe: further modules that are costly"
    yield Target(what, "none", ", ".join(extra) or "none", not extra, is_counted=True)


def _at_most(what, limit, spread, unit=""):
    """Make a target for a spread's median."""
    if spread is None:
        return Target(what, f"≤ {limit}{unit}", _UNKNOWN, is_met=False)
    measured = f"{spread.median:.2f}{unit} ({spread.low:.2f} to {spread.high:.2f})"
    return Target(what, f"≤ {limit}{unit}", measured, spread.median <= limit)


def _compile_targets(results):
    spread = results.compiling["large"].spread("libextrasafe").divided_by(1000)
    yield _at_most("large: compile", 10, spread, " µs")
    few, many = 100, 3000
    times = [
        results.compiling[f"descriptors-{count}"].spread("libextrasafe").median
        for count in (few, many)
    ]
    growth, limit = times[1] / times[0], many * log(many) / (few * log(few))
    what = f"compile: {many} descriptors over {few}, growing by n log n"
    yield Target(what, f"≤ {limit:.1f}", f"{growth:.1f}", growth <= limit)


def _enforce_targets(results):
    for policy in FOUR_POLICIES:
        ratio = results.enforcing[policy].ratio("pyextrasafe", to="libseccomp")
        yield _at_most(f"{policy}: context to enforced, over libseccomp in C", 0.35, ratio)
    ratio = results.enforcing[QUICK_EXAMPLE].ratio("pyextrasafe", to=FIRST_RELEASE)
    yield _at_most(f"quick example: context to enforced, over {FIRST_RELEASE}", 0.5, ratio)


def _call_targets(results):
    for call in ("write", "getpgid"):
        ratio = results.calls[call].ratio("libextrasafe", to=ONE_ARGUMENT)
        yield _at_most(f"{call}(2), conditional, over a filter of one argument", 1.05, ratio)
    ratio = results.calls["getuid"].ratio("libextrasafe", to=FLOOR)
    # Equal, as far as a timer can tell.
    yield _at_most("getuid(2), unconditional, over a filter of one instruction", 1.02, ratio)


def _over_fastest(contest):
    """Return the ratio to the fastest package that limits paths as well."""
    ratios = [contest.ratio("pyextrasafe", to=name) for name in LANDLOCK_PACKAGES]
    return max(filter(None, ratios), key=lambda ratio: ratio.median, default=None)


def _path_targets(results):
    for case, limit in ((ENFORCED_ONCE, 1), *((call, 1.1) for call in LIMITED_CALLS)):
        contest = results.paths.get(case)
        ratio = contest and _over_fastest(contest)
        yield _at_most(f"paths and ports: {case}, over the fastest package", limit, ratio)


def _explain_targets(results):
    for call in UNCHANGED_CALLS:
        contest = results.explaining.get(call)
        ratio = contest and contest.ratio(EXPLAINED, to=FILTER)
        yield _at_most(f"explained: {call}, over the same filter unexplained", 1.05, ratio)
    contest = results.explaining.get(DENIED_BEFORE)
    spread = contest and contest.spread(EXPLAINED).divided_by(1000)
    yield _at_most("explained: a call that was denied before", 3, spread, " µs")


def _learn_targets(results):
    for work in WATCHED_WORK:
        contest = results.learning.get(work)
        ratio = contest and contest.ratio(LEARN, to=STRACE)
        yield _at_most(f"learnt: {work}, over strace -f", 0.1, ratio)


def judge(results):
    """Return all targets for what figures.py has read, those that can be counted first."""
    ratio = results.importing.ratio("pyextrasafe", to=CFFI)
    return [
        *_counted_targets(results),
        *_compile_targets(results),
        *_enforce_targets(results),
        *_call_targets(results),
        *_path_targets(results),
        *_explain_targets(results),
        *_learn_targets(results),
        _at_most(f"import pyextrasafe, over import {CFFI}", 3, ratio),
    ]
