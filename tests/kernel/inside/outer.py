"""An outer sandbox: a filter written by hand, which refuses some calls with an errno."""

from constants import SECCOMP_SET_MODE_FILTER

LOAD_NUMBER = 0x20, 0, 0, 0  # BPF_LD | BPF_W | BPF_ABS: the number stands first
LOAD_LOW_WORD = 0x20, 0, 0
AND = 0x54
JUMP_IF_EQUAL = 0x15
RETURN = 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000


def instruction(code, if_true, if_false, value):
    """A struct sock_filter."""
    return code.to_bytes(2, "little") + bytes([if_true, if_false]) + value.to_bytes(4, "little")


def program(number, code, value=None, argument=0, mask=0xFFFFFFFF):
    """Refuse one call, perhaps only where a value is in these bits of an argument; no others."""
    lines = [LOAD_NUMBER]
    if value is None:
        lines += [(JUMP_IF_EQUAL, 0, 1, number)]
    else:
        low_word = 16 + 8 * argument
        lines += [(JUMP_IF_EQUAL, 0, 4, number), (*LOAD_LOW_WORD, low_word), (AND, 0, 0, mask)]
        lines += [(JUMP_IF_EQUAL, 0, 1, value)]
    lines += [(RETURN, 0, 0, REFUSE | code), (RETURN, 0, 0, ALLOW)]
    return [instruction(*line) for line in lines]


def refuse(raw, name, code, value=None, **where):
    """From now on the kernel refuses this thread the call. Needs CAP_SYS_ADMIN."""
    load(raw, program(raw.number(name), code, value, **where))


def refuse_real_filters(raw, code):
    """From now on this thread can ask whether it may load a filter, but load none."""
    low_word_of_argument_2 = 32
    lines = [
        LOAD_NUMBER,
        (JUMP_IF_EQUAL, 0, 3, raw.number("seccomp")),
        (*LOAD_LOW_WORD, low_word_of_argument_2),
        (JUMP_IF_EQUAL, 1, 0, 0xFFFFFFFF),  # the address by which the kernel is asked
        (RETURN, 0, 0, REFUSE | code),
        (RETURN, 0, 0, ALLOW),
    ]
    load(raw, [instruction(*line) for line in lines])


def load(raw, lines):
    header = len(lines).to_bytes(8, "little") + raw.memory(b"".join(lines)).to_bytes(8, "little")
    raw("seccomp", SECCOMP_SET_MODE_FILTER, 0, raw.memory(header))
