"""Paths in programs of several threads: all are confined, or an error says which are not."""

import pytest


def test_a_single_thread_is_confined_without_a_signal(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        os.mkdir("granted")
        box.apply(SystemIO().allow_scratch_dir("granted"))
        box.works("create", open, "granted/file", "w")
        box.outside("read outside", os.listdir, ".")

    run(case, form=form)


def test_other_threads_are_named_and_nothing_is_changed(run):
    def case(box):
        import os
        import pathlib
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        end = threading.Event()
        threads = [threading.Thread(target=end.wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        ids = [thread.native_id for thread in threads]
        context = SafetyContext().enable(SystemIO().allow_scratch_dir("."))
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "thread", error.code)
        box.equal("tid", ids[0], error.tid)
        box.true("ids", all(str(tid) in str(error) for tid in ids))
        box.true("advice", "interrupt_threads" in str(error))
        box.works("read outside", os.listdir, "/")
        box.true("no_new_privs", "NoNewPrivs:\t0" in pathlib.Path("/proc/self/status").read_text())
        # When they are gone it works.
        end.set()
        for thread in threads:
            thread.join()
        box.works("apply", context.apply_to_all_threads)
        box.outside("read outside", os.listdir, "/")

    run(case)


def test_the_current_thread_alone_leaves_the_others_free(run):
    def case(box):
        import os
        import queue
        import threading

        from pyextrasafe import SystemIO, Threads

        orders, answers = queue.Queue(), queue.Queue()

        def work():
            orders.get()
            answers.put(os.listdir("/") != [])

        thread = threading.Thread(target=work)
        thread.start()
        box.apply(SystemIO().allow_scratch_dir("."), Threads().allow_create_threads())
        orders.put(None)
        box.true("another thread reads", answers.get())
        box.outside("this one does not", os.listdir, "/")
        thread.join()

    run(case, form="apply_to_current_thread")


@pytest.mark.parametrize("count", [1, 8, 64])
def test_interrupted_threads_are_confined(run, count):
    """Each waits in another way, and tries afterwards."""

    def case(box, count):
        import os
        import threading
        import time

        from lookers import look
        from pyextrasafe import Networking, SafetyContext, SystemIO, Threads
        from waits import Waits

        waits, outcomes = Waits(), {}

        def attempt(name):
            outcomes[name] = look()

        def work(number):
            name = list(waits.ways)[number % len(waits.ways)]
            waits.ways[name]()
            attempt(f"{name} {number}")

        threads = [threading.Thread(target=work, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)  # until they wait; one that does not yet is confined as well
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir(".").allow_read().allow_write(),
            Networking().allow_event_loop().allow_running_tcp_clients(),
            Threads().allow_create_threads().allow_sleep(),
        ).apply_to_all_threads()
        box.outside("this thread", os.listdir, "/")
        waits.end(count)
        for thread in threads:
            thread.join()
        box.equal("tried", count, len(outcomes))
        box.equal("outcomes", {13}, set(outcomes.values()))
        later = threading.Thread(target=attempt, args=["later"])
        box.works("a thread of later", later.start)
        later.join()
        box.equal("outcome of later", 13, outcomes["later"])

    run(case, count=count)


@pytest.mark.once
def test_a_thousand_threads_are_confined(run):
    def case(box):
        import threading

        from lookers import Lookers
        from pyextrasafe import SafetyContext, SystemIO, Threads

        threading.stack_size(256 * 1024)
        lookers = Lookers(1000)
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir("."), Threads().allow_create_threads()
        ).apply_to_all_threads()
        box.equal("outcomes", [13] * 1000, lookers.outcomes())

    run(case, timeout=120)


def test_threads_that_start_meanwhile_are_confined(run):
    """Four threads start others, one after the other, while the context is applied."""

    def case(box):
        import os
        import threading

        from pyextrasafe import SafetyContext, SystemIO, Threads

        applied, outcomes, started = threading.Event(), [], []

        def look():
            after = applied.is_set()
            try:
                os.listdir("/")
                outcomes.append((after, "ok"))
            except PermissionError:
                outcomes.append((after, "refused"))

        def start():
            after = 0
            while after < 20:
                thread = threading.Thread(target=look)
                thread.start()
                thread.join()
                started.append(thread)
                after += applied.is_set()

        starters = [threading.Thread(target=start) for _ in range(4)]
        for thread in starters:
            thread.start()
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir("."), Threads().allow_create()
        ).apply_to_all_threads()
        applied.set()
        for thread in starters:
            thread.join()
        box.true("some started after", sum(after for after, _ in outcomes) >= 40)
        box.true("none was free", (True, "ok") not in outcomes)

    run(case, timeout=120)


