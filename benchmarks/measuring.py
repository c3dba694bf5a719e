"""Everything that is measured, one function for each subject."""

import json
import shutil
import subprocess
import sys
import time
from functools import partial

import counted
import given
import peers as peering
import policies
from environments import HERE, ROOT, Absent
from rounds import Contest

from pyextrasafe._native import lib

#: How the C program calls the compilers that are compared.
COMPILERS = {
    "libextrasafe": "extrasafe",
    "libseccomp": "libseccomp",
    "libseccomp, tree": "libseccomp-tree",
}
FIRST_RELEASE = "pyextrasafe 0.1.0a1"
FLOOR = "one instruction"
ONE_ARGUMENT = "one argument"
NO_FILTER = "no filter"
CFFI = "_cffi_backend"
THREADS = (1, 10, 100, 1000)
FILTER, EXPLAINED = "filter", "explained"
EXPLAINING = (NO_FILTER, FILTER, EXPLAINED)
UNCHANGED_CALLS = ("getuid", "write")
TRAPPED_CALLS = ("open and close", "sigprocmask")
DENIED_BEFORE, DENIED_FIRST = DENIED = ("denied before", "denied first")
WHOLE_PROGRAM = "a whole program"
NOT_WATCHED, LEARN, LEARN_COMMAND, STRACE = "not watched", "learn()", "learn_command()", "strace -f"
WATCHED_WORK = ("files", "threads", "programs")
ENFORCED_ONCE = "imported and enforced"
LIMITED_CALLS = ("open and close", "connect")

# The policy whose filter is in force while calls are made and threads synchronised.
_TYPICAL = "medium"


def _asker(peer, question):
    return lambda: float(peer.ask(question))


def _number(name):
    return lib.es_syscall_number(lib.ES_ARCH_X86_64, name.encode())


def _decide(core, compiler, policy, call, arguments):
    words = ["executed", compiler, policy, call, *arguments]
    executed, action = core.ask(" ".join(map(str, words))).split()
    return int(action, 16) == lib.ES_ACTION_ALLOW, int(executed)


def count(core):
    """Return the counted figures: for each policy and compiler a dictionary, or the reason."""
    results = {}
    for policy, rules in policies.read().items():
        for name, compiler in COMPILERS.items():
            decide = partial(_decide, core, compiler, policy)
            try:
                found = {"length": int(float(core.ask(f"length {compiler} {policy}")))}
                found.update(counted.figures(policy, rules, _number, decide))
            except Absent as reason:
                found = str(reason)
            results[policy, name] = found
    return results


def compile_policies(core):
    """Return a contest for each policy: nanoseconds from a described policy to its program."""
    return {
        policy: Contest(
            {
                name: _asker(core, f"compile {compiler} {policy}")
                for name, compiler in COMPILERS.items()
            }
        )
        for policy in policies.read()
    }


def enforce_policies(peers):
    """Return a contest for each policy: nanoseconds from the rules to the filter in force."""
    contests = {}
    for policy in (given.QUICK_EXAMPLE, *policies.read()):
        complete = given.complete(policy)
        contestants = {"pyextrasafe": _asker(peers["pyextrasafe"], policy)}
        for name, compiler in COMPILERS.items():
            contestants[name] = _asker(peers["core"], f"enforce {compiler} {complete}")
        contestants[FLOOR] = _asker(peers["core"], f"enforce one-return {complete}")
        for name in ("pyseccomp", "python3-seccomp"):
            contestants[name] = _asker(peers[name], complete)
        if policy == given.QUICK_EXAMPLE:
            contestants[FIRST_RELEASE] = _asker(peers[FIRST_RELEASE], policy)
        contests[policy] = Contest(contestants)
    return contests


def make_calls(core):
    """Return a contest for each system call: its nanoseconds under several filters."""
    filters = {NO_FILTER: "no-filter", FLOOR: "one-return", ONE_ARGUMENT: "one-argument"}
    filters.update(COMPILERS)
    return {
        call: Contest(
            {name: _asker(core, f"call {way} {_TYPICAL} {call}") for name, way in filters.items()}
        )
        for call in ("write", "getpgid", "getuid")
    }


def synchronise_threads(core):
    """Return a contest for each number of threads: nanoseconds from the rules to all in force."""
    filters = {**COMPILERS, FLOOR: "one-return"}
    return {
        threads: Contest(
            {
                name: _asker(core, f"threads {way} {_TYPICAL} {threads}")
                for name, way in filters.items()
            }
        )
        for threads in THREADS
    }


class _Once:
    """Limits paths and ports in a fresh interpreter."""

    def __init__(self, name):
        worker = HERE / "workers/limits_once.py"
        self._command = [peering.limits_python(name), worker, name, given.LIMITS]

    def ask(self, _question):
        variables = peering.environment_with({})
        result = subprocess.run(
            self._command, env=variables, check=False, stdout=subprocess.PIPE, text=True
        )
        if result.returncode or result.stdout.startswith("!"):
            raise Absent(result.stdout[1:].strip() or "the peer failed")
        return result.stdout


