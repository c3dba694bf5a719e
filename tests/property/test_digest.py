"""Contexts have the same digest exactly where they were written with the same grants."""

import collections
import hashlib
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyextrasafe import BasicCapabilities, Custom, Networking, SystemIO, Threads, _digest, _ffi

from .effort import examples
from .strategies import any_rules

pytestmark = pytest.mark.once

METHODS = [
    (kind, name, list(inspect.signature(getattr(kind, name)).parameters)[1:])
    for kind in (SystemIO, Networking, Threads)
    for name in dir(kind)
    if name.startswith("allow_")
]
ARGUMENTS = {
    "fileno": st.integers(0, 4),
    "numbers": st.integers(1, 4),
    "paths": st.sampled_from(["/", "/a", "/a/b", "/a b", "/a\nb", "/'\"", "/é", "/\udcff"]),
}


@st.composite
def permissions(draw):
    """A permission: its rule set, its method, and what that is told."""
    kind, name, parameters = draw(st.sampled_from(METHODS))
    return (kind, name, *[draw(ARGUMENTS[parameter]) for parameter in parameters])


grants = st.lists(st.one_of(permissions(), any_rules(most_calls=1)), max_size=6)


def written(grant):
    """What tells a grant from others."""
    if isinstance(grant, tuple):
        return grant
    return frozenset((call, frozenset(comparisons)) for call, comparisons in grant)


def grants_of(made):
    """All that was written, without repetitions."""
    found = set()
    for grant in made:
        found |= {written(grant)} if isinstance(grant, tuple) else written(grant)
    return found


def add(ruleset, grant):
    """Grant it, as a rule set that grants already or as one of its own."""
    if isinstance(grant, tuple):
        kind, name, *told = grant
        ruleset = ruleset or kind()
        return getattr(ruleset, name)(*told)
    ruleset = ruleset or Custom()
    for rule in grant:
        ruleset.add_conditional(rule)
    return ruleset


def apart(made):
    """A rule set for each grant."""
    return [add(None, grant) for grant in made]


def together(made):
    """A rule set for each class."""
    found = {}
    for grant in made:
        kind = grant[0] if isinstance(grant, tuple) else Custom
        found[kind] = add(found.get(kind), grant)
    return list(found.values())


@examples(150)
@given(grants, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(made, chance):
    more = made + made[:2]
    chance.shuffle(more)
    more = [
        grant if isinstance(grant, tuple) else chance.sample(grant, len(grant)) for grant in more
    ]
    expected = _digest.digest(apart(made))
    assert 0 <= expected < 2**48
    assert _digest.digest(together(more)) == expected
    assert _digest.digest(apart(more)[::-1]) == expected
    basic = BasicCapabilities()
    assert _digest.digest([basic, *apart(made), basic]) == _digest.digest([basic, *together(more)])


def test_what_differs_has_another_digest():
    seen = collections.Counter()

    @examples(150)
    @given(grants, grants)
    def check(made, other):
        same = grants_of(made) == grants_of(other)
        assert (_digest.digest(apart(made)) == _digest.digest(together(other))) == same
        seen[same] += 1

    check()
    assert seen[False] > 30


@examples(150)
@given(st.binary(max_size=300))
def test_the_hash_is_sha_256(data):
    assert _ffi.digest(data) == int.from_bytes(hashlib.sha256(data).digest()[:6], "big")
