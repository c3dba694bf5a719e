"""Asks the kernel what a filter lets through: the parent's half. inside/prober.py is the other."""

import marshal
import pathlib
import subprocess
import sys

INSIDE = pathlib.Path(__file__).parent / "inside"


class Prober:
    """A process that does for each question what it must not do itself in a child of its own.

    It needs no PID namespace: none of its calls is about a process, and what cannot report a
    refusal is always allowed.
    """

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, str(INSIDE / "prober.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, rules, probes):
        """The errno (0: none) of each probe without a filter and with one, or what went wrong.

        rules are those of one Custom; a probe is (number, arguments).
        """
        request = marshal.dumps((rules, probes))
        self._process.stdin.write(len(request).to_bytes(8, "little") + request)
        self._process.stdin.flush()
        length = int.from_bytes(self._process.stdout.read(8), "little")
        free, limited = marshal.loads(self._process.stdout.read(length))
        return free, limited

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
