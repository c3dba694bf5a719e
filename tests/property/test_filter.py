"""A filter that is asked says what the rules say, and what the kernel does."""

import collections
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyextrasafe import Custom, SafetyContext

from . import bpf, model
from .effort import examples
from .library import ALLOW, ERRNO, NATIVE, number_of
from .strategies import policies, probes_of, seeds

pytestmark = pytest.mark.once


def compiled(rules, unite=False):
    custom = Custom()
    for rule in rules:
        custom.add_conditional(rule, unite=unite)
    return SafetyContext().enable(custom).compile()


def test_the_kernel_does_what_a_filter_says(prober):
    seen = collections.Counter()

    @examples(80)
    @given(policies, seeds)
    def check(rules, seed):
        asked = compiled(rules)
        program = bpf.parse(asked.to_bpf())
        probes = probes_of(rules, seed)
        calls = [(number_of(call), args) for call, args in probes]
        free, limited = prober.ask(rules, calls)
        assert isinstance(limited, list), limited
        for i, (call, args) in enumerate(probes):
            decision = asked.decide(call, *args)
            assert bool(decision) == model.allows(rules, call, args)
            assert limited[i] == (free[i] if decision else decision.errno)
            action = ALLOW if decision else ERRNO | decision.errno
            assert bpf.run(program, NATIVE, *calls[i]) == action
            seen[bool(decision)] += 1

    check()
    assert min(seen[True], seen[False]) > 300
    assert sum(seen.values()) > 1000


@st.composite
def ordered(draw):
    """Rules of one call about one argument, none of them with a mask: few values tell them all."""
    data = st.one_of(st.integers(0, 9), st.sampled_from([2**31, 2**32 - 2, 2**32 - 1]))
    comparison = st.tuples(st.just(0), st.sampled_from(sorted(model.SYMBOLS)), data)
    rules = [("flock", draw(st.lists(comparison, min_size=1, max_size=3))) for _ in range(4)]
    return [rule for rule in rules if any(allows([rule], value) for value in values_of([rule]))]


def allows(rules, value):
    return any(
        all(model.holds(32, op, datum, value) for _, op, datum in comparisons)
        for _, comparisons in rules
    )


def values_of(rules):
    data = [datum for _, comparisons in rules for _, _, datum in comparisons]
    near = {datum + step for datum in data for step in (-1, 0, 1)} | {0, 2**32 - 1}
    return sorted(value for value in near if 0 <= value < 2**32)


def lines_of(one, other):
    return collections.Counter(line[0] for line in one.diff(other))


def test_exactly_what_means_something_else_shows():
    seen = collections.Counter()

    @examples(300)
    @given(ordered(), ordered(), st.booleans())
    def check(rules, others, alike):
        if alike:  # the same, with other words for some
            others = [(call, [turned(it) for it in made][::-1]) for call, made in rules[::-1]]
        values = values_of(rules + others)
        lost = any(allows(rules, value) and not allows(others, value) for value in values)
        won = any(allows(others, value) and not allows(rules, value) for value in values)
        lines = lines_of(compiled(rules, unite=True), compiled(others, unite=True))
        assert (lines["-"] > 0, lines["+"] > 0) == (lost, won)
        seen[lost or won] += 1

    check()
    assert min(seen[True], seen[False]) > 30


def turned(comparison):
    """The same comparison in other words, where there are some."""
    arg, op, datum = comparison
    if op == "<=" and datum < 2**32 - 1:
        return arg, "<", datum + 1
    if op == ">=" and datum > 0:
        return arg, ">", datum - 1
    if op == "==":
        return arg, 2**32 - 1, datum
    return comparison


def test_what_calls_tell_apart_shows():
    seen = collections.Counter()

    @examples(120)
    @given(policies, seeds)
    def check(rules, seed):
        chance = random.Random(seed)
        fewer = [rule for rule in rules if chance.random() < 0.7]
        differ = any(
            model.allows(rules, *probe) != model.allows(fewer, *probe)
            for probe in probes_of(rules, seed)
        )
        one, other = compiled(rules), compiled(fewer)
        assert not [line for line in one.diff(other) if line[0] == "+"]
        if differ:
            assert one.diff(other)
        assert one.diff(compiled(chance.sample(rules, len(rules)))) == []
        seen[differ] += 1

    check()
    assert min(seen[True], seen[False]) > 10
