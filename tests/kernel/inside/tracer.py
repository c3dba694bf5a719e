"""Holds a thread of another process, as a debugger does. See ptrace(2)."""

import os
import time

PTRACE_SINGLESTEP, PTRACE_DETACH, PTRACE_SYSCALL = 9, 17, 24
PTRACE_SEIZE, PTRACE_GET_SYSCALL_INFO, PTRACE_O_TRACESYSGOOD = 0x4206, 0x420E, 1
PR_SET_PTRACER, ANYBODY = 0x59616D61, 2**64 - 1
SYSCALL_STOP, SIZE, ENTRY, WALL = 0x85, 88, 1, 0x40000000
MOMENT = 0.01  # seconds


def let_trace(raw):
    """Let any process of the user trace this one, where the kernel otherwise lets parents only."""
    try:
        raw("prctl", PR_SET_PTRACER, ANYBODY)
    except OSError:  # it has no such limit
        pass


class Tracer:
    def __init__(self, raw, tid):
        self._raw = raw
        self._tid = tid
        self._info = raw.memory(SIZE)
        raw("ptrace", PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD)

    def _wait(self):
        return os.WSTOPSIG(os.waitpid(self._tid, WALL)[1])

    def _go_on(self, how, signal=0):
        self._raw("ptrace", how, self._tid, 0, signal)
        return self._wait()

    def run_behind(self, call):
        """Let it run, from the next signal on, until it has made a call."""
        stop, inside = self._wait(), False
        while True:
            if stop == SYSCALL_STOP:
                self._raw("ptrace", PTRACE_GET_SYSCALL_INFO, self._tid, SIZE, self._info)
                info = self._raw.read(self._info, SIZE)
                if inside and info[0] != ENTRY:
                    return
                number = int.from_bytes(info[24:32], "little")
                inside = info[0] == ENTRY and number == self._raw.number(call)
            stop = self._go_on(PTRACE_SYSCALL, 0 if stop == SYSCALL_STOP else stop)

    def step(self, count, done):
        """Let it make so many instructions, one after the other and slowly, until done(); then let
        it go."""
        for _ in range(count):
            if done():
                break
            self._go_on(PTRACE_SINGLESTEP)
            for _ in range(15):
                time.sleep(0 if done() else MOMENT)
        self._raw("ptrace", PTRACE_DETACH, self._tid, 0, 0)
