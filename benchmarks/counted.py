"""What can be counted: lengths of filters, and instructions executed until a call is decided.

These figures are the same on every machine.  They are about the bare policies of policies.json, for
x86-64 and without BasicCapabilities, whatever compiled them.
"""

from statistics import median

#: The most that each figure may be.  A test holds them, and the benchmark prints them.  16 of the
#: instructions answer questions about the filter.
LIMITS = {
    ("small", "length"): 88,
    ("medium", "length"): 128,
    ("large", "length"): 162,
    ("extra_large", "length"): 152,
    ("medium", "first hot call"): 7,
    ("medium", "write to stdout"): 9,
    ("medium", "median conditional call"): 15,
    ("medium", "median refused call"): 15,
    ("descriptors-3000", "slowest write"): 40,
}

#: The figures about calls, with what they mean.
MEANINGS = {
    "first hot call": "the conditional call that is allowed soonest",
    "write to stdout": "write(2) to descriptor 1",
    "median conditional call": "a call for each conditional rule, which satisfies it",
    "median refused call": "each call that the policy does not name",
    "median unconditional call": "each call that is allowed whatever its arguments are",
    "slowest write": "write(2) to each allowed descriptor, and to the next one, which is not",
}

# What was numbered before architectures began to count alike.
_OLD_NUMBERS = range(335)


def satisfying(comparisons):
    """Return arguments for which all of these hold."""
    arguments = [0] * 6
    for argument, _, datum in comparisons:
        arguments[argument] = datum
    return arguments


def of_calls(rules, number, decide):
    """Return the figures about the calls of a policy.

    number(name) is the number of a system call, or negative; decide(number, arguments) tells
    whether it is allowed, and after how many instructions.
    """

    def executed(call, arguments, expected):
        allowed, instructions = decide(call, arguments)
        assert allowed is expected, (call, arguments)
        return instructions

    named = {number(name) for name, _ in rules}
    conditional = [
        executed(number(name), satisfying(comparisons), True)
        for name, comparisons in rules
        if comparisons
    ]
    return {
        "first hot call": min(conditional),
        "write to stdout": executed(number("write"), [1, 0, 0, 0, 0, 0], True),
        "median conditional call": median(conditional),
        "median refused call": median(
            executed(call, [0] * 6, False) for call in _OLD_NUMBERS if call not in named
        ),
        "median unconditional call": median(
            executed(number(name), [0] * 6, True) for name, comparisons in rules if not comparisons
        ),
    }


def of_descriptors(rules, number, decide):
    """Return the figure about a policy of isolated descriptors."""
    write = number("write")
    slowest = 0
    for name, comparisons in rules:
        if name == "write":
            arguments = satisfying(comparisons)
            for expected in (True, False):
                allowed, instructions = decide(write, arguments)
                assert allowed is expected, arguments
                slowest = max(slowest, instructions)
                arguments[0] += 1
    return {"slowest write": slowest}


def figures(name, rules, number, decide):
    """Return all figures about calls of one policy."""
    about = of_descriptors if name.startswith("descriptors-") else of_calls
    return about(rules, number, decide)
