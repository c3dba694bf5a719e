"""Calls that are denied in every situation: explained, and with the same outcome as without."""

import sys

import pytest
from kernel.box import compile_c

PYPY = sys.implementation.name == "pypy"

# Calls that are denied, where Python does not run: in a handler during which all signals are
# blocked, and at the end of the process.
IN_C = """
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

int found;

static void handle(int number)
{
    found = mkdir("/proc/nowhere", 0) == 0 ? 0 : errno;
    (void)number;
}

int in_a_handler(void)
{
    struct sigaction action = {.sa_handler = handle};

    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return found;
}

static void at_end(void)
{
    handle(0);
    _Exit(found == EPERM ? 42 : 1);
}

void at_the_end(void)
{
    atexit(at_end);
}
"""


@pytest.fixture(scope="session")
def in_c(tmp_path_factory):
    """The path of a library with calls that are denied."""
    path = tmp_path_factory.mktemp("in-c") / "in_c.so"
    compile_c(IN_C, path, "-shared", "-fPIC")
    return str(path)


@pytest.fixture(params=["explained", "plain"])
def both(run, request):
    """Run a case with explanations and without; it gets the function that locks down."""

    def run_it(case, **options):
        return run(case, explain=request.param == "explained", **options)

    return run_it


def test_main_thread(both):
    def case(box, explain):
        import errno
        import os

        from pyextrasafe import SafetyContext, denials

        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        # One holds the global interpreter lock, one does not.
        box.refused("a file", os.open, "/etc/hosts", os.O_RDONLY)
        box.refused("a session", os.getsid, 0)
        found = denials()
        box.equal("calls", ["openat", "getsid"] * explain, [denial.call for denial in found])
        for denial in found:
            box.equal("errno", errno.EPERM, denial.errno)
            box.equal("thread", os.getpid(), denial.thread)
            box.equal("process", os.getpid(), denial.pid)
            box.equal("count", 1, denial.count)
            box.equal("where", "outcome", denial.stack[0][2])
        if explain:
            box.equal("path", ["/etc/hosts", None], [denial.path for denial in found])

    both(case)


def test_stacks_are_those_of_faulthandler(run):
    """CPython 3.9 and 3.10 have a writer of their own."""

    def case(box):
        import faulthandler
        import os
        import tempfile

        from pyextrasafe import SafetyContext, denials

        def refused():
            try:
                os.getsid(0)
            except PermissionError:
                pass

        stacks = []

        def write():
            with tempfile.TemporaryFile("w+") as stack:
                faulthandler.dump_traceback(stack, all_threads=False)
                stacks.append(os.pread(stack.fileno(), 1 << 16, 0).decode().splitlines())

        names = ["plain", "größe", "n" * 600, "\U00020000"]
        space = {"step": refused, "write": write}
        for number, name in enumerate(names):
            lines = "\n" * (300 * number) + f"def {name}(step=step): step(), write()"
            exec(compile(lines, f"{number} ä \u4e2d.py", "exec"), space)
            space["step"] = space[name]
        for apply in (int, SafetyContext().enable().explain_denials(False).apply_to_all_threads):
            apply()
            # On one line: first it writes its stack, then it is denied something.
            space["step"]()
            space["write"] = int
        found = [
            f'  File "{file}", line {line} in {name}' for file, line, name in denials()[0].stack
        ]
        # How PyPy starts is left out.
        lines = [line for line in stacks[0] if "app_main.py" not in line]
        box.equal("lines", lines[-len(found) + 1 :], found[1:])
        box.true("all of them", len(found) > len(names))

    run(case)


def test_threads(both):
    def case(box, explain):
        import os
        import sys
        import threading

        from pyextrasafe import SafetyContext, Threads, denials

        context = SafetyContext().enable(Threads().allow_create_threads())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        barrier = threading.Barrier(4)
        results = []
        numbers = []

        def work(number):
            numbers.append(threading.get_native_id())
            barrier.wait()
            for _ in range(50):
                try:
                    os.open(f"/etc/{number}", os.O_RDONLY)
                except PermissionError as error:
                    results.append((number, error.errno))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        box.equal("results", sorted([(number, 1) for number in range(4)] * 50), sorted(results))
        found = [denial for denial in denials() if denial.path and denial.path.startswith("/etc/")]
        # PyPy was seen to make two records of one place.
        counts = sorted(path for denial in found for path in [denial.path] * denial.count)
        box.equal("counts", [f"/etc/{n}" for n in range(4 * explain) for _ in range(50)], counts)
        if sys.implementation.name == "cpython":
            box.equal("a record for each", 4 * explain, len(found))
        if explain:
            box.equal("threads", sorted(numbers), sorted({denial.thread for denial in found}))
            box.true("frames", all(d.stack[0][2] == "work" for d in found))

    both(case)


