"""Programs that are watched do what they do without, in every situation, and nothing is missed."""

import signal
import sys

import pytest


def test_what_is_left_afterwards(run):
    def case(box):
        import faulthandler
        import os
        import signal
        import threading

        import pyextrasafe

        def state():
            with open("/proc/self/status") as file:
                lines = [line.rstrip().partition(":\t") for line in file]
            names = ("Seccomp", "NoNewPrivs", "SigBlk", "SigCgt", "SigIgn")
            return {name: value for name, _, value in lines if name in names}

        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        before = state()
        with pyextrasafe.learn() as seen:
            os.getsid(0)
            during = state()
        box.equal("as before", before, state())
        box.true("SIGSYS is caught meanwhile", int(during["SigCgt"], 16) >> 30 & 1)
        box.equal("no filter", "0", during["Seccomp"])
        box.equal("no handler", signal.SIG_DFL, signal.getsignal(signal.SIGSYS))
        box.true("faulthandler has none", not faulthandler.unregister(signal.SIGSYS))
        count = len(seen.calls)
        os.getsid(0)
        done.set()
        thread.join()
        box.equal("nothing is noted", count, len(seen.calls))
        box.equal("not confined", False, pyextrasafe.status().confined)
        with pyextrasafe.learn() as again:
            os.getsid(0)
        box.equal("once more", [1], [o.count for o in again.calls if o.call == "getsid"])

    run(case)


def test_the_program_registers_faulthandler_meanwhile(run):
    """SIGSYS is given back to nobody of ours: a foreign filter that traps ends the process."""

    def case(box):
        import faulthandler
        import os
        import signal
        import tempfile

        from pyextrasafe import learn

        with tempfile.TemporaryFile() as file:
            for earlier in (False, True):
                if earlier:
                    faulthandler.register(signal.SIGSYS, file, all_threads=False)
                with learn() as seen:
                    faulthandler.register(signal.SIGSYS, file, all_threads=False)
                    os.getsid(0)
                box.true("seen", "getsid" in [one.call for one in seen.calls])
                with open("/proc/self/status") as status:
                    (caught,) = [line.split()[1] for line in status if line.startswith("SigCgt")]
                box.equal("nobody catches it", 0, int(caught, 16) >> 30 & 1)

    run(case)


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info >= (3, 12),
    reason="cffi is not loaded in a subinterpreter",
)
def test_in_a_subinterpreter(run):
    """Where stacks cannot be had, calls are seen without."""

    def case(box):
        import _xxsubinterpreters

        code = (
            "import os, pyextrasafe\n"
            "with pyextrasafe.learn() as seen:\n"
            "    os.getsid(0)\n"
            "with open('seen', 'w') as file:\n"
            "    file.write(' '.join(one.call for one in seen.calls))\n"
        )
        _xxsubinterpreters.run_string(_xxsubinterpreters.create(), code)
        with open("seen") as file:
            box.true("seen", "getsid" in file.read().split())

    run(case)


def test_an_exception_ends_it(run):
    def case(box):
        import os
        import signal

        from pyextrasafe import learn

        def watched():
            with learn() as seen:
                found.append(seen)
                os.getsid(0)
                raise ZeroDivisionError

        found = []
        box.raises("the exception", ZeroDivisionError, watched)
        box.true("what was seen", "getsid" in [o.call for o in found[0].calls])
        box.equal("no handler", signal.SIG_DFL, signal.getsignal(signal.SIGSYS))

    run(case)


def test_files(run):
    def case(box):
        import errno
        import os

        from pyextrasafe import learn

        with open("kept", "w") as file:
            file.write("contents")
        with learn() as seen:
            with open("kept") as file:
                text = file.read()
            for _ in range(5):
                try:
                    os.open("nowhere", os.O_RDONLY)
                except FileNotFoundError:
                    pass
            with open("made", "w") as file:
                file.write("x")
            with open("made", "w") as file:
                file.write("y")
        here = os.getcwd()
        opened = [o for o in seen.calls if o.call in ("open", "openat")]
        box.equal("it was read", "contents", text)
        paths = [f"{here}/{name}" for name in ("kept", "nowhere", "made", "made")]
        box.equal("paths", paths, [o.path for o in opened])
        box.equal("counts", [1, 5, 1, 1], [o.count for o in opened])
        box.equal("failures", [0, 5, 0, 0], [o.failed for o in opened])
        box.equal("errno", [None, errno.ENOENT, None, None], [o.errno for o in opened])
        box.equal("created", [False, False, True, False], [o._created for o in opened])
        box.true("words", f'"{here}/kept", O_RDONLY' in opened[0].arguments)
        box.equal("place", "case", opened[0].stack[0][2])
        box.equal("of this process", {os.getpid()}, {o.pid for o in seen.calls})
        kinds = {o.descriptor for o in seen.calls if o.call in ("read", "write")}
        box.equal("descriptors", {"a file"}, kinds)

    run(case)


