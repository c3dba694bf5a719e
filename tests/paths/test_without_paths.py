"""Nothing changes for a program that limits no path and no port: neither its calls nor its filter.

The program is traced while it applies a context. First it tries to apply one that contradicts
itself, so that what is imported late is there already, as it is not a matter of paths.
"""

import collections
import subprocess
import sys

import pytest
from kernel.box import call_numbers, compile_c, environment, way_in

from .halves import HERE

pytestmark = pytest.mark.once

MARK = 424242  # there is no such process
LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")

PROGRAM = f"""
import os
from pyextrasafe import *

def mark():
    try:
        os.getpgid({MARK})
    except OSError:
        pass

rulesets = [{{rulesets}}]
contradiction = SystemIO().allow_open().allow_open_readonly()
try:
    SafetyContext().enable(contradiction, *rulesets).{{form}}()
except ExtraSafeError as error:
    assert error.code == "contradiction"
context = SafetyContext().enable(*rulesets)
mark()
context.{{form}}()
mark()
os._exit(0)
"""

WITHOUT_PATHS = {
    "nothing": "",
    "output": "SystemIO().allow_stdout().allow_stderr()",
    "files": "SystemIO().allow_open_readonly().allow_read().allow_close()",
    "all files": "SystemIO.everything()",
    "sockets": "Networking().allow_start_tcp_clients().allow_start_tcp_servers()",
    "processes": "Threads().allow_create(), ForkAndExec()",
    "own rules": "Custom().add_simple('openat').add_simple('socket')",
}


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    target = tmp_path_factory.mktemp("traced") / "traced"
    compile_c((HERE / "traced.c").read_text(encoding="utf-8"), target)
    return target


class Applied:
    """What a program did when it applied rule sets: its calls by name, and its filter."""

    def __init__(self, traced, file, rulesets, form, **variables):
        source = PROGRAM.format(rulesets=rulesets, form=form)
        # It has the same process id each time, which is in its filter.
        command = [*way_in(), traced, file, str(MARK), sys.executable, "-c", source]
        process = subprocess.run(
            [str(word) for word in command],
            env={**environment(), **variables},
            check=False,
            capture_output=True,
        )
        assert process.returncode == 0, process.stderr.decode()
        names = {number: name for name, number in call_numbers().items()}
        calls = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
        self.calls = collections.Counter(names[int(call[0])] for call in calls)
        (self.filter,) = (call[4] for call in calls if len(call) > 4)

    def count(self, *names):
        return {name: self.calls[name] for name in names}


@pytest.mark.parametrize("rulesets", WITHOUT_PATHS.values(), ids=WITHOUT_PATHS)
def test_a_context_without_paths_makes_the_calls_of_a_filter_alone(
    traced, tmp_path, rulesets, form
):
    applied = Applied(traced, tmp_path / "calls", rulesets, form)
    assert applied.count(*LANDLOCK) == dict.fromkeys(LANDLOCK, 0)
    assert applied.count("prctl", "openat") == {
        "prctl": 1,  # no_new_privs
        "openat": 4,  # is there an io_uring: descriptors, maps, threads, and the name of this one
    }
    # Would the kernel take it; take it; and a few questions to the filter.
    assert 2 <= applied.calls["seccomp"] <= 10


@pytest.mark.parametrize("rulesets", WITHOUT_PATHS.values(), ids=WITHOUT_PATHS)
def test_a_filter_without_paths_is_the_same_without_landlock(traced, tmp_path, rulesets, form):
    filters = {
        abi: Applied(
            traced, tmp_path / f"calls{abi}", rulesets, form, PYEXTRASAFE_LANDLOCK_ABI=abi
        ).filter
        for abi in ("", "0", "2")
    }
    assert filters["0"] == filters["2"] == filters[""]


def test_paths_and_ports_are_seen_by_the_same_means(traced, tmp_path, form):
    """Else the tests above could not fail."""
    rulesets = "SystemIO().allow_write_file('/tmp'), Networking().allow_start_tcp_clients(443)"
    applied = Applied(traced, tmp_path / "calls", rulesets, form)
    assert all(applied.calls[name] for name in LANDLOCK)
    rulesets = "SystemIO().allow_write_file('/tmp')"
    new, old = (
        Applied(traced, tmp_path / f"calls{abi}", rulesets, form, PYEXTRASAFE_LANDLOCK_ABI=abi)
        for abi in ("", "2")
    )
    assert new.filter != old.filter  # below ABI 3 it has to limit truncation
