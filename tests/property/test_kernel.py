"""The kernel decides as the policy means, and as the rules say."""

import collections
import errno

import pytest
from hypothesis import given

from . import model
from .effort import examples
from .library import ALLOW, Policy, number_of
from .strategies import policies, probes_of, seeds

pytestmark = pytest.mark.once


def test_the_kernel_decides_as_the_rules_say(prober):
    seen = collections.Counter()

    @examples(80)
    @given(policies, seeds)
    def check(rules, seed):
        policy = Policy()
        for rule in rules:
            policy.allow(*rule)
        probes = probes_of(rules, seed)
        calls = [(number_of(call), args) for call, args in probes]
        free, limited = prober.ask(rules, calls)
        assert isinstance(limited, list), limited
        for i, (call, args) in enumerate(probes):
            allowed = model.allows(rules, call, args)
            refusal = model.refusal(rules, call)
            assert (policy.meaning(*calls[i]) == ALLOW) == allowed
            assert limited[i] == (free[i] if allowed else refusal)
            # Where the kernel's own answer is that of a refusal, nothing is shown.
            if free[i] not in (errno.EPERM, refusal):
                seen[allowed] += 1

    check()
    assert min(seen[True], seen[False]) > 300
