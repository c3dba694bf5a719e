"""The figures that the benchmark counts: lengths of filters, and instructions until a decision."""

import sys
from functools import lru_cache, partial
from pathlib import Path

import pytest

from pyextrasafe import _ffi
from pyextrasafe._native import ffi, lib

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import counted  # noqa: E402
import policies  # noqa: E402

pytestmark = pytest.mark.once

# The policies are for this one, and can be compiled on every machine.
ARCH = lib.ES_ARCH_X86_64

POLICIES = policies.read()
FOUR = [name for name in POLICIES if not name.startswith("descriptors-")]
DESCRIPTORS = [name for name in POLICIES if name.startswith("descriptors-")]


def number(name):
    return lib.es_syscall_number(ARCH, name.encode())


def c_test(argument, op, datum):
    if op == "==":
        return {"argument": argument, "op": lib.ES_EQUAL, "datum": datum}
    return {"argument": argument, "op": lib.ES_MASKED_EQUAL, "mask": op, "datum": datum}


def compiled(rules):
    policy, program = ffi.new("es_policy **"), ffi.new("es_program **")
    error = _ffi._new_error()
    assert lib.es_policy_new(ARCH, policy, error) == lib.ES_OK
    policy = ffi.gc(policy[0], lib.es_policy_free)
    for name, comparisons in rules:
        packed = ffi.new("es_comparison[]", [c_test(*comparison) for comparison in comparisons])
        status = lib.es_policy_allow(policy, number(name), packed, len(packed), 0, error)
        assert status == lib.ES_OK, ffi.string(error.message)
    assert lib.es_compile(policy, program, error) == lib.ES_OK, ffi.string(error.message)
    return ffi.gc(program[0], lib.es_program_free)


def run(program, call, arguments):
    given = ffi.new("es_call *", {"nr": call, "arch": ARCH, "args": arguments})
    result = ffi.new("es_run *")
    assert lib.es_program_decide(program, given, 0, result, ffi.sizeof("es_run")) == lib.ES_OK
    return result


def decide(program, call, arguments):
    result = run(program, call, arguments)
    return result.action == lib.ES_ACTION_ALLOW, result.executed


@lru_cache(maxsize=None)
def program_of(policy):
    return compiled(POLICIES[policy])


@pytest.mark.parametrize(("policy", "figure"), counted.LIMITS)
def test_figure_is_within_its_limit(policy, figure):
    program = program_of(policy)
    found = {"length": lib.es_program_length(program)}
    found.update(counted.figures(policy, POLICIES[policy], number, partial(decide, program)))
    assert found[figure] <= counted.LIMITS[policy, figure]


@pytest.mark.parametrize("policy", FOUR)
def test_unconditional_calls_load_no_argument(policy):
    """The kernel then answers them without running the filter."""
    for name, comparisons in POLICIES[policy]:
        if not comparisons:
            result = run(program_of(policy), number(name), [2**64 - 1] * 6)
            assert (result.action, result.loaded_arguments) == (lib.ES_ACTION_ALLOW, 0), name


@pytest.mark.parametrize("policy", DESCRIPTORS)
def test_isolated_descriptors_are_decided_in_logarithmic_time(policy):
    count = int(policy.rpartition("-")[2])
    found = counted.figures(policy, POLICIES[policy], number, partial(decide, program_of(policy)))
    # A comparison for each halving, and a dozen instructions for everything else.
    assert found["slowest write"] <= count.bit_length() + 12


def test_adjacent_descriptors_are_one_range():
    few, many = (compiled(policies.descriptors(count, step=1)) for count in (20, 2000))
    assert lib.es_program_length(few) == lib.es_program_length(many)
    assert decide(many, number("write"), [3, 0, 0, 0, 0, 0])[0]
    assert decide(many, number("write"), [2002, 0, 0, 0, 0, 0])[0]
    assert not decide(many, number("write"), [2003, 0, 0, 0, 0, 0])[0]