def test_signal_handler_of_python(both):
    def case(box, explain):
        import os
        import signal

        from pyextrasafe import SafetyContext, denials

        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        seen = []

        def handle(number, frame):
            try:
                os.getsid(0)
            except PermissionError as error:
                seen.append(error.errno)

        signal.signal(signal.SIGUSR1, handle)
        os.kill(os.getpid(), signal.SIGUSR1)
        box.equal("refused", [1], seen)
        if explain:
            box.equal("frames", "handle", denials()[0].stack[0][2])

    both(case)


def test_after_fork(both):
    def case(box, explain):
        import os

        from pyextrasafe import ForkAndExec, SafetyContext, denials

        context = SafetyContext().enable(ForkAndExec())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        child = os.fork()
        if not child:
            try:
                os.open("/etc/hosts", os.O_RDONLY)
            except PermissionError:
                os._exit(42)
            os._exit(1)
        box.equal("the child", 42 << 8, os.waitpid(child, 0)[1])
        found = [denial for denial in denials() if denial.path == "/etc/hosts"]
        box.equal("the parent knows", [child] * explain, [denial.pid for denial in found])
        if explain:
            box.equal("where", "case", found[0].stack[0][2])

    both(case)


def test_all_signals_blocked(both):
    def case(box, explain):
        import os
        import signal

        from pyextrasafe import SafetyContext, denials

        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        every = {n for n in range(1, 65) if n not in (32, 33)}
        box.equal("before", set(), signal.pthread_sigmask(signal.SIG_SETMASK, every))
        box.refused("blocked", os.getsid, 0)
        blocked = signal.pthread_sigmask(signal.SIG_SETMASK, [])
        kept = every - {signal.SIGKILL, signal.SIGSTOP} - ({signal.SIGSYS} if explain else set())
        box.equal("all but it stay blocked", kept, {int(number) for number in blocked})
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS, signal.SIGUSR1])
        box.refused("blocked alone", os.getsid, 0)
        now = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        box.equal("the other one", True, signal.SIGUSR1 in now)
        box.equal("explained", explain, bool(denials()))

    both(case)


def test_a_handler_during_which_all_signals_are_blocked(both, in_c):
    def case(box, explain, in_c):
        import ctypes

        from pyextrasafe import SafetyContext, denials

        library = ctypes.CDLL(in_c)
        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.equal("EPERM", 1, library.in_a_handler())
        box.equal("explained", ["/proc/nowhere"] * explain, [denial.path for denial in denials()])

    both(case, in_c=in_c)


def test_after_the_interpreter_has_ended(both, in_c):
    def case(box, explain, in_c):
        import ctypes

        from pyextrasafe import SafetyContext

        ctypes.CDLL(in_c).at_the_end()
        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.true("it comes to its end", True)

    both(case, ends="exit 42", in_c=in_c)


def test_a_thread_that_cannot_start(both):
    def case(box, explain):
        import threading

        from pyextrasafe import SafetyContext, denials

        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        error = box.raises("no thread", RuntimeError, threading.Thread(target=print).start)
        box.true("as ever", "start new thread" in str(error))
        if explain:
            found = [denial for denial in denials() if denial.call in ("clone", "clone3")]
            box.equal("explained", 1, len(found))
            box.equal("first", "Threads().allow_create_threads()", found[0].needs[0])

    both(case)


def test_processes_that_cannot_start(both):
    def case(box, explain):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        spawn = getattr(os, "posix_spawn", None)  # PyPy lacks it
        context = SafetyContext().enable(SystemIO().everything())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.refused("fork", os.fork)
        if spawn:
            box.refused("posix_spawn", spawn, "/bin/true", ["true"], {})
        calls = {denial.call for denial in denials()}
        box.equal("explained", explain, bool(calls & {"clone", "fork", "vfork"}))

    both(case)


