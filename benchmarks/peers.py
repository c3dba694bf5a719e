"""Who takes part: each peer is a process that answers questions, or the reason why it is absent."""

import os
import subprocess
import sys

import environments
import given
from environments import HERE, Absent


def environment_with(variables):
    """Return the environment of a peer's process."""
    return {
        **os.environ,
        # One heap for all threads: a rehearsal in one of them fills it for the others.
        "MALLOC_ARENA_MAX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: str(value) for name, value in variables.items()},
    }


class Peer:
    """A process that answers every line with a line, see workers/ and core/main.c.

    It is started by the first question, also by the first one after close().
    """

    def __init__(self, *command, **variables):
        self._command = [str(word) for word in command]
        self._variables = environment_with(variables)
        self._process = None

    def _start(self):
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._variables,
        )

    def ask(self, question):
        if self._process is None:
            self._start()
        try:
            print(question, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if answer.startswith("!"):
            raise Absent(answer[1:])
        if not answer:
            raise Absent("the peer has ended")
        return answer

    def close(self):
        if self._process is not None:
            self._process.communicate()
            self._process = None


class AbsentPeer:
    """What stands for a peer that cannot be had."""

    def __init__(self, reason):
        self._reason = reason

    def ask(self, question):
        raise Absent(self._reason)

    def close(self):
        pass


def prepare(make):
    """Return the peer that make() returns, or what stands for it."""
    try:
        return make()
    except Absent as reason:
        return AbsentPeer(reason)


def _core():
    return Peer(environments.core_program(), given.TEXT)


def _this():
    return Peer(sys.executable, HERE / "workers/context.py", given.JSON)


def published_python():
    return environments.environment("published", "pyextrasafe==0.1.0a1")


def _published():
    return Peer(published_python(), HERE / "workers/context.py", given.JSON)


def pyseccomp_python():
    return environments.environment("pyseccomp", "pyseccomp==0.1.2")


def _pyseccomp():
    return Peer(pyseccomp_python(), HERE / "workers/bindings.py", given.JSON, "pyseccomp")


def debian_python():
    """Return Debian's own interpreter, and the folder of python3-seccomp."""
    return "/usr/bin/python3", environments.debian_package("python3-seccomp")


def _debian():
    python, folder = debian_python()
    worker = HERE / "workers/bindings.py"
    return Peer(python, worker, given.JSON, "seccomp", PYTHONPATH=folder)


def prepare_all():
    """Return all peers by their names."""
    given.write()
    makers = {
        "core": _core,
        "pyextrasafe": _this,
        "pyextrasafe 0.1.0a1": _published,
        "pyseccomp": _pyseccomp,
        "python3-seccomp": _debian,
    }
    return {name: prepare(make) for name, make in makers.items()}