def test_a_thread_that_blocks_all_signals_is_confined(run):
    def case(box):
        import signal

        from lookers import Lookers
        from pyextrasafe import SafetyContext, SystemIO, Threads

        lookers = Lookers(
            1, lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        )
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir("."), Threads().allow_create_threads()
        ).apply_to_all_threads()
        box.equal("outcome", [13], lookers.outcomes())

    run(case)


@pytest.mark.once
def test_a_thread_that_does_not_answer_is_named(run):
    """One that blocks even signal 33, by a call of its own: half, and the filter is there."""

    def case(box):
        import os
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, Threads

        raw = box.raw()
        blocked, go, outcomes = threading.Event(), threading.Event(), []

        def attempt(call, *arguments):
            try:
                call(*arguments)
                outcomes.append("ok")
            except OSError as error:
                outcomes.append(error.errno)

        def work():
            raw("rt_sigprocmask", 0, raw.memory(b"\xff" * 8), 0, 8)
            blocked.set()
            go.wait()
            attempt(os.listdir, "/")
            attempt(os.getsid, 0)

        thread = threading.Thread(target=work)
        thread.start()
        blocked.wait()
        context = (
            SafetyContext()
            .interrupt_threads()
            .enable(SystemIO().allow_scratch_dir("."), Threads().allow_create_threads())
        )
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "half", error.code)
        box.equal("tid", thread.native_id, error.tid)
        box.true("id", str(thread.native_id) in str(error))
        box.outside("this thread", os.listdir, "/")
        go.set()
        thread.join()
        box.equal("the other one has the filter alone", "ok", outcomes[0])
        box.equal("of which this is", 1, outcomes[1])

    run(case, timeout=120)


@pytest.mark.once
def test_a_signal_of_a_stranger_does_no_harm(run):
    """After a half the handler stays, and whoever may signal can send the same with anything."""

    def case(box):
        import os
        import struct
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        raw, blocked, go, sent = box.raw(), threading.Event(), os.pipe(), os.pipe()
        process = os.getpid()
        # siginfo_t: signal, errno, SI_QUEUE, who sent it, and a value.
        info = struct.pack("iiixxxxiIq", 33, 0, -1, process, 0, 8).ljust(128, b"\0")
        where = raw.memory(info)

        def work():
            raw("rt_sigprocmask", 0, raw.memory(b"\xff" * 8), 0, 8)
            blocked.set()
            threading.Event().wait()

        if not os.fork():
            os.read(go[0], 1)
            raw("rt_tgsigqueueinfo", process, process, 33, where)
            os.write(sent[1], b".")
            os._exit(0)
        threading.Thread(target=work, daemon=True).start()
        blocked.wait()
        context = SafetyContext().interrupt_threads().enable(SystemIO().allow_scratch_dir("."))
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "half", error.code)
        os.write(go[1], b".")
        os.read(sent[0], 1)
        box.works("it lives on", os.getpid)

    run(case, timeout=120)


@pytest.mark.once
def test_a_child_that_was_forked_meanwhile_can_apply(run):
    """It inherits the handler, which libc's signal then meets, and locks of a thread it has not."""

    def case(box):
        import os
        import threading
        import time

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        raw, blocked, statuses = box.raw(), threading.Event(), []
        context = SafetyContext().interrupt_threads()
        context.enable(SystemIO().allow_scratch_dir(".").allow_read_path("/proc"))

        def work():
            raw("rt_sigprocmask", 0, raw.memory(b"\xff" * 8), 0, 8)
            blocked.set()
            threading.Event().wait()

        def fork():
            blocked.wait()
            time.sleep(1)  # until the main thread waits for an answer
            child = os.fork()
            if not child:
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                context.apply_to_all_threads()
                try:
                    os.setuid(os.getuid())
                except PermissionError:
                    os._exit(7)
                os._exit(8)
            statuses.append(os.waitpid(child, 0)[1])

        threading.Thread(target=work, daemon=True).start()
        forker = threading.Thread(target=fork, daemon=True)
        forker.start()
        blocked.wait()
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "half", error.code)
        forker.join(10)
        box.equal("status", [7 << 8], statuses)

    run(case, timeout=120)


