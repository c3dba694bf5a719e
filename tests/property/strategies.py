"""Rules, and calls around the points where they change their mind."""

import random

from hypothesis import strategies as st

from . import model

ARGUMENTS = 6
WORD = 2**64

# Numbers around which something changes.
_EDGES = [
    edge + near for edge in (0, 2**15, 2**16, 2**31, 2**32, 2**63, 2**64) for near in (-1, 0, 1)
]

numbers = st.one_of(
    st.integers(-4, 12),
    st.sampled_from([edge for edge in _EDGES if edge < WORD]),
    st.integers(-(2**63), WORD - 1),
)
symbols = st.sampled_from(sorted(model.SYMBOLS))
masks = st.one_of(
    st.sampled_from([2**32 - 1, 2**16 - 1, WORD - 1, -1, 0, 3, 2**31, 2**40]), numbers
)
operators = st.one_of(symbols, symbols, masks)
calls = st.sampled_from(list(model.CALLS))


@st.composite
def comparisons(draw, call):
    """A comparison that can be made of the call."""
    known = [arg for arg in range(ARGUMENTS) if model.width(call, arg) != model.NONE]
    arg = draw(st.sampled_from(known))
    bits = model.width(call, arg)
    if bits == model.POINTER:
        return arg, draw(st.sampled_from(["==", "!="])), 0
    op = draw(operators)
    datum = draw(numbers)
    read = min(model.readings(bits, datum))
    if isinstance(op, int):
        if not model.fits(op, max(model.readings(bits, datum))):
            op %= 2**read
        datum = datum % 2**read & op % 2**read
        # The same bits as a negative number, unless more of them would be outside the mask.
        if draw(st.booleans()) and model.can_be_made(bits, op, datum - 2**read):
            datum -= 2**read
        return arg, op, datum
    return arg, op, datum if model.fits(datum, read) else datum % 2**read


@st.composite
def any_rules(draw, most_calls=3):
    """Rules of a few calls; some of them may contradict others."""
    names = draw(st.lists(calls, min_size=1, max_size=most_calls, unique=True))
    rules = []
    for _ in range(draw(st.integers(1, 10))):
        call = draw(st.sampled_from(names))
        rule = (call, draw(st.lists(comparisons(call), max_size=3)))
        if model.is_seen_to_hold(rule):
            rules.append(rule)
    return rules


def _without_contradictions(rules):
    """Keep the rules that are like the first one of their call, and limit it if that does."""
    kept = []
    for rule in rules:
        together = [other for other in (*kept, rule) if other[0] == rule[0]]
        if all(map(model.is_simple, together)) or (
            not any(map(model.is_simple, together)) and model.is_seen_to_limit(together)
        ):
            kept.append(rule)
    return kept


#: Rules, none of which makes another void.
policies = any_rules().map(_without_contradictions)


def _satisfying(bits, op, datum):
    """A value for which the comparison holds, as a rule."""
    value = datum % 2 ** max(model.readings(bits, datum))
    return (value + {"<": -1, ">": 1, "!=": 1}.get(op, 0)) % WORD


def _around(value, chance):
    """Values at which a comparison may change its mind, seen from one of them."""
    near = [(value + step) % WORD for step in (-2, -1, 1, 2)]
    flipped = [value ^ 2**bit for bit in (0, 15, 16, 31, 32, 63, chance.randrange(64))]
    return near + flipped + [value ^ chance.getrandbits(32) << 32]


def probes_of(rules, seed, most=60):
    """Calls around the rules, as (call, arguments).

    For every rule a call that it allows, as a rule, and the same with one argument changed.
    """
    chance = random.Random(seed)
    probes = [(call, (0,) * ARGUMENTS) for call in model.CALLS]
    for call, made in rules:
        args = [0 if model.width(call, arg) == model.POINTER else 7 for arg in range(ARGUMENTS)]
        for arg, op, datum in made:
            args[arg] = _satisfying(model.width(call, arg), op, datum)
        probes.append((call, tuple(args)))
        for arg in {arg for arg, _, _ in made}:
            changed = _around(args[arg], chance)
            probes += [(call, (*args[:arg], value, *args[arg + 1 :])) for value in changed]
    return probes if len(probes) <= most else chance.sample(probes, most)


seeds = st.integers(0, 2**32 - 1)
