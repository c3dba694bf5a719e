"""Ours agrees with libseccomp's own generator where that is right, and is right where it is not."""

import collections
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import bpf, libseccomp, model
from .effort import examples
from .library import ALLOW, NATIVE, Policy, lib
from .strategies import ARGUMENTS, probes_of, seeds

pytestmark = pytest.mark.once

NAMES = [call for call in model.CALLS if isinstance(call, str)]


@st.composite
def policies(draw):
    """Rules of == and masked ==; all rules of a call test the same arguments, of known width."""
    rules = []
    for call in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        known = [arg for arg in range(ARGUMENTS) if model.width(call, arg) in (16, 32, 64)]
        args = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
        together = st.tuples(*[comparisons(call, arg) for arg in sorted(args)])
        rules += [(call, made) for made in draw(st.lists(together, min_size=1, max_size=6))]
    return rules


@st.composite
def comparisons(draw, call, arg):
    full = 2 ** model.width(call, arg) - 1
    mask = draw(
        st.one_of(st.just(full), st.sampled_from([1, 2, 6, 0x8000, full - 1]), st.integers(1, full))
    )
    return arg, mask, draw(st.one_of(st.integers(0, 8), st.integers(0, full))) & mask


def ours(rules):
    policy = Policy()
    for call, made in rules:
        full = {arg: 2 ** model.width(call, arg) - 1 for arg, _, _ in made}
        policy.allow(
            call,
            [(arg, "==" if mask == full[arg] else mask, datum) for arg, mask, datum in made],
            lib.ES_RULE_UNITE,  # they may allow everything together
        )
    assert policy.compile() == lib.ES_OK
    return policy.instructions()


def theirs(rules):
    return libseccomp.program((libseccomp.number_of(call), made) for call, made in rules)


def test_ours_and_theirs_agree():
    seen = collections.Counter()

    @examples(150)
    @given(policies(), seeds)
    def check(rules, seed):
        our_program, their_program = ours(rules), theirs(rules)
        for call, args in probes_of(rules, seed):
            if not isinstance(call, str):
                continue
            number = libseccomp.number_of(call)
            us = bpf.run(our_program, NATIVE, number, args) == ALLOW
            them = bpf.run(their_program, NATIVE, number, args) == libseccomp.ACT_ALLOW
            assert us == them
            seen[us] += 1

    check()
    assert min(seen[True], seen[False]) > 100


# What was seen to be wrong in these versions. The arguments 2 and 3 of pread64(2) have 64 bits.
FAULTY = [(2, 5, 4)]
FAULTS = {
    "two orders over the upper half": (
        [[(3, "<", 6)], [(3, ">=", 0x100000005)]],
        {3: 6},
    ),
    "an order within an order": (
        [[(2, ">=", 7)], [(2, ">=", 5), (3, "==", 5)]],
        {2: 5, 3: 5},
    ),
    "two inequalities of one argument": (
        [[(2, "!=", 1)], [(2, "!=", 5), (3, "==", 1)]],
        {2: 1},
    ),
    "the comparisons of two rules mixed up": (
        [[(2, ">=", 1), (3, "==", 7)], [(2, ">=", 5), (3, "==", 5)]],
        {2: 1, 3: 5},
    ),
    "a rule that another one hides": (
        [[(2, "==", 1)], [(2, "!=", 7), (3, "!=", 7)]],
        {2: 1, 3: 7},
    ),
}
HANGS = [[(2, "!=", 0), (3, "!=", 1)], [(2, "!=", 0), (3, "!=", 2**32)]]


def answers(alternatives, given):
    """What pread64(2) with these arguments gets from us, and from libseccomp by plain rules."""
    call, args = "pread64", tuple(given.get(arg, 0) for arg in range(ARGUMENTS))
    policy, number = Policy(), libseccomp.number_of(call)
    for comparisons in alternatives:
        policy.allow(call, comparisons)
    assert policy.compile() == lib.ES_OK
    us = bpf.run(policy.instructions(), NATIVE, number, args) == ALLOW
    their_program = libseccomp.program((number, comparisons) for comparisons in alternatives)
    them = bpf.run(their_program, NATIVE, number, args) == libseccomp.ACT_ALLOW
    right = model.allows([(call, comparisons) for comparisons in alternatives], call, args)
    return us, them, right


@pytest.mark.parametrize("fault", FAULTS)
def test_where_libseccomp_is_wrong(fault):
    us, them, right = answers(*FAULTS[fault])
    assert us == right
    assert them != right or libseccomp.version() not in FAULTY


def test_a_32_bit_argument_has_to_be_masked_for_it():
    number = libseccomp.number_of("lseek")
    wide = libseccomp.program([(number, [(0, "==", 1)])])
    narrow = libseccomp.program([(number, [(0, 2**32 - 1, 1)])])
    args = (2**32 + 1, 0, 0, 0, 0, 0)
    assert bpf.run(wide, NATIVE, number, args) != libseccomp.ACT_ALLOW
    assert bpf.run(narrow, NATIVE, number, args) == libseccomp.ACT_ALLOW


def test_where_libseccomp_hangs():
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(1)
        libseccomp.program((libseccomp.number_of("pread64"), made) for made in HANGS)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    assert hung or libseccomp.version() not in FAULTY

    policy = Policy()
    for comparisons in HANGS:
        policy.allow("pread64", comparisons)
    assert policy.compile() == lib.ES_OK
