"""Breaks of the compiler: each line of breaks.txt applied to a copy of csrc/, which its own tests
must then notice.

A break is one or more lines of a file that are replaced by others:

    == program/compile.c: what is broken
    - old line
    - old line
    + new line

The old lines must occur exactly once: a list that no longer fits the source is a failure.
"""

import os
import resource
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
CSRC = HERE.parents[1] / "csrc"
LIST = HERE / "breaks.txt"

# The quickest first. "meaning" compares random policies with their programs.
TESTS = ["denied", "cache", "program", "cases", "comparison", "requests", "contradiction"]
TESTS += ["access", "meaning", "compile", "cover", "witness"]
# Without the sanitizers, which are slow and here find nothing that the tests do not.
MAKE = ["make", "-s", "--no-print-directory", "SANITIZE=-O1", "WERROR="]
PROGRAMS = [f"build/sanitized/tests/test_{test}" for test in TESTS]
DECISIONS, SEED = "200000", "1"
SECONDS, BYTES = 120, 2 << 30  # a break may also make an endless loop


class Break:
    def __init__(self, title):
        self.file, _, self.what = title.partition(": ")
        self.old, self.new = [], []

    def __str__(self):
        return f"{self.file}: {self.what}"

    def apply(self, folder):
        """Return what is wrong with the break itself, or None."""
        path = Path(folder, self.file)
        lines = path.read_text().splitlines()
        size = len(self.old)
        found = [i for i in range(len(lines)) if lines[i : i + size] == self.old]
        if len(found) != 1:
            return f"its old lines occur {len(found)} times"
        lines[found[0] : found[0] + size] = self.new
        path.write_text("".join(f"{line}\n" for line in lines))
        return None


def read_breaks():
    found = []
    for line in LIST.read_text().splitlines():
        if line.startswith("== "):
            found.append(Break(line[3:]))
        elif line[:1] in ("-", "+"):
            (found[-1].old if line[0] == "-" else found[-1].new).append(line[2:])
        elif line and not line.startswith("#"):
            raise SystemExit(f"{LIST.name}: {line!r} is no line of a break")
    return found


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, folder):
    """Return whether a command succeeds, in time and with the memory it may have."""
    environment = dict(os.environ, ES_TEST_DECISIONS=DECISIONS, ES_TEST_SEED=SEED)
    try:
        result = subprocess.run(
            command, cwd=folder, env=environment, preexec_fn=limit, timeout=SECONDS,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False, "takes too long"
    return result.returncode == 0, result.stdout.decode(errors="replace")


class Compiler:
    """A copy of csrc/, from which broken ones are made."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.whole = self.folder / "whole"
        shutil.copytree(CSRC, self.whole, ignore=shutil.ignore_patterns("build"))

    def build(self):
        """Build it, so that of broken copies only what is broken has to be built."""
        built, output = run([*MAKE, f"-j{os.cpu_count()}", *PROGRAMS], self.whole)
        if not built:
            raise SystemExit(f"csrc/ does not build:\n{output}")

    def notice(self, folder):
        """Return the first of the tests that fails in a folder, or None."""
        for test, program in zip(TESTS, PROGRAMS):
            passed, _ = run([program], folder)
            if not passed:
                return test
        return None

    def judge(self, broken):
        """Return (which test notices, what is wrong with the break itself)."""
        folder = self.folder / f"broken-{id(broken)}"
        shutil.copytree(self.whole, folder)  # with the times of all files, for make
        try:
            fault = broken.apply(folder)
            if not fault:
                built, output = run([*MAKE, *PROGRAMS], folder)
                fault = None if built else f"does not compile:\n{output}"
            return None if fault else self.notice(folder), fault
        finally:
            shutil.rmtree(folder)

    def judge_all(self, breaks):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self.judge, breaks))