def test_what_is_refused_between_fork_and_exec(both):
    def case(box, explain):
        import os
        import subprocess

        from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, denials

        context = SafetyContext().enable(ForkAndExec(), SystemIO().everything())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.refused("a user", subprocess.Popen, ["/bin/true"], user=os.getuid())
        box.equal("without one", 0, subprocess.Popen(["/bin/true"]).wait())
        if explain:
            found = [denial for denial in denials() if denial.call.startswith("setre")]
            box.equal("explained", 1, len(found))
            box.true("frames of the parent", "subprocess" in str(found[0].stack))

    both(case)


def test_programs_that_cannot_start(both):
    def case(box, explain):
        import os
        import subprocess

        from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, denials

        context = SafetyContext().enable(
            ForkAndExec().allow_execute_path("/bin/true"), SystemIO().everything()
        )
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.outside("subprocess", subprocess.Popen, ["/bin/ls"])
        if hasattr(os, "posix_spawn"):
            box.outside("posix_spawn", os.posix_spawn, "/bin/ls", ["ls"], {})
        box.equal("granted", 0, subprocess.Popen(["/bin/true"]).wait())
        if explain:
            found = [denial for denial in denials() if denial.call == "execve"]
            box.equal("paths", {"/bin/ls"}, {denial.path for denial in found})
            box.equal("errno", {13}, {denial.errno for denial in found})
            wanted = "ForkAndExec().allow_execute_path('/bin/ls')"
            box.equal("needs", {wanted}, {denial.needs[0] for denial in found})

    both(case)


def test_a_program_that_was_started(both):
    def case(box, explain):
        import subprocess

        from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, denials

        context = SafetyContext().enable(ForkAndExec(), SystemIO().everything())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        command = "mkdir here || exit 41; chroot / true 2>&1; exit 42"
        ended = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE)
        box.equal("it lives on", 42, ended.returncode)
        box.true("refused", b"ermitted" in ended.stdout)
        box.equal("not explained", [], [d for d in denials() if d.call == "chroot"])

    both(case)


def test_what_the_program_does_with_the_signal(both):
    def case(box, explain):
        import os
        import signal

        from pyextrasafe import SafetyContext, denials

        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        called = []
        for handler in (signal.SIG_IGN, signal.SIG_DFL, lambda *_: called.append(1)):
            signal.signal(signal.SIGSYS, handler)
            box.equal("the program believes it", handler, signal.getsignal(signal.SIGSYS))
            box.refused("refused", os.getsid, 0)
        box.equal("never called", [], called)
        box.equal("counted", 3 * explain, sum(denial.count for denial in denials()))

    both(case)


def test_a_forged_signal(run):
    def case(box):
        import os
        import signal

        from pyextrasafe import SafetyContext, denials

        SafetyContext().explain_denials(False).apply_to_all_threads()
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGSYS)
        box.equal("ignored", [], denials())
        box.refused("still works", os.getsid, 0)
        box.equal("explained", 1, len(denials()))

    run(case)


def test_the_smallest_threads(both):
    def case(box, explain):
        import os
        import threading

        from pyextrasafe import SafetyContext, Threads, denials

        context = SafetyContext().enable(Threads().allow_create_threads())
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        try:
            threading.stack_size(32 << 10)
        except ValueError:  # newer interpreters need more
            threading.stack_size(64 << 10)
        results = []

        def work():
            try:
                os.getsid(0)
            except PermissionError as error:
                results.append(error.errno)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        box.equal("refused", [1], results)
        box.equal("explained", explain, "getsid" in [denial.call for denial in denials()])

    both(case)


def test_what_c_libraries_fall_back_from(both):
    """Not all do, from accept4(2)."""

    def case(box, explain):
        import errno

        from pyextrasafe import SafetyContext, denials

        raw = box.raw()
        context = SafetyContext().enable()
        if explain:
            context.explain_denials(False)
        context.apply_to_all_threads()
        box.absent("accept4", raw, "accept4", 3, 0, 0, 0)
        box.absent("a newer one", raw, "openat2", -100, 0, 0, 24)
        found = [(denial.call, denial.errno) for denial in denials()]
        box.equal("explained", [("accept4", errno.ENOSYS)] * explain, found)

    both(case)
