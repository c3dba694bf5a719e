"""Makes calls under a filter: the child's half of kernel.py.

Reads requests of (rules, probes) from standard input and answers each with two lists, the errno of
every probe without a filter and with one. The probes are made in children that have closed all
their descriptors, so that they can do no harm.
"""

import ctypes
import marshal
import mmap
import os
import signal
import struct
import sys

from pyextrasafe import Custom, ExtraSafeError, SafetyContext

LONGEST = 60  # seconds that a child may take
MOST_PROBES = 1000
RESULT = struct.Struct("<i")

syscall = ctypes.CDLL(None, use_errno=True).syscall
syscall.restype = ctypes.c_long
syscall.argtypes = [ctypes.c_long] * 7


def make_probes(probes, results):
    for position, (number, arguments) in enumerate(probes):
        words = [word - 2**64 if word >= 2**63 else word for word in arguments]
        ctypes.set_errno(0)
        failed = syscall(number, *words) == -1
        RESULT.pack_into(results, position * RESULT.size, ctypes.get_errno() if failed else 0)


def run_child(probes, results, context):
    """The errno of each probe; or a sentence, where the context cannot be applied."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(LONGEST)
            os.closerange(0, os.sysconf("SC_OPEN_MAX"))
            if context is not None:
                context.apply_to_current_thread()
            make_probes(probes, results)
            code = 0
        except ExtraSafeError:
            code = 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status == 2 << 8:
        return "ExtraSafeError"
    if status:
        return f"the child ended with status {status:#x}"
    return [RESULT.unpack_from(results, i * RESULT.size)[0] for i in range(len(probes))]


def answer(rules, probes, results):
    custom = Custom()
    for rule in rules:
        custom.add_conditional(rule)
    context = SafetyContext().enable(custom)
    return run_child(probes, results, None), run_child(probes, results, context)


def main():
    results = mmap.mmap(-1, MOST_PROBES * RESULT.size)
    while True:
        length = sys.stdin.buffer.read(8)
        if not length:
            break
        rules, probes = marshal.loads(sys.stdin.buffer.read(int.from_bytes(length, "little")))
        reply = marshal.dumps(answer(rules, probes, results))
        sys.stdout.buffer.write(len(reply).to_bytes(8, "little") + reply)
        sys.stdout.buffer.flush()


main()
