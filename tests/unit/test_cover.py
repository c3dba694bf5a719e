"""The search for the cheapest choice, held against trying all of them."""

import itertools
import random

import pytest

from pyextrasafe._cover import cheapest


def tried(wanted, cost, conflicts):
    """The cost of the cheapest choice, by trying all; None where there is none."""
    choices = sorted(set().union(*wanted.values()))
    costs = [
        sum(cost[one] for one in some)
        for count in range(len(choices) + 1)
        for some in itertools.combinations(choices, count)
        if all(able.intersection(some) for able in wanted.values())
        and not any(frozenset(pair) in conflicts for pair in itertools.combinations(some, 2))
    ]
    return min(costs, default=None)


@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_cheapest(seed):
    chance = random.Random(seed)
    choices = range(chance.randint(1, 9))
    cost = {one: chance.randint(1, 9) for one in choices}
    wanted = {
        number: frozenset(chance.choices(choices, k=chance.randint(1, 4)))
        for number in range(chance.randint(1, 12))
    }
    pairs = map(frozenset, itertools.combinations(choices, 2))
    conflicts = {pair for pair in pairs if chance.random() < 0.2}
    found = cheapest(wanted, cost.get, lambda one, other: {one, other} in conflicts)
    best = tried(wanted, cost, conflicts)
    if best is None:
        assert found is None
        return
    assert all(able & found for able in wanted.values())
    assert not any(frozenset(pair) in conflicts for pair in itertools.combinations(found, 2))
    assert sum(cost[one] for one in found) == best


def test_nothing_is_wanted():
    assert cheapest({}, len, lambda *_: False) == set()


def test_many_are_no_problem():
    chance = random.Random(1)
    wanted = {n: frozenset(chance.choices(range(45), k=3)) for n in range(120)}
    found = cheapest(wanted, lambda one: one + 1, lambda *_: False)
    assert all(able & found for able in wanted.values())
