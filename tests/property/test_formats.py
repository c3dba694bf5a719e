"""What is exported means the same as the filter, and where something is left out, never more.

libseccomp compiles what OCI says, as runtimes do, and its program is asked.
"""

import collections
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyextrasafe
from pyextrasafe import Custom, ExtraSafeError, SafetyContext, _ask, _ffi
from pyextrasafe.formats import _cubes, _policy_file

from . import bpf, libseccomp
from .effort import examples
from .library import ALLOW, NATIVE, lib
from .strategies import any_rules, seeds

pytestmark = pytest.mark.once

WIDEST = ["own process", "conditions", "numbers", "answers"]
MOST_INSTRUCTIONS = 4096
TAKES = {lib.ES_TAKES_NOTHING: "", lib.ES_TAKES_DESCRIPTOR: "5", lib.ES_TAKES_PORT: ""}
#: Every permission without a path or a port, as code.
PERMISSIONS = sorted(
    _ffi.spell(ruleset, name, TAKES[takes])
    for ruleset, kind in _policy_file._BUILT_IN.items()
    for name, takes in [("", 0), *_policy_file._permissions(kind).items()]
    if takes in TAKES
)


def enabled(code):
    return eval(code, vars(pyextrasafe))


permissions = st.sampled_from(PERMISSIONS)


@st.composite
def filters(draw):
    context = SafetyContext()
    for code in draw(st.lists(permissions, max_size=4)):
        context.enable(enabled(code))
    custom = Custom()
    for rule in draw(any_rules(most_calls=2)):
        custom.add_conditional(rule, unite=True)
    try:
        return context.enable(custom).compile()
    except ExtraSafeError:
        return context.compile() if draw(st.booleans()) else SafetyContext().compile()


def compiled(profile):
    """What a runtime makes of a profile."""
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert profile["defaultErrnoRet"] == 1
    rules = []
    for rule in profile["syscalls"]:
        comparisons = []
        for told in rule.get("args", ()):
            assert told["op"] == "SCMP_CMP_MASKED_EQ"
            comparisons.append((told["index"], told["value"], told["valueTwo"]))
        # Runtimes take two comparisons of one argument for alternatives.
        assert len({arg for arg, _, _ in comparisons}) == len(comparisons)
        action = libseccomp.ACT_ALLOW
        if rule["action"] != "SCMP_ACT_ALLOW":
            assert rule["action"] == "SCMP_ACT_ERRNO"
            action = libseccomp.ACT_ERRNO | rule["errnoRet"]
        numbers = map(libseccomp.number_of, rule["names"])
        # Names that libseccomp does not know are left out.
        rules += [(number, comparisons, action) for number in numbers if number >= 0]
    return libseccomp.program(rules)


def probes(policy, chance):
    """Calls near those where a way changes its mind, as (number, arguments)."""
    for number in {*policy.numbers(), *range(0, 470, 7)}:
        yield number, [chance.getrandbits(64) for _ in range(6)]
        ways = policy.ways(number)
        for way in chance.sample(ways, min(len(ways), 6)):
            for _ in range(4):
                args = [chance.choice([0, 1, 3, 5, chance.getrandbits(64)]) for _ in range(6)]
                for told in way.comparisons:
                    args[told.argument] = told.datum
                for told in way.comparisons:
                    step = chance.choice([0, 0, 0, -1, 1, 1 << chance.randrange(64), 1 << 32])
                    args[told.argument] = (args[told.argument] + step) % 2**64
                yield number, args


def answers(made, program, seed):
    """What the filter and a program answer to calls whose names libseccomp knows."""
    chance = random.Random(seed)
    for number, args in probes(made._policy, chance):
        call = _ask.Call(number)
        for position, value in enumerate(args):
            call.set(position, value)
        if libseccomp.number_of(call.name()) != number or call.is_question():
            continue
        yield made._policy.decide(call, 0), bpf.run(program, NATIVE, number, args), call.words()


def test_oci_says_the_same():
    seen = collections.Counter()

    @examples(60)
    @given(filters(), seeds)
    def check(made, seed):
        without = ["own process"]
        try:
            profile = made.to_oci(without)
        except ExtraSafeError:
            seen["refused"] += 1
            without = WIDEST
            profile = made.to_oci(without)
        program = compiled(json.loads(profile))
        assert len(program) <= MOST_INSTRUCTIONS
        for ours, theirs, call in answers(made, program, seed):
            if without == WIDEST:
                assert theirs != ALLOW or ours == ALLOW, call
            else:
                assert ours == theirs, call
                seen[theirs] += 1

    check()
    fails = [seen[libseccomp.ACT_ERRNO | errnum] for errnum in (1, 25, 38)]
    assert min(seen[ALLOW], *fails) > 10
    assert seen["refused"]


# They have rows that would take too many rules.
NOT_IN_OCI = {
    "SystemIO.everything()": "ioctl",
    "SystemIO().allow_ioctl()": "ioctl",
    "Networking().allow_event_loop()": "fcntl",
}


@pytest.mark.parametrize("code", PERMISSIONS)
def test_every_permission_in_oci(code):
    made = SafetyContext().enable(enabled(code)).compile()
    without = ["own process"]
    if code in NOT_IN_OCI:
        with pytest.raises(ExtraSafeError, match=f'"{NOT_IN_OCI[code]}: .* where .*"conditions"'):
            made.to_oci(without)
        without.append("conditions")
    program = compiled(json.loads(made.to_oci(without)))
    assert len(program) <= MOST_INSTRUCTIONS
    found = list(answers(made, program, 0))
    for ours, theirs, call in found:
        assert ours == theirs or (code in NOT_IN_OCI and theirs != ALLOW), call
    assert any(theirs == ALLOW for _, theirs, _ in found)


@examples(150)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6), st.data())
def test_cubes_are_sets(arguments, data):
    """Union, difference and membership agree, at calls near the cubes."""
    masks = st.sampled_from([1, 2**32 - 1, 2**64 - 1, 6, 0xFF00, 1 << 63])

    def cube():
        positions = data.draw(st.lists(st.integers(0, 2), max_size=3, unique=True))
        given = [(position, data.draw(masks)) for position in sorted(positions)]
        return tuple(
            (position, mask, data.draw(st.sampled_from([arguments[position], 0, 5])) & mask)
            for position, mask in given
        )

    one, other = [cube() for _ in range(2)], [cube() for _ in range(2)]
    near = [arguments, [0] * 6, [5] * 6, [value ^ 1 for value in arguments]]
    near += [[value ^ 1 << 40 for value in arguments], *map(_cubes.example, one + other)]
    try:
        left = _cubes.without(one, other)
    except _cubes.TooManyError:
        return
    for args in near:
        inside = _cubes.have(one, args)
        assert _cubes.have(_cubes.joined(one), args) == inside
        assert _cubes.have(left, args) == (inside and not _cubes.have(other, args))