@pytest.mark.once
def test_a_signal_handler_of_python_can_apply_meanwhile(run):
    def case(box):
        import signal
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        raw, blocked, done = box.raw(), threading.Event(), []

        def work():
            raw("rt_sigprocmask", 0, raw.memory(b"\xff" * 8), 0, 8)
            blocked.set()
            threading.Event().wait()

        def handle(number, frame):
            SafetyContext().enable(SystemIO().allow_stdout()).apply_to_current_thread()
            done.append(number)

        threading.Thread(target=work, daemon=True).start()
        blocked.wait()
        signal.signal(signal.SIGALRM, handle)
        signal.alarm(1)
        context = SafetyContext().interrupt_threads().enable(SystemIO().allow_scratch_dir("."))
        box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("handled", [signal.SIGALRM], done)

    run(case, timeout=60)


@pytest.mark.once
def test_a_thread_that_is_slow_in_the_handler_finds_its_memory(run):
    """It is held, an instruction at a time, behind the call that limits it; who waits goes on."""

    def case(box):
        import mmap
        import os
        import threading

        import tracer
        from pyextrasafe import SafetyContext, SystemIO

        raw, go, told, end = box.raw(), threading.Event(), mmap.mmap(-1, 1), os.pipe()
        tracer.let_trace(raw)
        thread = threading.Thread(target=go.wait)
        thread.start()
        if not os.fork():
            hold = tracer.Tracer(raw, thread.native_id)
            os.write(end[1], b".")
            hold.run_behind("landlock_restrict_self")
            hold.step(60, lambda: told[0])
            os._exit(0)
        os.read(end[0], 1)
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir(".")
        ).apply_to_all_threads()
        told[0] = 1
        go.set()
        thread.join()
        box.works("it lives on", os.getpid)

    run(case, timeout=60)


def test_a_first_thread_that_has_ended_is_not_waited_for(run):
    """It stays among the tasks until the others have ended, and takes no signal."""

    def case(box):
        import ctypes
        import os
        import threading
        import time

        from lookers import look
        from pyextrasafe import SafetyContext, SystemIO

        def apply(others):
            context = SafetyContext().enable(SystemIO().allow_scratch_dir("."))
            if others:
                threading.Thread(target=time.sleep, args=[30], daemon=True).start()
                context.interrupt_threads()
            with open("/proc/self/stat") as file:
                while file.read().rpartition(") ")[2][0] != "Z":
                    file.seek(0)
            context.apply_to_all_threads()
            os._exit(look())

        for others in (False, True):
            child = os.fork()
            if not child:
                threading.Thread(target=apply, args=[others]).start()
                end = ctypes.CDLL(None).syscall  # lets other threads run
                end(box.raw().number("exit"), 0)
            box.equal(f"others: {others}", 13 << 8, os.waitpid(child, 0)[1])

    run(case)


def test_signals_that_an_earlier_context_refuses_change_nothing(run):
    def case(box):
        import errno
        import os
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, Threads

        threading.Thread(target=threading.Event().wait, daemon=True).start()
        box.apply(
            SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close(),
            Threads().allow_create_threads(),
        )
        context = SafetyContext().interrupt_threads().enable(SystemIO().allow_read_path("."))
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "outer-sandbox", error.code)
        box.equal("errno", errno.EPERM, error.errno)
        box.equal("operation", "rt_tgsigqueueinfo(2)", error.operation)
        box.works("nothing changed", os.listdir, "/")

    run(case)


def test_an_earlier_context_can_allow_the_signals(run):
    def case(box):
        import os
        import threading

        from pyextrasafe import Custom, SafetyContext, SystemIO, Threads

        threading.Thread(target=threading.Event().wait, daemon=True).start()
        box.apply(
            SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close(),
            Threads().allow_create_threads(),
            Custom().add_simple("rt_tgsigqueueinfo"),
        )
        context = SafetyContext().interrupt_threads().enable(SystemIO().allow_read_path("."))
        box.works("apply", context.apply_to_all_threads)
        box.outside("outside", os.listdir, "/")

    run(case)