def test_descriptors(run):
    def case(box):
        import os
        import socket

        from pyextrasafe import learn

        reader, writer = os.pipe()
        tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one, other = socket.socketpair()
        null = os.open("/dev/null", os.O_RDWR)
        with learn() as seen:
            os.write(1, b"out")
            os.write(2, b"error")
            os.read(0, 1)
            os.write(writer, b"x")
            os.write(null, b"x")
            os.read(reader, 1)
            one.send(b"x")
            other.recv(1)
            tcp.getsockname()
            udp.getsockname()
        found = {(o.call, o.descriptor) for o in seen.calls}
        wanted = {
            ("write", "standard output"),
            ("write", "standard error"),
            ("read", "standard input"),
            ("write", "a pipe"),
            ("write", "a device"),
            ("read", "a pipe"),
            ("sendto", "a UNIX stream socket"),
            ("recvfrom", "a UNIX stream socket"),
            ("getsockname", "a TCP socket"),
            ("getsockname", "a UDP socket"),
        }
        box.equal("missing", set(), wanted - found)

    run(case)


def test_threads_old_and_new(run):
    def case(box):
        import os
        import threading

        from pyextrasafe import learn

        begun, go = threading.Barrier(4), threading.Event()
        numbers = []

        def old():
            begun.wait()
            go.wait()
            work()

        def work():
            numbers.append(threading.get_native_id())
            for _ in range(50):
                os.close(os.open("file", os.O_RDONLY))

        open("file", "w").close()
        threads = [threading.Thread(target=old) for _ in range(3)]
        for thread in threads:
            thread.start()
        begun.wait()
        with learn() as seen:
            go.set()
            threads += [threading.Thread(target=work) for _ in range(2)]
            for thread in threads[3:]:
                thread.start()
            for thread in threads:
                thread.join()
        opened = [o for o in seen.calls if o.path and o.path.endswith("/file")]
        box.equal("exactly so many", [250], [o.count for o in opened])
        box.equal("closed", 250, sum(o.count for o in seen.calls if o.call == "close"))
        box.true("of one of them", opened[0].thread in numbers)
        box.equal("where", "work", opened[0].stack[0][2])

    run(case)


