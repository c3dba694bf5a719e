"""Runs a case in a box: the parent's half. inside/child.py is the other one.

A case is a function of a test. Its source goes to a fresh interpreter inside a PID namespace of
its own, where it locks itself down and tries things out; what it found comes back through a file
that was mapped before the lock-down, because afterwards even a write may be refused.
"""

import functools
import inspect
import marshal
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import textwrap

import pytest

INSIDE = pathlib.Path(__file__).parent / "inside"
REPORT_SIZE = 1 << 20
# With a /proc that shows the processes of the namespace: the library counts threads there.
NAMESPACE = ["--pid", "--fork", "--kill-child", "--mount-proc"]
WAYS = (
    ["unshare", *NAMESPACE],
    ["unshare", "--user", "--map-root-user", *NAMESPACE],
    ["sudo", "-n", "unshare", *NAMESPACE],
)
# What differs with musl is in docs/limits.rst.
GLIBC = platform.libc_ver()[0] == "glibc"
with_glibc = pytest.mark.skipif(not GLIBC, reason="musl does it otherwise")
with_musl = pytest.mark.skipif(GLIBC, reason="glibc does it otherwise")


@functools.lru_cache(maxsize=None)
def way_in(*namespaces):
    """The command that runs a program in a new PID namespace, and in others: unshare's options."""
    for way in WAYS:
        command = [*way, *namespaces, "--"]
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            pass
    return pytest.fail(
        "The kernel tests need a PID namespace: run them as root, where user namespaces are "
        "allowed, or where sudo asks no password.",
        pytrace=False,
    )


@functools.lru_cache(maxsize=None)
def call_numbers():
    """The system calls of this architecture by name, as the C compiler's headers number them."""
    macros = subprocess.run(
        ["cc", "-E", "-dM", "-"],
        input=b"#include <asm/unistd.h>\n",
        capture_output=True,
        check=True,
    ).stdout.decode()
    fields = (line.split() for line in macros.splitlines())
    return {
        name[len("__NR_") :]: int(value)
        for _, name, value in (field for field in fields if len(field) == 3)
        if name.startswith("__NR_") and value.isdigit()
    }


def compile_c(source, target, *options):
    """Compile a C program (or library) to a file."""
    compiler = ["cc", "-O1", "-x", "c", "-", "-o", str(target), *options]
    subprocess.run(compiler, input=source.encode(), check=True)


def cannot(reason):
    """Skip a test that this machine cannot run; fail where PYEXTRASAFE_MUST_WORK=1."""
    if os.environ.get("PYEXTRASAFE_MUST_WORK") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class Result:
    """What became of a case."""

    def __init__(self, directory, report, stdout, stderr):
        self.directory = directory
        self.stdout = stdout
        self.stderr = stderr
        self.ending = report.get("ending", "the box itself broke")
        self.finished = report.get("finished", False)
        self.error = report.get("error")
        self.checks = report.get("checks", [])
        self.notes = report.get("notes", {})
        self.peers = {label: self._peer(label) for label in report.get("peers", [])}

    def _peer(self, label):
        path = self.directory / f"peer-{label}"
        return marshal.loads(path.read_bytes()) if path.exists() else ("no report", label)

    def faults(self):
        """Everything that went wrong inside, a line each."""
        lines = [
            f"{label}: expected {expected}, got {outcome}"
            for label, expected, outcome, good in self.checks
            if not good
        ]
        lines += [
            f"peer {label}: {outcome}"
            for label, outcome in self.peers.items()
            if outcome[0] != "ok"
        ]
        if self.error:
            lines.append(self.error)
        return lines

    def __str__(self):
        output = [
            f"--- {name}\n{data.decode(errors='replace')}"
            for name, data in (("stdout", self.stdout), ("stderr", self.stderr))
            if data
        ]
        return "\n".join([f"The case ended with {self.ending}.", *self.faults(), *output])


def environment():
    """Ours, without what changes how Python behaves, and with what programs else ask a database."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") or name == "PYTHONPATH"
    }
    return {"HOME": os.path.expanduser("~"), "SHELL": "/bin/sh", **ours}


def launch(directory, case, form, timeout, stdin, namespaces, values):
    """Run a case and return its Result, whatever became of it."""
    assert not case.__code__.co_freevars, "a case cannot see the variables of its test: pass them"
    source = textwrap.dedent("".join(inspect.getsourcelines(case)[0]))
    request = {
        "source": source,
        "file": case.__code__.co_filename,
        "line": case.__code__.co_firstlineno,
        "case": case.__name__,
        "values": values,
        "form": form,
        "timeout": timeout,
        "numbers": call_numbers(),
    }
    with tempfile.NamedTemporaryFile(dir=directory.parent) as order:
        with tempfile.NamedTemporaryFile(dir=directory.parent) as report:
            order.write(marshal.dumps(request))
            order.flush()
            report.truncate(REPORT_SIZE)
            child = [sys.executable, "-B", str(INSIDE / "child.py"), order.name, report.name]
            process = subprocess.run(
                [*way_in(*namespaces), *child],
                input=stdin,
                capture_output=True,
                check=False,
                cwd=directory,
                env=environment(),
                timeout=timeout + 30,
            )
            found = {}
            for position in (0, REPORT_SIZE // 2):
                report.seek(position)
                found.update(read_block(report))
    return Result(directory, found, process.stdout, process.stderr)


def read_block(report):
    """One half of the report: the length in 8 bytes, then a marshalled dict."""
    length = int.from_bytes(report.read(8), "little")
    return marshal.loads(report.read(length)) if length else {}


class Runner:
    """What the fixture ``run`` hands to a test."""

    def __init__(self, directory):
        self._directory = directory
        self._runs = 0

    def launch(
        self, case, form="apply_to_all_threads", timeout=60, stdin=b"", namespaces=(), **values
    ):
        """Run a case with its values; judge nothing. timeout is in seconds."""
        self._runs += 1
        directory = self._directory / f"case{self._runs}"
        directory.mkdir()
        return launch(directory, case, form, timeout, stdin, namespaces, values)

    def __call__(self, case, ends="exit 0", **options):
        """Run a case; it must check something, find no fault, and end as announced.

        ends is "exit N" or "signal N"; a case that ends otherwise than by "exit 0" need not have
        come to its last line.
        """
        result = self.launch(case, **options)
        assert result.ending == ends, str(result)
        assert not result.faults(), str(result)
        assert result.finished or ends != "exit 0", str(result)
        assert result.checks, "the case checked nothing"
        return result
