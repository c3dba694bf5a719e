"""Rules made through the public API mean what the description of them says."""

import collections

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pyextrasafe
from pyextrasafe import Compare, CompareOp, Custom, Rule

from . import bpf, model
from .effort import examples
from .library import ALLOW, ERRNO, NATIVE, Policy, lib, number_of
from .strategies import (
    ARGUMENTS,
    any_rules,
    calls,
    masks,
    numbers,
    policies,
    probes_of,
    seeds,
    symbols,
)

pytestmark = pytest.mark.once

OPERATORS = {
    "<": CompareOp.Less,
    "<=": CompareOp.LessOrEqual,
    "==": CompareOp.Equal,
    "!=": CompareOp.NotEqual,
    ">=": CompareOp.GreaterEqual,
    ">": CompareOp.Greater,
}


def operator_of(op):
    return CompareOp.MaskedEqual(op) if isinstance(op, int) else OPERATORS[op]


def plain(custom, call, comparisons, unite):
    custom.add_conditional((call, comparisons), unite=unite)


def spelled_out(custom, call, comparisons, unite):
    if comparisons:
        made = [Compare(arg, operator_of(op), datum) for arg, op, datum in comparisons]
        custom.add_conditional(Rule(call, made), unite=unite)
    else:
        custom.add_simple(call)


#: The forms in which a rule can be given.
forms = st.sampled_from([plain, spelled_out])


def custom_of(rules, form, unite=False):
    custom = Custom()
    for call, comparisons in rules:
        form(custom, call, comparisons, unite)
    return custom


#: Rules, and whether they unite; where they do not, none makes another void.
united = st.one_of(
    st.tuples(policies, st.just(False)),
    st.tuples(any_rules(), st.just(True)),
)


# ---- What can be made ----


def test_rules_are_refused_exactly_where_they_cannot_hold():
    seen = collections.Counter()

    @examples(200)
    @given(calls, st.integers(0, ARGUMENTS - 1), st.one_of(symbols, masks), numbers)
    @example("openat", 0, "==", -100)
    @example("openat", 1, "!=", 0)
    @example("openat", 3, 0xFFFF, 0o644)
    def check(call, arg, op, datum):
        bits = model.width(call, arg)
        possible = model.can_be_made(bits, op, datum) and not model.never_holds(bits, op, datum)
        seen[possible] += 1
        if possible:
            assert Rule(call, [(arg, op, datum)]).comparators[0].datum == datum
        else:
            with pytest.raises(ValueError, match="datum|mask|pointer|does not read|no value"):
                Rule(call, [(arg, op, datum)])

    check()
    assert min(seen[True], seen[False]) > 20


@examples(100)
@given(st.integers(0, ARGUMENTS - 1), st.one_of(symbols, masks), numbers)
def test_without_a_call_only_what_never_holds_is_refused(arg, op, datum):
    if any(
        model.can_be_made(bits, op, datum) and not model.never_holds(bits, op, datum)
        for bits in (16, 32, 64)
    ):
        assert Compare(arg, op, datum).op == operator_of(op)
    else:
        with pytest.raises(ValueError, match="datum|mask|no value"):
            Compare(arg, op, datum)


# ---- What it means ----


def test_rules_mean_what_the_model_says():
    seen = collections.Counter()

    @examples(150)
    @given(united, seeds, forms)
    def check(made, seed, form):
        rules, unite = made
        policy = Policy()
        policy.enable(custom_of(rules, form, unite))
        assert policy.compile() == lib.ES_OK
        program = policy.instructions()
        for call, args in probes_of(rules, seed):
            allowed = model.allows(rules, call, args)
            expected = ALLOW if allowed else ERRNO | model.refusal(rules, call)
            number = number_of(call)
            assert policy.meaning(number, args) == expected
            assert bpf.run(program, NATIVE, number, args) == expected
            seen[allowed] += 1

    check()
    assert min(seen[True], seen[False]) > 100