def test_small_stacks(run):
    def case(box):
        import os
        import threading

        from pyextrasafe import learn

        threading.stack_size(64 << 10)
        with learn() as seen:
            threads = [threading.Thread(target=os.getsid, args=(0,)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        box.equal("all of them", [8], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


def test_timers(run):
    def case(box):
        import os
        import signal
        import threading
        import time

        from pyextrasafe import learn

        heard = []
        signal.signal(signal.SIGALRM, lambda *_: heard.append(os.getsid(0)))
        with learn() as seen:
            signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
            stop = time.monotonic() + 0.3

            def work():
                while time.monotonic() < stop:
                    os.close(os.open("/dev/null", os.O_RDONLY))

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            work()
            for thread in threads:
                thread.join()
            signal.setitimer(signal.ITIMER_REAL, 0)
        box.true("heard", len(heard) > 3)
        count = sum(o.count for o in seen.calls if o.call == "getsid")
        box.equal("each was seen", len(heard), count)

    run(case)


def test_no_call_is_lost_when_threads_interrupt_the_first_one(run):
    def case(box):
        import os
        import signal
        import threading

        from pyextrasafe import learn

        stop = threading.Event()

        def work():
            while not stop.is_set():
                os.close(os.open("/dev/null", os.O_RDONLY))

        signal.signal(signal.SIGALRM, lambda *_: None)
        session = os.getsid(0)
        with learn() as seen:
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
            wrong = [n for n in range(150000) if os.getsid(0) != session]
            signal.setitimer(signal.ITIMER_REAL, 0)
            stop.set()
            for thread in threads:
                thread.join()
        box.equal("wrong results", [], wrong)
        box.equal("count", [150000], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


def test_every_signal_blocked(run):
    def case(box):
        import os
        import signal

        from pyextrasafe import learn

        every = {n for n in range(1, 65) if n not in (32, 33)}
        with learn() as seen:
            signal.pthread_sigmask(signal.SIG_SETMASK, every)
            os.getsid(0)
            blocked = signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.getsid(0)
            signal.signal(signal.SIGSYS, signal.SIG_DFL)
            os.getsid(0)
        kept = every - {signal.SIGKILL, signal.SIGSTOP, signal.SIGSYS}
        box.equal("all others stay blocked", kept, {int(number) for number in blocked})
        box.equal("seen", [3], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


# PyPy has no sigtimedwait().
@pytest.mark.parametrize(
    "how", ["sigwait", "signalfd", *["sigtimedwait"] * hasattr(signal, "sigtimedwait")]
)
def test_every_signal_awaited(run, how):
    """That which learning sends to the first thread is no signal of the program."""

    def case(box, how):
        import ctypes
        import os
        import signal
        import threading
        import time

        from pyextrasafe import learn

        others = {n for n in range(1, 65) if n not in (32, 33, signal.SIGUSR1)}
        heard = threading.Event()
        is_about_to_wait = threading.Event()

        def work():
            signal.pthread_sigmask(signal.SIG_SETMASK, others)
            is_about_to_wait.wait()
            time.sleep(0.2)
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGUSR2)

        def await_all():
            if how == "sigwait":
                return int(signal.sigwait(every))
            if how == "sigtimedwait":
                return signal.sigtimedwait(every, 20).si_signo
            mask = (ctypes.c_uint8 * 128)(*[255] * 128)
            file = ctypes.CDLL(None, use_errno=True).signalfd(-1, mask, 0)
            box.true("a descriptor", file >= 0)
            is_about_to_wait.set()
            return int.from_bytes(os.read(file, 128)[:4], "little")

        every = {*others, signal.SIGUSR1}
        signal.signal(signal.SIGUSR1, lambda *_: heard.set())
        with learn() as seen:
            thread = threading.Thread(target=work)
            thread.start()
            signal.pthread_sigmask(signal.SIG_SETMASK, every)
            if how != "signalfd":
                is_about_to_wait.set()
            box.equal("signal", signal.SIGUSR2, await_all())
            thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        box.true("the other thread had its own", heard.wait(5))
        call = "signalfd4" if how == "signalfd" else "rt_sigtimedwait"
        box.true("seen", call in {one.call for one in seen.calls})

    run(case, how=how, timeout=30)


def test_handlers_that_block_every_signal(run, in_c):
    def case(box, in_c):
        import ctypes

        from pyextrasafe import learn

        library = ctypes.CDLL(in_c)
        library.before()
        with learn() as seen:
            box.equal("a handler of before", 1, library.handled())
            library.before()
            box.equal("a handler of now", 1, library.handled())
            box.equal("while it waits", 1, library.waited())
            box.equal("on a stack of its own", 1, library.on_other_stack())
            box.equal("which is still there", 1, library.on_other_stack())
        box.equal("all of them", 5, sum(o.count for o in seen.calls if o.call == "getsid"))
        box.equal("as before", 1, library.blocks_all())

    run(case, in_c=in_c)


def test_processes(run):
    def case(box):
        import os
        import subprocess

        from pyextrasafe import learn

        with learn() as seen:
            box.equal("subprocess", 0, subprocess.run(["/bin/true"], check=False).returncode)
            text = subprocess.run("echo $((6 * 7))", shell=True, stdout=subprocess.PIPE).stdout
            box.equal("a shell", b"42\n", text)
            box.raises("no program", FileNotFoundError, subprocess.run, ["/nowhere"])
            if hasattr(os, "posix_spawn"):
                child = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], {})
                box.equal("posix_spawn", 3 << 8, os.waitpid(child, 0)[1])
                box.raises("nor so", FileNotFoundError, os.posix_spawn, "/nowhere", ["x"], {})
            box.equal("os.system", 4 << 8, os.system("exit 4"))
            child = os.fork()
            if not child:
                os.getsid(0)
                os._exit(5)
            box.equal("fork", 5 << 8, os.waitpid(child, 0)[1])
        started = {o.path for o in seen.calls if o.call == "execve" and not o.failed}
        box.equal("programs", {"true", "sh"}, {os.path.basename(path) for path in started})
        box.equal("the child", [child], [o.pid for o in seen.calls if o.call == "getsid"])

    run(case)


def test_multiprocessing_and_asyncio(run):
    def case(box):
        import asyncio
        import multiprocessing

        from pyextrasafe import learn

        async def talk():
            async def serve(reader, writer):
                writer.write(await reader.readline())
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            server.close()
            return line, port

        with learn() as seen:
            context = multiprocessing.get_context("fork")
            with context.Pool(2) as pool:
                box.equal("a pool", [0, 1, 2], pool.map(abs, [0, -1, -2]))
            line, port = asyncio.run(talk())
        box.equal("asyncio", b"hello\n", line)
        box.equal("port", [port], [o._port for o in seen.calls if o.call == "connect"])

    run(case)


def test_ctrl_c_reaches_the_first_thread(run):
    def case(box):
        import os
        import signal
        import threading
        import time

        from pyextrasafe import learn

        reader, writer = os.pipe()
        stop = threading.Event()
        is_about_to_read = threading.Semaphore(0)

        def work():
            while not stop.is_set():
                os.close(os.open("/dev/null", os.O_RDONLY))

        def interrupt():
            is_about_to_read.acquire()
            time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGINT)

        def read():
            is_about_to_read.release()
            os.read(reader, 1)

        with learn():
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            for _ in range(10):
                child = threading.Thread(target=interrupt)
                child.start()
                # Without a signal in this thread it would wait for ever.
                box.raises("at once", KeyboardInterrupt, read)
                child.join()
            stop.set()
            for thread in threads:
                thread.join()

    run(case, timeout=30)


def test_a_child_that_leaves_the_block(run):
    def case(box):
        import os

        from pyextrasafe import learn

        def watched():
            with learn() as seen:
                child = os.fork()
                if not child:
                    return None, seen
                os.waitpid(child, 0)
                os.getsid(0)
                return child, seen

        child, seen = watched()
        if child is None:
            os._exit(0)
        box.equal("the parent goes on", [1], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


def test_inside_a_context(run):
    def case(box):
        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, learn, status

        SafetyContext().enable(SystemIO.everything()).apply_to_all_threads()
        error = box.raises("refused", ExtraSafeError, learn().__enter__)
        box.equal("confined", True, status().confined)
        box.true("it says why", "confined" in str(error))

    run(case)


def test_where_denials_are_explained(run):
    def case(box):
        from pyextrasafe import SafetyContext, SystemIO, learn

        context = SafetyContext().enable(SystemIO.everything()).explain_denials(False)
        context.apply_to_all_threads()
        box.raises("refused", RuntimeError, learn().__enter__)

    run(case)


def test_twice(run):
    def case(box):
        import os

        from pyextrasafe import learn

        with learn() as seen:
            box.raises("refused", RuntimeError, learn().__enter__)
            os.getsid(0)
        box.equal("still seen", [1], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


def test_a_thread_that_blocks_the_signal(run):
    def case(box):
        import signal

        from pyextrasafe import ExtraSafeError, learn

        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])
        error = box.raises("refused", ExtraSafeError, learn().__enter__)
        box.equal("code", "thread", error.code)
        box.equal("no handler", signal.SIG_DFL, signal.getsignal(signal.SIGSYS))

    run(case)


def test_another_thread_that_blocks_every_signal(run):
    def case(box):
        import os
        import signal
        import threading

        from pyextrasafe import learn

        begun, go = threading.Event(), threading.Event()

        def work():
            signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 32))
            begun.set()
            go.wait()
            os.getsid(0)

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        with learn() as seen:
            go.set()
            thread.join()
        box.equal("seen", [1], [o.count for o in seen.calls if o.call == "getsid"])

    run(case)


def test_inside_a_foreign_filter(run):
    def case(box):
        import os

        from outer import refuse
        from pyextrasafe import learn

        refuse(box.raw(), "getsid", 1)
        with learn() as seen:
            box.raises("refused", PermissionError, os.getsid, 0)
        found = [o for o in seen.calls if o.call == "getsid"]
        box.equal("seen", [(1, 1, 1)], [(o.count, o.failed, o.errno) for o in found])

    run(case)


def test_a_kernel_that_cannot(run):
    def case(box):
        import signal

        from outer import refuse
        from pyextrasafe import ExtraSafeError, learn

        raw, dispatch = box.raw(), 59
        refuse(raw, "prctl", 22, dispatch)
        error = box.raises("the kernel", NotImplementedError, learn().__enter__)
        box.true("it says which", "5.11" in str(error) and "x86_64" in str(error))
        refuse(raw, "prctl", 1, dispatch)
        error = box.raises("a sandbox", ExtraSafeError, learn().__enter__)
        box.equal("code", "outer-sandbox", error.code)
        box.equal("no handler", signal.SIG_DFL, signal.getsignal(signal.SIGSYS))

    run(case)
