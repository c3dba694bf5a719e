"""BasicCapabilities: what a running interpreter needs to stay alive, and no more.

It is in every context, so ``box.apply()`` and ``box.apply(BasicCapabilities())`` are the same.
"""

import pytest


@pytest.mark.parametrize("enabled", [False, True])
def test_a_program_goes_on_computing(run, form, enabled):
    def case(box, enabled):
        import decimal
        import gc
        import json
        import random
        import re
        import sqlite3
        import zlib

        from pyextrasafe import BasicCapabilities

        def grow_and_release():
            blocks = [bytearray(1 << 20) for _ in range(64)]
            for block in blocks:
                block[-1] = 1
            del blocks
            gc.collect()
            return "released"

        def recurse(depth):
            return depth and 1 + recurse(depth - 1)

        def query():
            with sqlite3.connect(":memory:") as database:
                database.execute("create table t (a)")
                database.executemany("insert into t values (?)", [(n,) for n in range(1000)])
                return database.execute("select sum(a) from t").fetchone()[0]

        box.apply(*[BasicCapabilities()] if enabled else [])
        box.gives("memory", "released", grow_and_release)
        box.gives("recursion", 800, recurse, 800)
        box.gives("hot loop", 499999500000, lambda: sum(n for n in range(1000000)))
        box.gives("json", {"a": [1]}, json.loads, '{"a": [1]}')
        box.gives("re", ["1", "22"], re.findall, r"\d+", "a1b22")
        box.gives("decimal", "0.3", lambda: str(decimal.Decimal("0.1") * 3))
        box.gives("zlib", b"x" * 9999, lambda: zlib.decompress(zlib.compress(b"x" * 9999)))
        box.works("random", random.random)
        box.gives("sqlite3 in memory", 499500, query)

    run(case, form=form, enabled=enabled)


def test_random_numbers_of_the_kernel(run, form):
    def case(box):
        raw = box.raw()
        memory = raw.memory(16)
        box.apply()
        box.gives("getrandom", 16, raw, "getrandom", memory, 16, 0)
        box.true("it has written", raw.read(memory, 16) != bytes(16))

    run(case, form=form)


def test_calls_that_cannot_report_a_refusal_still_tell_the_truth(run, form):
    def case(box):
        import os
        import resource
        import signal
        import threading

        raw = box.raw()
        cpus = raw.memory(128)
        questions = {
            "getpid": os.getpid,
            "getppid": os.getppid,
            "getuid": os.getuid,
            "geteuid": os.geteuid,
            "getgid": os.getgid,
            "getegid": os.getegid,
            "getpgrp": os.getpgrp,
            "getcwd": os.getcwd,
            "uname": lambda: tuple(os.uname()),
            "gettid": lambda: raw("gettid"),
            "native id": threading.get_native_id,
            "affinity": lambda: (raw("sched_getaffinity", 0, 128, cpus), raw.read(cpus, 128)),
            "own limits": lambda: resource.getrlimit(resource.RLIMIT_NOFILE),
            "itimer": lambda: signal.getitimer(signal.ITIMER_REAL),
            "umask": lambda: os.umask(os.umask(0o22)),
            "memory": lambda: os.sysconf("SC_PHYS_PAGES"),
        }
        os.umask(0o22)
        before = {name: question() for name, question in questions.items()}
        box.apply()
        for name, question in questions.items():
            box.gives(name, before[name], question)

    run(case, form=form)


def test_threads_that_already_run_go_on_and_end(run, form):
    """With the filter on all threads, and with it on the main thread alone."""

    def case(box):
        import queue
        import threading

        orders, results = queue.Queue(), queue.Queue()
        lock, gone = threading.Lock(), threading.Event()

        def work():
            while True:
                order = orders.get()
                if order is None:
                    break
                with lock:
                    results.put(order * 2)
            gone.set()

        thread = threading.Thread(target=work)
        thread.start()
        box.apply()
        for number in range(100):
            orders.put(number)
        box.gives("queue", 9900, lambda: sum(results.get(timeout=20) for _ in range(100)))
        box.gives("a timeout", False, threading.Event().wait, 0.01)
        orders.put(None)
        box.gives("event", True, gone.wait, 20)
        box.works("join", thread.join, 20)
        box.true("the thread has ended", not thread.is_alive())

    run(case, form=form)


