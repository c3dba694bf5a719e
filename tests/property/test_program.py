"""A policy means what its program decides, whoever interprets it."""

import errno
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from . import bpf, model
from .effort import examples
from .library import (
    ALLOW,
    ARCHITECTURES,
    ERRNO,
    Policy,
    conditions,
    lib,
    number_of,
    public_permissions,
)
from .strategies import ARGUMENTS, policies, probes_of, seeds

pytestmark = pytest.mark.once

CONDITIONS = list(conditions())

# All numbers there are: known and unknown ones, those of x32, negative ones.
numbers = st.one_of(
    st.integers(-3, 600),
    st.sampled_from([423, 424, 2**30 - 1, 2**30, 2**31 - 1, -(2**31)]),
    st.integers(-(2**31), 2**31 - 1),
)


def compiled(rules, arch):
    policy = Policy(arch)
    for call, comparisons in rules:
        policy.allow(call, comparisons)
    assert policy.compile() == lib.ES_OK
    return policy


@examples(150)
@given(policies, seeds, st.sampled_from(ARCHITECTURES), st.lists(numbers, max_size=5))
def test_policy_program_and_interpreters_agree(rules, seed, arch, others):
    policy = compiled(rules, arch)
    program = policy.instructions()
    calls = [(number_of(call, arch), args) for call, args in probes_of(rules, seed)]
    for number, args in calls + [(other, (seed,) * ARGUMENTS) for other in others]:
        meaning = policy.meaning(number, args)
        assert policy.decision(number, args) == meaning
        assert bpf.run(program, arch, number, args) == meaning


@examples(150)
@given(
    st.lists(st.sampled_from(list(public_permissions())), max_size=3),
    policies,
    seeds,
    st.sampled_from(ARCHITECTURES),
)
def test_permissions_and_rules_together(permissions, rules, seed, arch):
    policy = Policy(arch)
    for permission in permissions:
        policy.permit(*permission)
    for call, comparisons in rules:
        policy.allow(call, comparisons)
    assume(policy.compile() == lib.ES_OK)  # else it is a contradiction
    program = policy.instructions()
    chance = random.Random(seed)
    for call, data in chance.sample(CONDITIONS, 60):
        args = [data.get(arg, chance.getrandbits(3)) for arg in range(ARGUMENTS)]
        args[chance.randrange(3)] ^= chance.choice((0, 1, 3, 2**32, 2**63, 0x20000000))
        number = number_of(call, arch)
        meaning = policy.meaning(number, args)
        assert policy.decision(number, args) == meaning
        assert bpf.run(program, arch, number, args) == meaning


operations = st.one_of(st.integers(0x4552FFFE, 0x45530007), numbers.map(lambda n: n % 2**32))


@st.composite
def rules_about_operations(draw):
    """Rules of seccomp(2), whose operations are often questions to the filter."""
    comparisons = st.tuples(st.just(0), st.sampled_from(sorted(model.SYMBOLS)), operations)
    made = draw(st.lists(st.lists(comparisons, max_size=2), max_size=4))
    rules = [(model.ASKED, comparisons) for comparisons in made]
    return [rule for rule in rules if model.is_seen_to_hold(rule)]


@examples(150)
@given(rules_about_operations(), st.lists(operations, min_size=1), st.sampled_from(ARCHITECTURES))
def test_questions_are_answered_before_all_rules(rules, asked, arch):
    policy = Policy(arch)
    for call, comparisons in rules:
        policy.allow(call, comparisons, lib.ES_RULE_UNITE)
    assert policy.compile() == lib.ES_OK
    number, exported = number_of(model.ASKED, arch), policy.instructions()
    for operation in asked:
        for garbage in (0, 2**32, 2**64 - 2**32):
            args = (operation | garbage, 1, 2, 3, 4, 5)
            by_rules = ALLOW if model.allows(rules, model.ASKED, args) else ERRNO | errno.EPERM
            answer = model.ANSWERS.get(operation)
            expected = by_rules if answer is None else ERRNO | answer
            assert policy.meaning(number, args) == policy.decision(number, args) == expected
            assert bpf.run(exported, arch, number, args) == by_rules


@examples(150)
@given(policies, seeds, st.sampled_from(ARCHITECTURES))
def test_a_policy_means_what_the_rules_say(rules, seed, arch):
    policy = compiled(rules, arch)
    for call, args in probes_of(rules, seed):
        allowed = model.allows(rules, call, args)
        expected = ALLOW if allowed else ERRNO | model.refusal(rules, call)
        assert policy.meaning(number_of(call, arch), args) == expected
