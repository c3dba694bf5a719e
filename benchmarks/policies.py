"""The policies that every peer is given.

A policy is a list of rules, and a rule the name of a system call with its comparisons, each of them
(argument, operator or mask, datum): what pyextrasafe.Custom takes.
"""

import json
from pathlib import Path

#: Numbers of descriptors that may be written to, every second one: no two are neighbours.
DESCRIPTORS = (10, 100, 1000, 3000)

# What the measuring itself needs.
_AROUND = (
    "brk clock_gettime exit exit_group futex getuid madvise mmap mprotect munmap rseq"
    " rt_sigprocmask set_robust_list"
).split()


def descriptors(count, step=2):
    rules = [(name, []) for name in _AROUND]
    rules += [("write", [(0, "==", 3 + step * i)]) for i in range(count)]
    return rules


def described(policy):
    rules = [(name, []) for name in policy["unconditional"]]
    rules += [(name, [tuple(item) for item in items]) for name, items in policy["conditional"]]
    return rules


def read():
    """Return the rules of every policy, by its name."""
    text = Path(__file__).with_name("policies.json").read_text(encoding="utf-8")
    policies = {name: described(policy) for name, policy in json.loads(text).items()}
    for count in DESCRIPTORS:
        policies[f"descriptors-{count}"] = descriptors(count)
    return policies
