"""Makes the attempts: the half of the suite that runs inside a box of the kernel tests.

Each attempt is made by a child in a PID namespace of its own, whose first process prepares the
attempt, starts the child, and looks for the effect when the child has stopped itself. Attempts
under the same context share a child, unless they are to be alone. If one of them ends the child,
another child makes the rest.
"""

import _thread
import errno
import importlib
import itertools
import marshal
import mmap
import os
import resource
import signal
import tempfile

import claims
import pyextrasafe
from child import describe, write_block
from network import bring_up_loopback
from world import Low, World

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_BIND_EVERYTHING, MS_PRIVATE_EVERYWHERE = 0x5000, 0x44000
HANG = 30  # seconds
CONTROL = [(None, None)]  # no context

NAMES = {name: getattr(pyextrasafe, name) for name in pyextrasafe.__all__}


def context(code):
    """The context that a policy's code describes."""
    # The child may have a thread, which paths and ports have to reach.
    return (
        pyextrasafe.SafetyContext()
        .interrupt_threads()
        .enable(*eval(f"({code},)" if code else "()", NAMES))
    )


# ---- Namespaces ----------------------------------------------------------------------------------


def isolate(raw):
    """Nothing that is tried may reach the machine: mounts, network, System V IPC."""
    raw("unshare", CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
    try:
        raw("mount", 0, raw.path("/"), 0, MS_PRIVATE_EVERYWHERE, 0)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        bind_root(raw)
    bring_up_loopback()
    # So that they end victims: a job in the background ignores both.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))


def bind_root(raw):
    """Make the root of a chroot, which need not be a mount point, one that is private.

    What is mounted below /proc, once that is private, is seen by nobody else: so the root is bound
    there, and becomes the root.
    """
    here, place = os.getcwd(), "/proc/fs"
    raw("mount", 0, raw.path("/proc"), 0, MS_PRIVATE_EVERYWHERE, 0)
    raw("mount", raw.path("/"), raw.path(place), 0, MS_BIND_EVERYTHING, 0)
    raw("mount", 0, raw.path(place), 0, MS_PRIVATE_EVERYWHERE, 0)
    os.chroot(place)
    os.chdir(here)


class Report:
    """What a forked process hands back: memory that is shared with it."""

    def __init__(self):
        self._memory = mmap.mmap(-1, 1 << 18)

    def write(self, found):
        write_block(self._memory, 0, found)

    def take(self):
        """What was written, or None; afterwards nothing."""
        length = int.from_bytes(self._memory[:8], "little")
        found = marshal.loads(self._memory[8 : 8 + length]) if length else None
        self._memory[:8] = bytes(8)
        return found


class Namespaces:
    """Runs functions in new PID namespaces."""

    def __init__(self, raw):
        self._raw = raw
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._report = Report()

    def run(self, function, *args):
        """The result of a function that runs as the first process of a namespace."""
        self._raw("unshare", CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            self._first(function, args)
        self._raw("setns", self._home, CLONE_NEWPID)
        _, status = os.waitpid(pid, 0)
        result, error = self._report.take() or (None, None)
        if status:
            raise RuntimeError(f"{error} (status {status})")
        return result

    def _first(self, function, args):
        status = 1
        try:
            os.setsid()  # a signal to the process group stays inside
            self._raw("unshare", CLONE_NEWNS | CLONE_NEWUTS)
            proc = self._raw.path("proc")
            self._raw("mount", proc, self._raw.path("/proc"), proc, 0, 0)
            self._report.write((function(*args), None))
            status = 0
        except BaseException as error:  # noqa: BLE001
            self._report.write((None, describe(error)))
        finally:
            os._exit(status)


# ---- The child -----------------------------------------------------------------------------------


class Child:
    """Makes attempts, one after the other, and writes down what came of them."""

    def __init__(self, report, code, form):
        self._report = report
        self._code = code
        self._form = form

    def run(self, prepared):
        """Make attempts, each with its functions; then stop, so that one can look for effects."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(HANG)
        try:
            self._run(prepared)
        except Exception as error:  # noqa: BLE001
            # That the process cannot be locked down is no refusal.
            self._report.write([(f"broke: {describe(error)}", None)] * len(prepared))
        os.kill(os.getpid(), signal.SIGSTOP)

    def _run(self, prepared):
        for _, functions in prepared:
            if len(functions) == 3:
                functions[2]()
        if prepared[0][0].itself:
            self._make([functions[0] for _, functions in prepared], self._lock_down)
        elif self._form == "apply_to_all_threads":
            self._in_another_thread([functions[0] for _, functions in prepared])
        else:
            self._lock_down()
            self._make([functions[0] for _, functions in prepared])

    def _lock_down(self, code=None, form=None):
        if self._code is not None:
            apply = getattr(context(self._code if code is None else code), form or self._form)
            apply()

    def _in_another_thread(self, functions):
        """The attempts are made by a thread that was there before."""
        locked, done = _thread.allocate_lock(), _thread.allocate_lock()
        locked.acquire()
        done.acquire()

        def run():
            locked.acquire()
            self._make(functions)
            done.release()

        _thread.start_new_thread(run, ())
        self._lock_down()
        locked.release()
        done.acquire()

    def _make(self, functions, *args):
        answers = []
        for function in functions:
            answers.append(answer_of(function, args))
            self._report.write(answers)


def answer_of(function, args):
    """Text and value: what the kernel answered."""
    try:
        value = function(*args)
    except OSError as error:
        return errno.errorcode.get(error.errno, f"errno {error.errno}"), None
    except Exception as error:  # noqa: BLE001
        return f"broke: {describe(error)}", None
    if isinstance(value, dict):
        return value["said"], value["value"]
    return "ok", value


def ending(status):
    """The answer of an attempt whose process is gone. An exit status is an errno; 0 and 255 are a
    success."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "hang" if number == signal.SIGALRM else signal.Signals(number).name
    code = os.WEXITSTATUS(status)
    return "ok" if code in (0, 255) else errno.errorcode.get(code, f"exit {code}")


# ---- Attempts ------------------------------------------------------------------------------------


def try_together(world, attempts, contexts):
    """Try attempts under contexts, (code, form) each, one after the other.

    Returns for each context the list of (answer, effect happened). Stops early, when an effect has
    happened: then what was prepared is used up.
    """
    try:
        prepared = [attempt.prepare(world) for attempt in attempts]
        return try_prepared(world, attempts, prepared, contexts)
    finally:
        world.tidy()


def try_prepared(world, attempts, prepared, contexts):
    report = Report()
    results = []
    for code, form in contexts:
        found = []
        while len(found) < len(attempts):
            left = list(zip(attempts, prepared))[len(found) :]
            pid = os.fork()
            if pid == 0:
                Child(report, code, form).run(left)
            found += judge(world, pid, report, [functions[1] for _, functions in left])
        results.append(found)
        if any(happened for _, happened in found):
            break
    return results


def judge(world, pid, report, effects):
    """Wait until a child has stopped or ended: (answer, effect happened) for what it has tried."""
    world.child = pid
    _, status = os.waitpid(pid, os.WUNTRACED)
    answers = report.take() or []
    if not os.WIFSTOPPED(status):
        answers.append((ending(status), None))
    results = [
        (text, bool(effect(claims.Answer(text, value))))
        for (text, value), effect in zip(answers, effects)
    ]
    if os.WIFSTOPPED(status):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return results


def schedule(attempts):
    """What can be tried together: {(attempt, ...): [(code, form), ...]}."""
    together = {}
    for attempt in attempts:
        for claim in attempt.claims:
            # What is refused uses nothing up, so it is kept apart from what is not.
            alone = attempt if attempt.alone or attempt.itself else None
            for context in itertools.product(claim.policies.codes, claim.forms):
                key = (context, claim.expected == "refused", alone)
                together.setdefault(key, []).append(attempt)
    plan = {}
    for (context, _, _), members in together.items():
        plan.setdefault(tuple(members), []).append(context)
    return plan


class Engine:
    def __init__(self, raw, library, program):
        self._raw = raw
        self._low = Low(library)
        self._program = program
        isolate(self._raw)
        self._namespaces = Namespaces(self._raw)

    def _try(self, attempts, contexts):
        """The results of attempts for each context: [[(answer, effect happened), ...], ...]."""
        results = []
        while len(results) < len(contexts):
            with tempfile.TemporaryDirectory(dir=".") as directory:
                world = World(
                    self._raw,
                    self._low,
                    os.path.abspath(directory),
                    self._program,
                    control=contexts == CONTROL,
                )
                left = contexts[len(results) :]
                results += self._namespaces.run(try_together, world, attempts, left)
        return results

    def run(self, attempts):
        """Make attempts in both forms; a row for each claim and form."""
        controls = {attempt: self._try([attempt], CONTROL)[0][0] for attempt in attempts}
        results = {}
        for members, contexts in schedule(attempts).items():
            for context, found in zip(contexts, self._try(members, contexts)):
                results.update(zip(((member, *context) for member in members), found))
        return [
            row(attempt, claim, form, controls[attempt], results)
            for attempt in attempts
            for claim in attempt.claims
            for form in claim.forms
        ]


def row(attempt, claim, form, control, results):
    """What came of an attempt under the contexts of one claim, in one form."""
    found = {code: results[attempt, code, form] for code in claim.policies.codes}
    # What this machine does not do without a filter, nobody can expect with one.
    known = control[1] or claim.expected != "admitted"
    faults = {
        code: claim.fault(*result, attempt.refusals) for code, result in found.items() if known
    }
    return {
        "title": attempt.title,
        "label": claim.policies.label,
        "codes": [] if claim.policies.label else claim.policies.codes,
        "form": form,
        "tried": len(found),
        "answers": sorted({text for text, _ in found.values()}),
        "effect": attempt.effect,
        "happened": sum(happened for _, happened in found.values()),
        "expected": claim.expected,
        "anchor": claim.anchor,
        "unexpected": [
            f"{claims.called(code)}: {fault}" for code, fault in faults.items() if fault
        ],
        "control": control[0],
        "proven": control[1],
        "optional": attempt.optional or any(c.expected == "harmless" for c in attempt.claims),
    }


def run(raw, library, program, group):
    """What a group is about, and all its rows.

    raw makes system calls; library and program are what low.c and program.c were compiled to.
    """
    about = importlib.import_module(f"attempts.{group}").__doc__
    return {"about": about, "rows": Engine(raw, library, program).run(claims.ATTEMPTS)}