def test_signals_that_cannot_be_queued_change_nothing(run):
    def case(box):
        import errno
        import os
        import resource
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        threading.Thread(target=threading.Event().wait, daemon=True).start()
        resource.setrlimit(11, (0, resource.getrlimit(11)[1]))  # RLIMIT_SIGPENDING
        context = SafetyContext().interrupt_threads().enable(SystemIO().allow_read_path("."))
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "thread", error.code)
        box.equal("errno", errno.EAGAIN, error.errno)
        box.equal("operation", "rt_tgsigqueueinfo(2)", error.operation)
        box.works("nothing changed", os.listdir, "/")

    run(case)


def test_more_threads_than_signals_can_be_queued_are_confined(run):
    def case(box):
        import resource

        from lookers import Lookers
        from pyextrasafe import SafetyContext, SystemIO, Threads

        lookers = Lookers(100)
        with open("/proc/self/status") as file:
            queued = next(line for line in file if line.startswith("SigQ:"))
        # Those of the user count, of which others may come.
        limit = int(queued.split()[1].partition("/")[0]) + 10
        resource.setrlimit(11, (limit, limit))  # RLIMIT_SIGPENDING
        SafetyContext().interrupt_threads().enable(
            SystemIO().allow_scratch_dir("."), Threads().allow_create_threads()
        ).apply_to_all_threads()
        box.equal("outcomes", [13] * 100, lookers.outcomes())

    run(case)


def test_numpy_has_threads(run):
    """OpenBLAS starts them at import: the error tells, and interrupting works."""
    pytest.importorskip("numpy")

    def case(box):
        import os
        import threading

        import numpy as np

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, Threads

        matrix = np.ones((300, 300))
        matrix @ matrix
        if len(os.listdir("/proc/self/task")) == 1:  # one processor, or a build without threads
            thread = threading.Thread(target=threading.Event().wait, daemon=True)
            thread.start()
        context = SafetyContext().enable(
            SystemIO().allow_scratch_dir("."), Threads().allow_create_threads()
        )
        error = box.raises("apply", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "thread", error.code)
        box.works("interrupt", context.interrupt_threads().apply_to_all_threads)
        box.equal("product", 300.0, (matrix @ matrix)[0, 0])
        box.outside("read outside", os.listdir, "/")

    run(case)


# In a namespace of process ids below that of /proc, which shows the ids of the upper one.
IN_ANOTHER_PROC = """
import os, sys, threading
import pyextrasafe

count, *options = sys.argv[1:]
end = threading.Event()
for _ in range(int(count)):
    threading.Thread(target=end.wait).start()
context = pyextrasafe.SafetyContext().enable(
    pyextrasafe.SystemIO().allow_stdout().allow_scratch_dir("."),
    pyextrasafe.Threads().allow_create_threads(),
)
if options:
    context.interrupt_threads()
try:
    context.apply_to_all_threads()
    outcome = "applied"
except pyextrasafe.ExtraSafeError as error:
    outcome = f"{error.code}: {error}"
try:
    os.listdir("/")
    outcome += ", free"
except PermissionError:
    outcome += ", limited"
print(outcome)
end.set()
"""


def test_threads_that_cannot_be_counted_are_an_error(run):
    """/proc is that of another namespace, or none."""

    def case(box, program):
        import os
        import subprocess
        import sys
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        def in_another_proc(*arguments):
            command = ["unshare", "--pid", "--fork", "--kill-child"]
            done = subprocess.run(
                [*command, sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE
            )
            return done.stdout.decode().strip()

        box.equal("one thread", "applied, limited", in_another_proc("0"))
        for options in ([], ["interrupt"]):
            outcome = in_another_proc("2", *options)
            for part in ("thread: ", "another PID namespace", ", free"):
                box.true(f"{part} in {outcome}", part in outcome)
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
        context = SafetyContext().enable(SystemIO().allow_scratch_dir("."))
        subprocess.run(["mount", "-t", "tmpfs", "none", "/proc"], check=True)
        error = box.raises("no /proc", ExtraSafeError, context.apply_to_all_threads)
        end.set()
        thread.join()
        box.equal("code", "thread", error.code)
        box.true("message", "cannot be counted" in str(error))
        box.works("nothing changed", os.listdir, "/")
        box.works("the current thread", context.apply_to_current_thread)
        box.outside("read outside", os.listdir, "/")

    run(case, program=IN_ANOTHER_PROC, namespaces=("--mount",))
