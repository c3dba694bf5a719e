"""A tiny interpreter of classic BPF, which owes nothing to the library.

Source: the kernel's Documentation/networking/filter.rst and linux/bpf_common.h.
"""

import struct

WORD = 2**32 - 1
# struct seccomp_data: nr, arch, instruction_pointer, args[6]
DATA = struct.Struct("<iIQ6Q")
INSTRUCTION = struct.Struct("<HBBI")

LD_W_ABS = 0x00 | 0x00 | 0x20
ALU_AND_K = 0x04 | 0x50
JMP_JA = 0x05 | 0x00
RET_K = 0x06

CONDITIONS = {
    0x05 | 0x10: lambda word, k: word == k,
    0x05 | 0x20: lambda word, k: word > k,
    0x05 | 0x30: lambda word, k: word >= k,
    0x05 | 0x40: lambda word, k: word & k != 0,
}


def run(program, arch, number, args):
    """What a program, a list of (code, jt, jf, k), returns for a call."""
    data = DATA.pack(number, arch, 0, *args)
    accumulator = 0
    at = 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == LD_W_ABS:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == ALU_AND_K:
            accumulator &= k
        elif code == JMP_JA:
            at += k
        elif code == RET_K:
            return k
        else:
            at += yes if CONDITIONS[code](accumulator, k) else no


def parse(data):
    """The program that is stored in these bytes."""
    return list(INSTRUCTION.iter_unpack(data))
