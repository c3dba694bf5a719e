"""Nothing is missed, and nothing counted twice: strace counts the same calls as often."""

import ast
import collections
import pathlib
import shutil
import subprocess
import sys

import pytest
from kernel.box import cannot

WORKLOAD = str(pathlib.Path(__file__).parent / "inside" / "workload.py")
# How often these are made depends on the moment, and on where memory lies. (And clone3 is answered
# with ENOSYS while the process learns, as under every filter: clone follows.)
BY_CHANCE = {"futex", "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "clone", "clone3"}
BY_CHANCE |= {"epoll_wait", "gettid"}


def counted(trace):
    """How often each call was made between the marks."""
    found = collections.Counter()
    begun = False
    for line in trace.splitlines():
        words = line.split(None, 1)[1]
        name = words.partition("(")[0]
        begun = begun or '"/begin"' in words
        # What did not end before another thread's call has two lines.
        if begun and name.isidentifier():
            found[name] += 1
        if '"/end"' in words:
            return found
    raise AssertionError("the end is missing")


@pytest.mark.once
def test_it_is_complete(tmp_path):
    strace = shutil.which("strace") or cannot("there is no strace")
    learnt = subprocess.run(
        [sys.executable, WORKLOAD, "learn"], stdout=subprocess.PIPE, check=True, cwd=tmp_path
    )
    command = [strace, "-f", "-o", "trace", sys.executable, WORKLOAD, "plain"]
    subprocess.run(command, check=True, cwd=tmp_path)
    seen = ast.literal_eval(learnt.stdout.decode())
    expected = counted((tmp_path / "trace").read_text())
    assert set(seen) | BY_CHANCE == set(expected) | BY_CHANCE
    names = set(expected) - BY_CHANCE
    assert {name: seen[name] for name in names} == {name: expected[name] for name in names}
