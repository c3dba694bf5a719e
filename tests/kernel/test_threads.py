"""Threads: allow_create_threads, allow_create for processes besides, allow_sleep for pausing."""

import pytest

CREATING = pytest.mark.parametrize("permission", ["allow_create_threads", "allow_create"])


@CREATING
def test_threads_and_pools(run, form, permission):
    def case(box, permission):
        import threading
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.pool import ThreadPool

        from pyextrasafe import Threads

        ThreadPool(1).terminate()  # imports queue and more
        seen = []

        def once():
            thread = threading.Thread(target=seen.append, args=["ran"])
            thread.start()
            thread.join()
            return seen

        def many():
            lock, total = threading.Lock(), [0]

            def add():
                for _ in range(100):
                    with lock:
                        total[0] += 1

            threads = [threading.Thread(target=add) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return total[0]

        def pool():
            with ThreadPoolExecutor(4) as executor:
                return sum(executor.map(abs, range(-100, 1)))

        box.apply(getattr(Threads(), permission)())
        box.gives("a thread", ["ran"], once)
        box.gives("many threads", 800, many)
        box.gives("ThreadPoolExecutor with a number", 5050, pool)
        box.gives("ThreadPoolExecutor", 3, lambda: ThreadPoolExecutor().submit(len, "abc").result())

    run(case, form=form, permission=permission)


@CREATING
def test_a_stack_is_used_again_with_a_smaller_guard(run, form, permission):
    """glibc from 2.42 on takes the larger guard away by madvise, and nothing else will do."""

    def case(box, permission):
        import ctypes

        from pyextrasafe import Threads

        libc = ctypes.CDLL(None)
        start = ctypes.cast(libc.getpid, ctypes.c_void_p)  # any function

        def thread(guard):
            attributes, number = ctypes.create_string_buffer(64), ctypes.c_ulong()
            libc.pthread_attr_init(attributes)
            libc.pthread_attr_setguardsize(attributes, ctypes.c_size_t(guard))
            error = libc.pthread_create(ctypes.byref(number), attributes, start, None)
            return error or libc.pthread_join(number, None)

        box.gives("before", 0, thread, 65536)
        box.apply(getattr(Threads(), permission)())
        box.gives("a smaller one", 0, thread, 4096)
        box.gives("none", 0, thread, 0)
        box.gives("a larger one", 0, thread, 131072)

    run(case, form=form, permission=permission)


@CREATING
def test_new_threads_are_locked_down(run, form, permission):
    def case(box, permission):
        import threading

        from pyextrasafe import Threads

        refusals = []

        def attempt():
            try:
                open("/etc/passwd")
            except PermissionError as error:
                refusals.append(error.errno)

        box.apply(getattr(Threads(), permission)())
        thread = threading.Thread(target=attempt)
        box.works("start", thread.start)
        thread.join()
        box.equal("refused in the new thread", [1], refusals)

    run(case, form=form, permission=permission)


def test_threads_without_processes(run, form):
    def case(box):
        import multiprocessing.popen_fork
        import os
        import subprocess

        import constants as c
        from pyextrasafe import Threads

        raw = box.raw()
        context = multiprocessing.get_context("fork")
        process = context.Process(target=print)
        thread = 0x3D0F00  # what glibc makes one with
        box.apply(Threads().allow_create_threads())

        def clone(flags):
            if raw("clone", flags, 0, 0, 0, 0) == 0:
                os._exit(0)

        box.refused("os.fork", lambda: os.fork() or os._exit(0))
        box.refused("multiprocessing", process.start)
        box.refused("subprocess", subprocess.Popen, ["true"])
        box.refused("fork(2)", clone, 17)
        box.refused("a child of garbage", clone, 1 << 32 | 17)
        for signal in (1, 9, 15, 17, 64):
            box.refused(f"a thread that ends with {signal}", clone, thread | signal)
        for name in ("CLONE_NEWUSER", "CLONE_NEWNET"):
            box.refused(f"a thread and {name}", clone, thread | c.NAMESPACES[name])
        box.refused("vfork(2)", raw, "vfork")
        box.absent("clone3", raw, "clone3", raw.memory(88), 88)
        box.refused("wait", os.waitpid, -1, os.WNOHANG)

    assert run(case, form=form).stdout == b""


@CREATING
def test_scheduling_of_threads(run, form, permission):
    """pthread_getschedparam, and going back to the ordinary policy; no other one can be had."""

    def case(box, permission):
        import os

        import constants as c
        from pyextrasafe import Threads

        others = (c.SCHED_FIFO, c.SCHED_RR, c.SCHED_BATCH, c.SCHED_IDLE, c.SCHED_DEADLINE)
        flags = (c.SCHED_RESET_ON_FORK, c.SCHED_RESET_ON_FORK | c.SCHED_FIFO)
        raw = box.raw()
        zero, one = raw.memory(4), raw.memory((1).to_bytes(4, "little"))
        seen = raw.memory(4)
        box.works("before", raw, "sched_setscheduler", 0, c.SCHED_BATCH, zero)
        own = os.getpid()
        box.apply(getattr(Threads(), permission)())
        box.gives("policy", c.SCHED_BATCH, raw, "sched_getscheduler", 0)
        box.gives("parameters", 0, raw, "sched_getparam", 0, seen)
        box.gives("the ordinary policy", 0, raw, "sched_setscheduler", 0, c.SCHED_OTHER, zero)
        box.gives("it is set", c.SCHED_OTHER, raw, "sched_getscheduler", own)
        box.gives("garbage above", 0, raw, "sched_setscheduler", 0, 1 << 32 | c.SCHED_OTHER, zero)
        box.raises(
            "of nobody",
            ProcessLookupError,
            raw,
            "sched_setscheduler",
            c.NOBODY,
            c.SCHED_OTHER,
            zero,
        )
        for policy in others + flags:
            box.refused(f"policy {policy}", raw, "sched_setscheduler", 0, policy, one)
            box.refused(f"{policy} of 32 bits", raw, "sched_setscheduler", 0, 1 << 32 | policy, one)
        box.refused("parameters", raw, "sched_setparam", 0, one)
        box.refused("attributes", raw, "sched_setattr", 0, one, 0)
        box.refused("processors", raw, "sched_setaffinity", 0, 4, one)
        box.refused("priority", raw, "setpriority", 0, 0, 1)
        box.gives("nothing has changed", c.SCHED_OTHER, raw, "sched_getscheduler", 0)

    run(case, form=form, permission=permission)


def test_no_scheduling_without(run, form):
    def case(box):
        from pyextrasafe import ForkAndExec, Threads

        raw = box.raw()
        zero = raw.memory(4)
        box.apply(Threads().allow_sleep(), ForkAndExec())
        box.refused("policy", raw, "sched_getscheduler", 0)
        box.refused("parameters", raw, "sched_getparam", 0, zero)
        box.refused("the ordinary policy", raw, "sched_setscheduler", 0, 0, zero)

    run(case, form=form)


def test_new_processes(run, form):
    def case(box):
        import os

        from pyextrasafe import Threads

        def fork(child):
            pid = os.fork()
            if pid:
                return os.WEXITSTATUS(os.waitpid(pid, 0)[1])
            try:
                os._exit(child())
            except PermissionError:
                os._exit(77)

        raw = box.raw()
        box.apply(Threads().allow_create())
        box.gives("fork", 5, fork, lambda: 5)
        box.gives("the child is locked down", 77, fork, lambda: open("/etc/passwd"))
        box.gives("a child of a child", 6, fork, lambda: fork(lambda: 6))
        box.refused("exec", os.execv, "/no/such/program", ["program"])
        box.absent("execveat", raw, "execveat", 0, 1, 0, 0, 0)
        box.refused("kill", os.kill, os.getppid(), 23)
        box.refused("open", open, "/etc/passwd")
        box.refused("write", os.write, 1, b"x")
        box.refused("dup2", os.dup2, 0, 1)

    run(case, form=form)


def test_no_new_namespaces_and_no_tracing(run, form):
    """Each flag alone, together with fork's and with a thread's, with garbage above, and above."""

    def case(box):
        import errno
        import os

        import constants as c
        from pyextrasafe import ForkAndExec, Threads

        raw = box.raw()
        flags = {
            **c.NAMESPACES,
            "CLONE_PTRACE": c.CLONE_PTRACE,
            "CLONE_PARENT": c.CLONE_PARENT,
            "CLONE_UNTRACED": c.CLONE_UNTRACED,
        }
        # clone(2) takes this bit for a part of the signal: there is no such namespace for it.
        del flags["CLONE_NEWTIME"]
        forking = 17
        # Without CLONE_VM the kernel says EINVAL to these, and nothing is made.
        invalid, threading = c.CLONE_SIGHAND | 17, 0x3D0F00 & ~c.CLONE_VM

        def clone(flags):
            if raw("clone", flags, 0, 0, 0, 0) == 0:
                os._exit(0)

        box.apply(Threads().allow_create(), ForkAndExec())
        box.reaches("what a thread is made with", errno.EINVAL, clone, threading)
        for name, flag in flags.items():
            for label, rest in {"fork": forking, "thread": threading, "neither": invalid}.items():
                box.refused(f"{name} and {label}", clone, flag | rest)
                box.refused(f"{name} and {label}, garbage", clone, 1 << 32 | flag | rest)
            box.reaches(f"{name} above means nothing", errno.EINVAL, clone, flag << 32 | invalid)
        box.refused("all of them", clone, sum(flags.values()) | forking)
        box.absent("clone3", raw, "clone3", raw.memory(88), 88)
        for name, flag in c.NAMESPACES.items():
            box.refused(f"unshare {name}", raw, "unshare", flag)
        box.refused("setns", raw, "setns", 1000, 0)
        box.works("fork", clone, forking)

    run(case, form=form)


def test_multiprocessing(run, form):
    """Processes and a pipe need pipes and files; pools need semaphores and SIGTERM besides."""

    def case(box):
        import multiprocessing
        import multiprocessing.connection
        import multiprocessing.pool
        import multiprocessing.popen_fork
        import multiprocessing.queues
        import multiprocessing.synchronize

        from pyextrasafe import ForkAndExec, Networking, SystemIO, Threads

        context = multiprocessing.get_context("fork")

        def process():
            ours, theirs = context.Pipe()
            child = context.Process(target=theirs.send, args=["from the child"])
            child.start()
            answer = ours.recv()
            child.join()
            return answer, child.exitcode

        def queue():
            queue = context.Queue()
            child = context.Process(target=queue.put, args=[42])
            child.start()
            answer = queue.get()
            child.join()
            return answer

        def pool():
            with context.Pool(2) as pool:
                return pool.map(abs, [-1, -2, -3])

        box.apply(
            Threads().allow_create().allow_sleep(),
            SystemIO.everything(),
            ForkAndExec(),
            Networking().allow_running_unix_clients(),
        )
        box.gives("Process", ("from the child", 0), process)
        box.gives("Queue", 42, queue)
        box.gives("Pool", [1, 2, 3], pool)

    run(case, form=form)


def test_multiprocessing_by_spawn(run, form):
    """A new interpreter for each process, which starts under the filter."""

    def case(box):
        import multiprocessing
        import multiprocessing.popen_spawn_posix
        import os

        from pyextrasafe import ForkAndExec, Networking, SystemIO, Threads

        context = multiprocessing.get_context("spawn")

        def process():
            child = context.Process(target=os._exit, args=[5])
            child.start()
            child.join()
            return child.exitcode

        box.apply(
            Threads().allow_create().allow_sleep(),
            SystemIO.everything(),
            ForkAndExec(),
            Networking().allow_running_unix_clients(),
        )
        box.gives("Process", 5, process)

    run(case, form=form)


def test_multiprocessing_needs_allow_create(run, form):
    def case(box):
        import multiprocessing.popen_fork

        from pyextrasafe import SystemIO

        context = multiprocessing.get_context("fork")
        child = context.Process(target=print)
        box.apply(SystemIO.everything())
        box.refused("start", child.start)

    assert run(case, form=form).stdout == b""


def test_sleep(run, form):
    def case(box):
        import os
        import select
        import signal
        import time

        from pyextrasafe import Threads

        reader, _ = os.pipe()
        poll, epoll = select.poll(), select.epoll()
        poll.register(reader, select.POLLIN)
        epoll.register(reader)
        raw = box.raw()
        moment = raw.memory((0).to_bytes(8, "little") + (1000).to_bytes(8, "little"))
        signals = raw.memory((1 << signal.SIGUSR1 - 1).to_bytes(8, "little"))

        def slept(seconds):
            start = time.monotonic()
            time.sleep(seconds)
            return time.monotonic() - start >= seconds

        def handle(number, frame):
            seen.append(number)

        def paused():
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            signal.pause()
            return seen

        seen = []
        signal.signal(signal.SIGALRM, handle)
        box.apply(Threads().allow_sleep())
        box.gives("time.sleep", True, slept, 0.02)
        box.gives("select", ([], [], []), select.select, [reader], [], [], 0.01)
        box.gives("poll", [], poll.poll, 1)
        box.gives("epoll", [], epoll.poll, 0.001)
        box.gives("pause", [signal.SIGALRM], paused)
        box.gives("nanosleep(2)", 0, raw, "nanosleep", moment, 0)
        for clock in (0, 1):
            box.gives("clock_nanosleep(2)", 0, raw, "clock_nanosleep", clock, 0, moment, 0)
            box.gives("absolute", 0, raw, "clock_nanosleep", clock, 1, moment, 0)
        box.reaches("sigtimedwait(2)", 11, raw, "rt_sigtimedwait", signals, 0, moment, 8)
        box.refused("fork", lambda: os.fork() or os._exit(0))
        box.refused("read", os.read, 0, 1)
        box.refused("write", os.write, 1, b"x")
        box.refused("open", open, "/etc/passwd")
        box.refused("set the clock", raw, "clock_settime", 0, 1)

    run(case, form=form)


@pytest.mark.parametrize("permission", [None, "allow_create"])
def test_no_sleep_without_allow_sleep(run, form, permission):
    def case(box, permission):
        import select
        import signal
        import time

        from pyextrasafe import Threads

        raw = box.raw()
        moment = raw.memory((0).to_bytes(8, "little") + (1000).to_bytes(8, "little"))
        poll = select.poll()
        box.apply(*[getattr(Threads(), permission)()] if permission else [])
        box.refused("time.sleep", time.sleep, 0.01)
        box.refused("select", select.select, [], [], [], 0.01)
        box.refused("poll", poll.poll, 1)
        box.refused("nanosleep(2)", raw, "nanosleep", moment, 0)
        box.refused("clock_nanosleep(2)", raw, "clock_nanosleep", 0, 0, moment, 0)
        box.refused("sigtimedwait(2)", raw, "rt_sigtimedwait", 1, 0, moment, 8)
        signal.alarm(1)  # pause() cannot report a refusal: it returns at once
        box.works("pause", signal.pause)
        box.true("it has not waited", signal.alarm(0))

    run(case, form=form, permission=permission)