def limit_paths(peers):
    """Return a contest for each thing that limits on paths and ports make longer: nanoseconds."""
    packages = ("pyextrasafe", *peering.LANDLOCK_PACKAGES)
    everyone = {name: peers[peering.limits(name)] for name in peering.LIMITING}
    setting = {name: peer for name, peer in everyone.items() if name != peering.NO_LIMITS}
    once = {name: peering.prepare(partial(_Once, name)) for name in packages}

    def contest(asked, question):
        return Contest({name: _asker(peer, question) for name, peer in asked.items()})

    return {
        ENFORCED_ONCE: contest(once, ""),
        "enforced": contest(setting, "enforced"),
        **{call: contest(everyone, call) for call in LIMITED_CALLS},
    }


class _Explaining:
    """Makes calls in a fresh interpreter, and tells how long each takes."""

    def __init__(self, way):
        self._command = [sys.executable, HERE / "workers/explaining.py", way]

    def ask(self, call):
        result = subprocess.run([*self._command, call], check=True, stdout=subprocess.PIPE)
        return result.stdout


class _Whole:
    """Runs a program, all of it."""

    def __init__(self, *before, **variables):
        if before and not shutil.which(before[0]):
            raise Absent(f"{before[0]} is not installed")
        self._command = [*before, sys.executable, ROOT / "examples/quickstart.py"]
        self._variables = peering.environment_with(variables)

    def ask(self, _question):
        start = time.perf_counter_ns()
        subprocess.run(
            self._command,
            env=self._variables,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter_ns() - start


def explain_denials():
    """Return a contest for each call that a filter may explain, and for a whole program."""
    ways = {way: _Explaining(way) for way in EXPLAINING}
    programs = {
        FILTER: _Whole(),
        EXPLAINED: _Whole(PYEXTRASAFE_EXPLAIN="1"),
        STRACE: peering.prepare(partial(_Whole, "strace", "-f", "-o", "/dev/null")),
    }
    contests = {
        call: Contest(
            {
                way: _asker(asked, call)
                for way, asked in ways.items()
                if way in (EXPLAINED, FILTER) or call not in DENIED
            }
        )
        for call in (*UNCHANGED_CALLS, *TRAPPED_CALLS, *DENIED)
    }
    contests[WHOLE_PROGRAM] = Contest({name: _asker(it, "") for name, it in programs.items()})
    return contests


class _Learning:
    """Does a piece of work in a fresh interpreter that is watched, and tells how long it takes."""

    def __init__(self, way, *before):
        if before and not shutil.which(before[0]):
            raise Absent(f"{before[0]} is not installed")
        self._command = [*before, sys.executable, HERE / "workers/learning.py", way]

    def ask(self, work):
        return subprocess.run([*self._command, work], check=True, stdout=subprocess.PIPE).stdout


def learn_programs():
    """Return a contest for each piece of work that is watched."""
    ways = {way: _Learning(way) for way in (NOT_WATCHED, LEARN, LEARN_COMMAND)}
    ways[STRACE] = peering.prepare(
        partial(_Learning, NOT_WATCHED, "strace", "-f", "-o", "/dev/null")
    )
    return {
        work: Contest({way: _asker(asked, work) for way, asked in ways.items()})
        for work in WATCHED_WORK
    }


class _Importer:
    """Imports a module into a fresh interpreter."""

    def __init__(self, python, module, **variables):
        self._command = [python, HERE / "workers/footprint.py", module]
        self._variables = peering.environment_with(variables)

    def ask(self, figure):
        result = subprocess.run(
            self._command, env=self._variables, check=True, stdout=subprocess.PIPE
        )
        return json.loads(result.stdout)[figure]


def _published():
    return _Importer(peering.published_python(), "pyextrasafe")


def _pyseccomp():
    return _Importer(peering.pyseccomp_python(), "pyseccomp")


def _debian():
    python, folder = peering.debian_python()
    return _Importer(python, "seccomp", PYTHONPATH=folder)


def import_modules():
    """Return contests about importing: nanoseconds, and bytes of resident memory; and the modules.

    The last is for each module the names of what comes with it.
    """
    importers = {
        "pyextrasafe": _Importer(sys.executable, "pyextrasafe"),
        CFFI: _Importer(sys.executable, CFFI),
        FIRST_RELEASE: peering.prepare(_published),
        "pyseccomp": peering.prepare(_pyseccomp),
        "python3-seccomp": peering.prepare(_debian),
    }

    def contest(figure):
        return Contest({name: partial(asked.ask, figure) for name, asked in importers.items()})

    modules = {}
    for name, asked in importers.items():
        try:
            modules[name] = asked.ask("modules")
        except Absent:
            modules[name] = []
    return contest("nanoseconds"), contest("resident"), modules