def test_signals_arrive(run, form):
    def case(box):
        import os
        import signal

        seen = []

        def note(number, frame):
            seen.append(number)

        def count(number, function, *args):
            function(*args)
            while number not in seen:
                pass
            return seen.count(number)

        box.apply()
        box.works("signal()", signal.signal, signal.SIGUSR1, note)
        signal.signal(signal.SIGALRM, note)
        signal.signal(signal.SIGVTALRM, note)
        box.gives("raise_signal", 1, count, signal.SIGUSR1, signal.raise_signal, signal.SIGUSR1)
        seen.clear()
        box.gives("own pid", 1, count, signal.SIGUSR1, os.kill, os.getpid(), signal.SIGUSR1)
        box.gives("alarm", 1, count, signal.SIGALRM, signal.setitimer, signal.ITIMER_REAL, 0.01)
        box.gives(
            "timer", 1, count, signal.SIGVTALRM, signal.setitimer, signal.ITIMER_VIRTUAL, 0.001
        )
        box.works("mask", signal.pthread_sigmask, signal.SIG_BLOCK, [signal.SIGUSR1])
        box.gives("alarm() and its rest", 0, signal.alarm, 100)
        box.true("the rest", 90 < signal.alarm(0) <= 100)

    run(case, form=form)


def test_stop_and_continue_while_waiting(run, form):
    """Waits that are interrupted go on through restart_syscall(2)."""

    def case(box):
        import os
        import signal
        import threading
        import time

        def stop_and_continue(pid):
            for _ in range(10):
                time.sleep(0.02)
                os.kill(pid, signal.SIGSTOP)
                time.sleep(0.02)
                os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGUSR1)
            return "done"

        over = threading.Event()
        signal.signal(signal.SIGUSR1, lambda number, frame: over.set())
        box.peer("stopper", stop_and_continue, os.getpid())
        box.apply()
        wait = threading.Event()
        rounds = 0
        while not over.is_set():
            rounds += not box.works("wait", wait.wait, 0.1)
        box.true("waited", rounds)

    assert run(case, form=form).peers["stopper"] == ("ok", "done")


def test_only_itself_can_be_signalled(run, form):
    def case(box):
        import errno
        import os
        import signal

        from constants import NOBODY

        raw = box.raw()
        own, parent, minus_1 = os.getpid(), os.getppid(), 2**64 - 1
        box.apply()
        box.works("kill itself", os.kill, own, 0)
        box.works("tgkill itself", raw, "tgkill", own, own, 0)
        box.works("tkill its main thread", raw, "tkill", own, 0)
        box.works("only 32 bits of a process id count", raw, "kill", 1 << 32 | own, 0)
        box.works("is its parent there?", os.kill, parent, 0)
        box.reaches("is nobody there?", errno.ESRCH, raw, "kill", NOBODY, 0)
        box.refused("signal its parent", os.kill, parent, signal.SIGURG)
        box.refused("kill its process group", raw, "kill", 0, 0)
        box.refused("kill everybody", raw, "kill", minus_1, 0)
        box.refused("kill a process group", raw, "kill", 2**64 - own, 0)
        box.refused("signal its parent, garbage above", raw, "kill", own << 32 | parent, 23)
        box.refused("tgkill its parent", raw, "tgkill", parent, parent, 0)
        box.refused("tgkill without a group", raw, "tgkill", minus_1, own, 0)
        box.refused("tkill its parent", raw, "tkill", parent, 0)
        box.refused("tkill nobody", raw, "tkill", NOBODY, 0)
        box.absent("pidfd_open", raw, "pidfd_open", own, 0)
        box.absent("pidfd_send_signal", raw, "pidfd_send_signal", 0, 0, 0, 0)
        box.refused("queue to its parent", raw, "rt_sigqueueinfo", parent, 0, 1)

    run(case, form=form)


def test_memory_is_anonymous(run, form):
    def case(box):
        import os

        from constants import (
            MAP_ANONYMOUS,
            MAP_PRIVATE,
            MAP_SHARED,
            MAP_SHARED_VALIDATE,
            PROT_READ,
            PROT_WRITE,
        )

        raw = box.raw()
        with open("file", "wb") as file:
            file.write(b"untouched" * 500)
        fd = os.open("file", os.O_RDWR)
        both = PROT_READ | PROT_WRITE

        def mmap(flags, fd):
            return raw("mmap", 0, 4096, both, flags, fd, 0)

        box.apply()
        box.works("private", mmap, MAP_PRIVATE | MAP_ANONYMOUS, 2**64 - 1)
        box.works("shared with nobody", mmap, MAP_SHARED | MAP_ANONYMOUS, 2**64 - 1)
        box.refused("a file, privately", mmap, MAP_PRIVATE, fd)
        box.refused("a file, shared", mmap, MAP_SHARED, fd)
        box.refused("a file, validated", mmap, MAP_SHARED_VALIDATE, fd)
        box.refused("MAP_ANONYMOUS above", mmap, MAP_ANONYMOUS << 32 | MAP_SHARED, fd)

    assert (run(case, form=form).directory / "file").read_bytes() == b"untouched" * 500