@examples(80)
@given(policies, seeds, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(rules, seed, chance):
    more = rules + rules
    chance.shuffle(more)
    made, turned = Policy(), Policy()
    made.enable(custom_of(rules, plain))
    turned.enable(custom_of(more, spelled_out))
    assert made.compile() == turned.compile() == lib.ES_OK
    for call, args in probes_of(rules, seed):
        assert made.decision(number_of(call), args) == turned.decision(number_of(call), args)


@examples(80)
@given(united, forms)
def test_repr_makes_an_equal_object(made, form):
    custom = custom_of(made[0], form, made[1])
    again = eval(repr(custom), vars(pyextrasafe).copy())
    assert again == custom
    assert again._rules() == custom._rules()


# ---- Contradictions ----


def limits_everything(rules):
    """Is a call found for each name that the rules do not allow?"""
    return all(
        model.is_seen_to_limit([rule for rule in rules if rule[0] == call])
        for call in {call for call, _ in rules}
    )


def test_contradictions_are_found():
    seen = collections.Counter()

    @examples(150)
    @given(any_rules(most_calls=2), forms)
    def check(rules, form):
        policy = Policy()
        policy.enable(custom_of(rules, form))
        if model.contradicts(rules):
            expected = [lib.ES_ERR_CONTRADICTION]
        elif all(map(model.is_simple, rules)) or limits_everything(rules):
            expected = [lib.ES_OK]
        else:  # as a rule they allow everything together; test_every_value() looks closer
            expected = [lib.ES_OK, lib.ES_ERR_CONTRADICTION]
        assert policy.compile() in expected
        seen[expected[0]] += 1

    check()
    assert min(seen[lib.ES_OK], seen[lib.ES_ERR_CONTRADICTION]) > 10


@examples(10)
@given(policies, any_rules(most_calls=1))
def test_a_contradiction_is_not_loaded(prober, apart, rules):
    assert prober.ask(apart, [])[1] == []
    if model.contradicts(rules):
        assert prober.ask(rules, [])[1] == "ExtraSafeError"


# ---- Every value of 16 bits ----

MODE = ("mkdirat", 2)
near_edges = st.one_of(st.integers(0, 9), st.integers(2**16 - 9, 2**16 - 1), st.integers(-9, -1))
few_bits = st.one_of(st.integers(0, 7), st.integers(0, 2**16 - 1), st.integers(-9, -1))


@st.composite
def comparisons_of_mode(draw):
    op = draw(st.one_of(symbols, symbols, few_bits))
    datum = draw(near_edges)
    if isinstance(op, int):
        datum = datum % 2**16 & op % 2**16
    return MODE[1], op, datum


@st.composite
def rules_of_mode(draw):
    """Some rules; often two of them hold for every value only together."""
    rules = draw(st.lists(st.lists(comparisons_of_mode(), min_size=1, max_size=3), max_size=5))
    if draw(st.booleans()):
        datum = draw(near_edges)
        pairs = st.sampled_from([("==", "!="), ("<", ">="), ("<=", ">")])
        rules += [[(MODE[1], op, datum)] for op in draw(pairs)]
    return draw(st.permutations(rules))


def satisfying(comparisons):
    """All values of the mode for which all of them hold."""
    return {
        value
        for value in range(2**16)
        if all(model.holds(16, op, datum, value) for _, op, datum in comparisons)
    }


def test_every_value():
    seen = collections.Counter()

    @examples(60)
    @given(rules_of_mode())
    @example([[(2, "==", 1)], [(2, "!=", 1)]])
    @example([[(2, "<=", 7), (2, 1, 0)], [(2, ">", 7)], [(2, 1, 1)]])
    @example([[(2, 3, 0)], [(2, 3, 1)], [(2, 3, 2)], [(2, 3, -1 % 4)]])
    def check(rules):
        custom, values = Custom(), []
        for comparisons in rules:
            values.append(satisfying(comparisons))
            seen[bool(values[-1])] += 1
            if values[-1]:
                custom.add_conditional((MODE[0], comparisons))
            else:
                with pytest.raises(ValueError, match="^no value of argument 2 of mkdirat"):
                    Rule(MODE[0], comparisons)
        policy = Policy()
        policy.enable(custom)
        simple = [len(some) == 2**16 for some in values if some]
        void = len(set().union(*values)) == 2**16 and not all(simple)
        void = void or len(set(simple)) == 2
        assert policy.compile() == (lib.ES_ERR_CONTRADICTION if void else lib.ES_OK)
        seen["void" if void else "fine"] += 1

    check()
    assert min(seen[True], seen[False], seen["void"], seen["fine"]) > 3
