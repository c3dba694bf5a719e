"""Who takes part: each peer is a process that answers questions, or the reason why it is absent."""

import os
import subprocess
import sys
from functools import partial

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


#: The packages that limit the paths of the calling process, by the name of each.
LANDLOCK_PACKAGES = {
    "py-landlock": "py-landlock==0.1.1",
    "landlockpy": "landlockpy==0.2.0",
    "landlock": "landlock==1.0.0.dev5",
    "sandlock": "sandlock==0.9.0",
}


FILTER_ALONE = "filter alone"
NO_LIMITS = "no limits"
#: All that workers/limiting.py knows.
LIMITING = ("pyextrasafe", FILTER_ALONE, *LANDLOCK_PACKAGES, NO_LIMITS)


def limits_python(name):
    if name in LANDLOCK_PACKAGES:
        return environments.environment(name, LANDLOCK_PACKAGES[name])
    return sys.executable


def _limits(name):
    return Peer(limits_python(name), HERE / "workers/limits.py", name, given.LIMITS)


def limits(name):
    """Return what the peer that limits paths and ports by this package is called."""
    return f"limits: {name}"


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
    makers.update((limits(name), partial(_limits, name)) for name in LIMITING)
    return {name: prepare(make) for name, make in makers.items()}
