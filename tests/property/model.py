"""What rules of one's own mean, written down as naively as can be.

A rule is (call, comparisons); a comparison is (arg, op, datum); an operator is a symbol, or an int,
which is the mask of a masked comparison. Datum and mask may be negative. Nothing of the library is
used here.
"""

import errno
import operator
import random

SYMBOLS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}

POINTER = "pointer"
UNKNOWN = "unknown"
VARIES = "varies"  # with another argument: 32 bits or 64
NONE = "none"
_LETTERS = {"2": 16, "4": 32, "8": 64, "p": POINTER, "?": VARIES}

# How many bits the kernel reads of each argument; more it does not read. The calls are chosen so
# that they do no harm with a descriptor that is closed and pointers that are bad.
CALLS = {
    "accept4": "4pp4",
    "clock_gettime": "4p",
    "copy_file_range": "4p4p84",
    "epoll_ctl": "444p",
    "faccessat2": "4p44",
    "fallocate": "4488",
    "fcntl": "44?",
    "fchmod": "42",
    "ftruncate": "48",
    "getdents64": "4p4",
    "ioctl": "44?",
    "linkat": "4p4p4",
    "lseek": "484",
    "mkdirat": "4p2",
    "mknodat": "4p24",
    "openat": "4p42",
    "pread64": "4p88",
    "renameat2": "4p4p4",
    "sendto": "4p84p4",
    "setsockopt": "444p4",
    "statx": "4p44p",
    # No kernel has these: allowed, they do not exist.
    1000: "",
    1001: "",
    2**30 - 1: "",
}

# This one does harm: its rules are asked of programs only.
ASKED = "seccomp"
_ARGUMENTS = {**CALLS, ASKED: "44p"}

# What a filter that is not loaded answers to operations of seccomp(2), whatever the rules say:
# there is one, but it has neither layer nor digest.
ANSWERS = {0x45530000: 0xE51, **dict.fromkeys(range(0x45530001, 0x45530006), 0)}

# Calls that, where they are not allowed at all, are refused as if they did not exist.
ABSENT = frozenset(("accept4", "faccessat2", "statx", 1000, 1001, 2**30 - 1))


def width(call, arg):
    """The bits that the kernel reads of an argument: a number, or one of the words above."""
    letters = _ARGUMENTS[call]
    if arg < len(letters):
        return _LETTERS[letters[arg]]
    return NONE if letters else UNKNOWN


def readings(bits, datum):
    """How many bits may be read: more than one possibility where it is not known."""
    if bits == UNKNOWN or (bits == VARIES and fits(datum, 32)):
        return (32, 64)
    return (bits,) if isinstance(bits, int) else (64,)


def fits(number, bits):
    """Is it a number of so many bits, signed or unsigned?"""
    return -(2 ** (bits - 1)) <= number < 2**bits


def never_holds(bits, op, datum):
    """Is there no number that is less, or greater?"""
    return any(
        (op == "<" and datum % 2**read == 0) or (op == ">" and datum % 2**read == 2**read - 1)
        for read in readings(bits, datum)
    )


def can_be_made(bits, op, datum):
    """Do the comparison's numbers fit its width and its mask?"""
    if bits == NONE:
        return False
    if bits == POINTER:
        return op in ("==", "!=") and datum == 0
    if isinstance(op, int) and not fits(op, max(readings(bits, datum))):
        return False
    for read in readings(bits, datum):
        if not fits(datum, read):
            return False
        if isinstance(op, int) and datum % 2**read & ~(op % 2**read):
            return False
    return True


def holds(bits, op, datum, value):
    """Does the comparison hold for this value of the argument?"""
    for read in readings(bits, datum):
        left, right = value % 2**read, datum % 2**read
        if not _holds_at(op if isinstance(op, str) else op % 2**read, left, right):
            return False
    return True


def _holds_at(op, left, right):
    if isinstance(op, int):
        return left & op == right
    return SYMBOLS[op](left, right)


def holds_always(bits, op, datum):
    """Does the comparison hold for every value?"""
    for read in readings(bits, datum):
        right = datum % 2**read
        if isinstance(op, int):
            good = op % 2**read == 0
        else:
            good = (op == ">=" and right == 0) or (op == "<=" and right == 2**read - 1)
        if not good:
            return False
    return True


def is_simple(rule):
    """Does the rule allow its call whatever the arguments are?"""
    call, comparisons = rule
    return all(holds_always(width(call, arg), op, datum) for arg, op, datum in comparisons)


def contradicts(rules):
    """Is a call allowed both without a condition and with one?"""
    kinds = {}
    for rule in rules:
        kinds.setdefault(rule[0], set()).add(is_simple(rule))
    return any(len(kind) == 2 for kind in kinds.values())


def _likely_values(rules, arg):
    """Values of an argument at which the rules may change their mind."""
    values = {0, 2**64 - 1}
    for _, comparisons in rules:
        made = [(op, datum % 2**64) for on, op, datum in comparisons if on == arg]
        masked = [(op % 2**64, datum) for op, datum in made if isinstance(op, int)]
        near = {(datum + step) % 2**64 for _, datum in made for step in (-1, 0, 1)}
        near |= {value ^ 1 << 40 for value in near}
        for mask, datum in masked:
            near |= {(value & ~mask) % 2**64 | datum for value in near}
            near |= {datum ^ (mask & -mask), datum | ~mask % 2**64}
        values |= near
    return sorted(values)


def _likely_calls(rules, call):
    chance = random.Random(0)
    values = [_likely_values(rules, arg) for arg in range(6)]
    return ((call, [chance.choice(likely) for likely in values]) for _ in range(500))


def is_seen_to_hold(rule):
    """Is a call found that the rule allows?"""
    return any(allows([rule], *made) for made in _likely_calls([rule], rule[0]))


def is_seen_to_limit(rules):
    """Is a call found, of the only one that the rules are about, that none of them allows?"""
    return not all(allows(rules, *made) for made in _likely_calls(rules, rules[0][0]))


def allows(rules, call, args):
    """Does one of the rules allow the call?"""
    return any(
        all(holds(width(call, arg), op, datum, args[arg]) for arg, op, datum in comparisons)
        for allowed, comparisons in rules
        if allowed == call
    )


def refusal(rules, call):
    """The errno of the call where no rule allows it."""
    conditional = any(allowed == call for allowed, _ in rules)
    return errno.ENOSYS if call in ABSENT and not conditional else errno.EPERM