def test_limits_are_its_own_and_to_be_read(run, form):
    def case(box):
        import os

        raw = box.raw()
        limits = raw.memory(16)
        parent = os.getppid()
        box.apply()
        box.works("read", raw, "prlimit64", 0, 7, 0, limits)
        box.refused("those of its parent", raw, "prlimit64", parent, 7, 0, limits)
        box.refused("set", raw, "prlimit64", 0, 7, limits, 0)
        box.refused("set and read", raw, "prlimit64", 0, 7, limits, limits)

    run(case, form=form)


def test_prctl_and_seccomp_only_narrow_further(run, form):
    def case(box):
        import errno

        import constants as c

        raw = box.raw()
        sizes = raw.memory(16)
        box.apply()
        box.gives("get no_new_privs", 1, raw, "prctl", c.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
        box.gives("set no_new_privs", 0, raw, "prctl", c.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        box.gives("get the seccomp mode", 2, raw, "prctl", c.PR_GET_SECCOMP, 0, 0, 0, 0)
        for name in ("PR_SET_SECCOMP", "PR_SET_DUMPABLE", "PR_CAPBSET_READ"):
            option = getattr(c, name)
            box.refused(name, raw, "prctl", option, 99, 0, 0, 0)
            box.refused(f"{name}, garbage above", raw, "prctl", 1 << 32 | option, 99, 0, 0, 0)
        box.refused("PR_SET_PTRACER", raw, "prctl", c.PR_SET_PTRACER, 0, 0, 0, 0)
        box.refused("PR_CAP_AMBIENT", raw, "prctl", c.PR_CAP_AMBIENT, 99, 0, 0, 0)

        load = c.SECCOMP_SET_MODE_FILTER
        box.reaches("a filter", errno.EFAULT, raw, "seccomp", load, 0, 0)
        tsync = c.SECCOMP_FILTER_FLAG_TSYNC
        box.reaches("a filter for all", errno.EFAULT, raw, "seccomp", load, tsync, 0)
        for name in ("LOG", "NEW_LISTENER", "TSYNC_ESRCH"):
            flag = getattr(c, f"SECCOMP_FILTER_FLAG_{name}")
            box.refused(f"a filter with {name}", raw, "seccomp", load, flag, 0)
            box.refused(f"a filter with TSYNC and {name}", raw, "seccomp", load, tsync | flag, 0)
        box.refused("strict mode", raw, "seccomp", c.SECCOMP_SET_MODE_STRICT, 1, 0)
        box.refused("actions", raw, "seccomp", c.SECCOMP_GET_ACTION_AVAIL, 0, sizes)
        box.refused("notification sizes", raw, "seccomp", c.SECCOMP_GET_NOTIF_SIZES, 0, sizes)

    run(case, form=form)


def test_everything_else_is_refused(run, form):
    def case(box):
        import _thread
        import os
        import socket
        import subprocess
        import threading

        reader, writer = os.pipe()
        box.peer("reader", lambda: os.close(writer) or os.read(reader, 99))
        full, end = os.pipe()
        os.write(end, b"x")
        os.mkdir("directory")
        connection = socket.socket()
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        address = listener.getsockname()
        thread = threading.Thread(target=print)
        box.apply()
        box.refused("write to standard output", os.write, 1, b"x")
        box.refused("write to standard error", os.write, 2, b"x")
        box.refused("write to a pipe", os.write, writer, b"x")
        box.refused("read a pipe", os.read, full, 1)
        box.refused("close", os.close, writer)
        box.refused("open a file", open, "/etc/passwd")
        box.refused("make a file", open, "made", "w")
        box.refused("list a directory", os.listdir, ".")
        box.refused("stat", os.stat, ".")
        box.refused("remove a directory", os.rmdir, "directory")
        box.refused("rename", os.rename, "directory", "moved")
        box.refused("dup", os.dup, writer)
        box.refused("a pipe", os.pipe)
        box.refused("fork", lambda: os.fork() or os._exit(0))
        box.refused("exec", os.execv, "/no/such/program", ["program"])
        box.refused("subprocess", subprocess.call, ["/bin/true"])
        box.refused("a socket", socket.socket)
        box.refused("connect", connection.connect, address)
        box.refused("accept", listener.accept)
        box.refused("chdir", os.chdir, "/")
        box.raises("a thread", (RuntimeError, _thread.error), thread.start)

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"", b"")
    assert result.peers["reader"] == ("ok", b"")
    assert [path.name for path in result.directory.iterdir() if path.is_dir()] == ["directory"]
    assert not (result.directory / "made").exists()
