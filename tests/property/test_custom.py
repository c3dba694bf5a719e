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


def plain(custom, call, comparisons):
    custom.add_conditional((call, comparisons))


def spelled_out(custom, call, comparisons):
    if comparisons:
        made = [Compare(arg, operator_of(op), datum) for arg, op, datum in comparisons]
        custom.add_conditional(Rule(call, made))
    else:
        custom.add_simple(call)


#: The forms in which a rule can be given.
forms = st.sampled_from([plain, spelled_out])


def custom_of(rules, form):
    custom = Custom()
    for call, comparisons in rules:
        form(custom, call, comparisons)
    return custom


# ---- What can be made ----


def test_rules_are_refused_exactly_where_they_cannot_hold():
    seen = collections.Counter()

    @examples(200)
    @given(calls, st.integers(0, ARGUMENTS - 1), st.one_of(symbols, masks), numbers)
    @example("openat", 0, "==", -100)
    @example("openat", 1, "!=", 0)
    @example("openat", 3, 0xFFFF, 0o644)
    def check(call, arg, op, datum):
        possible = model.can_be_made(model.width(call, arg), op, datum)
        seen[possible] += 1
        if possible:
            assert Rule(call, [(arg, op, datum)]).comparators[0].datum == datum
        else:
            with pytest.raises(ValueError, match="datum|mask|pointer|does not read"):
                Rule(call, [(arg, op, datum)])

    check()
    assert min(seen[True], seen[False]) > 20


@examples(100)
@given(st.integers(0, ARGUMENTS - 1), st.one_of(symbols, masks), numbers)
def test_without_a_call_only_what_never_holds_is_refused(arg, op, datum):
    if any(model.can_be_made(bits, op, datum) for bits in (16, 32, 64)):
        assert Compare(arg, op, datum).op == operator_of(op)
    else:
        with pytest.raises(ValueError, match="datum|mask"):
            Compare(arg, op, datum)


# ---- What it means ----


def test_rules_mean_what_the_model_says():
    seen = collections.Counter()

    @examples(150)
    @given(policies, seeds, forms)
    def check(rules, seed, form):
        policy = Policy()
        policy.enable(custom_of(rules, form))
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
@given(policies, forms)
def test_repr_makes_an_equal_object(rules, form):
    custom = custom_of(rules, form)
    made = eval(repr(custom), vars(pyextrasafe).copy())
    assert made == custom
    assert made._rules() == custom._rules()


# ---- Contradictions ----


def test_contradictions_are_found():
    seen = collections.Counter()

    @examples(150)
    @given(any_rules(most_calls=2), forms)
    def check(rules, form):
        policy = Policy()
        policy.enable(custom_of(rules, form))
        contradiction = model.contradicts(rules)
        assert policy.compile() == (lib.ES_ERR_CONTRADICTION if contradiction else lib.ES_OK)
        seen[contradiction] += 1

    check()
    assert min(seen[True], seen[False]) > 10


@examples(10)
@given(any_rules(most_calls=1))
def test_a_contradiction_is_not_loaded(prober, rules):
    _, limited = prober.ask(rules, [])
    assert limited == ("ExtraSafeError" if model.contradicts(rules) else [])
