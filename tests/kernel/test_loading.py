"""Loading a filter: on one thread or on all, twice, too often, in an outer sandbox."""

import pytest


def test_which_threads_are_locked_down(run, form):
    """apply_to_all_threads takes those along that run already; apply_to_current_thread does not."""

    def case(box):
        import os
        import queue
        import threading

        from status import status

        orders = queue.Queue()
        done = queue.Queue()

        def work():
            while True:
                function = orders.get()
                if function is None:
                    return
                done.put(function())

        def in_thread(function):
            orders.put(function)
            return done.get()

        def write():
            if box.form == "apply_to_all_threads":
                box.refused("a thread that ran before", os.write, 1, b"thread ")
            else:
                box.works("a thread that ran before", os.write, 1, b"thread ")

        thread = threading.Thread(target=work)
        thread.start()
        before = in_thread(status)
        box.apply()
        box.refused("the thread that applied", os.write, 1, b"main ")
        in_thread(write)
        if box.form == "apply_to_current_thread":
            box.equal("nothing has changed there", before, in_thread(status))
        orders.put(None)
        thread.join()

    result = run(case, form=form)
    assert result.stdout == {"apply_to_current_thread": b"thread "}.get(form, b"")


def test_a_thousand_threads(run, form):
    def case(box):
        import os
        import threading

        go, started = threading.Event(), threading.Semaphore(0)
        answers = []

        def work():
            started.release()
            go.wait()
            try:
                answers.append(os.write(1, b"x"))
            except OSError as error:
                answers.append(type(error).__name__)

        threading.stack_size(1 << 18)
        threads = [threading.Thread(target=work) for _ in range(1000)]
        for thread in threads:
            thread.start()
            started.acquire()
        box.apply()
        go.set()
        for thread in threads:
            thread.join()
        expected = "PermissionError" if box.form == "apply_to_all_threads" else 1
        box.equal("what the threads got", [expected] * 1000, answers)
        box.refused("main", os.write, 1, b"x")

    written = 1000 if form == "apply_to_current_thread" else 0
    assert run(case, form=form).stdout == b"x" * written


def test_threads_that_are_blocked(run, form):
    """What a thread waits for comes, and what it wants next is refused if it was taken along."""

    def case(box):
        import os
        import select
        import socket
        import threading

        from pyextrasafe import SystemIO

        ours, theirs = socket.socketpair()
        go, read, ready, end = (os.pipe() for _ in range(4))
        lock = threading.Lock()
        lock.acquire()

        def child():
            os.read(end[0], 1)
            os._exit(7)

        def the_other_side():
            os.read(go[0], 1)
            os.write(read[1], b"data")
            os.write(ready[1], b"x")
            os.write(end[1], b"x")
            theirs.send(b"message")

        pid = os.fork()
        if pid == 0:
            child()
        box.peer("the other side", the_other_side)
        waits = {
            "read": lambda: os.read(read[0], 9),
            "select": lambda: select.select([ready[0]], [], [])[0] == [ready[0]],
            "recv": lambda: ours.recv(9),
            "waitpid": lambda: os.waitpid(pid, 0)[1] >> 8,
            "lock": lock.acquire,
        }
        came = {"read": b"data", "select": True, "recv": b"message", "waitpid": 7, "lock": True}
        calls = {"read", "recvfrom", "futex", "wait4", "select", "pselect6", "poll"}
        numbers = {str(box.raw().number(name)).encode() for name in calls}
        found, files = {}, {}

        def work(name):
            files[name] = os.open("/proc/thread-self/syscall", os.O_RDONLY)
            found[name] = waits[name]()
            check = box.refused if box.form == "apply_to_all_threads" else box.works
            check(f"after {name}", os.write, 1, b"x")

        def blocked(name):
            return os.pread(files[name], 99, 0).split()[0] in numbers

        threads = [threading.Thread(target=work, args=[name]) for name in waits]
        for thread in threads:
            thread.start()
        while not (len(files) == len(waits) and all(map(blocked, waits))):
            pass
        box.apply(SystemIO().allow_file_write(go[1]))
        box.works("go", os.write, go[1], b"x")
        lock.release()
        for thread in threads:
            thread.join()
        box.equal("what came", came, found)

    run(case, form=form)


def test_threads_that_start_meanwhile(run):
    """Nobody slips through between the threads that are there and those that come."""

    def case(box):
        import os

        from newcomers import Newcomers
        from pyextrasafe import Threads

        newcomers = Newcomers(lambda: os.write(1, b"x"))
        box.apply(Threads().allow_create())
        newcomers.end()
        box.true("some came before", newcomers.came_before)
        box.true("none came through", not newcomers.came_through)

    run(case, form="apply_to_all_threads")


def test_two_threads_apply_at_once(run):
    """Each filter is loaded for all threads, so what both allow is left."""

    def case(box):
        import os
        import threading

        from pyextrasafe import SafetyContext, SystemIO

        start = threading.Barrier(3)
        contexts = [
            SafetyContext().enable(SystemIO().allow_stderr().allow_file_write(8)),
            SafetyContext().enable(SystemIO().allow_stderr().allow_file_write(9)),
        ]

        def work(context):
            start.wait()
            for _ in range(20):
                box.works("apply", context.apply_to_all_threads)
            start.wait()
            check()

        def check():
            box.works("what both allow", os.write, 2, b"x")
            box.refused("what the first allows", os.write, 8, b"x")
            box.refused("what the second allows", os.write, 9, b"x")

        for number in (8, 9):
            os.dup2(1, number)
        threads = [threading.Thread(target=work, args=[context]) for context in contexts]
        for thread in threads:
            thread.start()
        start.wait()
        start.wait()
        check()
        for thread in threads:
            thread.join()

    result = run(case)
    assert (result.stdout, result.stderr) == (b"", b"xxx")


def test_from_a_thread(run, form):
    def case(box):
        import os
        import threading

        def work():
            box.apply()
            box.refused("the thread that applied", os.write, 1, b"thread ")

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if box.form == "apply_to_all_threads":
            box.refused("the main thread", os.write, 1, b"main ")
        else:
            box.works("the main thread", os.write, 1, b"main ")

    result = run(case, form=form)
    assert result.stdout == {"apply_to_current_thread": b"main "}.get(form, b"")


def test_new_threads_inherit_from_the_one_that_starts_them(run, form):
    def case(box):
        import os
        import threading

        from pyextrasafe import Threads

        def work():
            box.refused("write", os.write, 1, b"x")
            box.works("start", threading.Thread(target=len, args=[""]).start)

        box.apply(Threads().allow_create())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        box.true("it ran", True)

    assert run(case, form=form).stdout == b""


def test_a_thread_that_went_its_own_way(run):
    """It has a filter that the others do not have, so all cannot get the same one."""

    def case(box):
        import os
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO
        from status import status

        go, own = threading.Event(), []
        ready = threading.Event()

        def work():
            SafetyContext().apply_to_current_thread()
            own.append(threading.get_native_id())
            ready.set()
            go.wait()

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait()
        before = status()
        rules = SystemIO().allow_stderr()
        error = box.raises("apply", ExtraSafeError, box.apply, rules)
        box.equal("tid", own[0], error.tid)
        box.true(f"the thread in {str(error)!r}", str(own[0]) in str(error))
        after = status()
        for field in ("Seccomp", "Seccomp_filters"):
            box.equal(field, before.get(field), after.get(field))
        box.works("writing still works", os.write, 1, b"x")
        box.form = "apply_to_current_thread"
        box.works("on this thread alone", box.apply, rules)
        box.refused("it works", os.write, 1, b"x")
        go.set()
        thread.join()

    assert run(case, form="apply_to_all_threads").stdout == b"x"


def test_what_the_kernel_says_afterwards(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO
        from status import status

        before = status()
        read_status = SystemIO().allow_open_readonly().allow_read().allow_close()
        read_status.allow_metadata().allow_ioctl()
        box.apply(read_status)
        after = box.works("status", status)
        box.equal("filter mode", "2", after["Seccomp"])
        box.equal("no_new_privs", "1", after["NoNewPrivs"])
        if "Seccomp_filters" in before:
            count = int(before["Seccomp_filters"])
            box.equal("one filter", count + 1, int(after["Seccomp_filters"]))
        box.refused("write", os.write, 1, b"x")

    run(case, form=form)


def test_narrower_and_narrower(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        box.apply(SystemIO().allow_stdout().allow_stderr())
        box.works("stdout", os.write, 1, b"one ")
        box.works("stderr", os.write, 2, b"one ")
        box.works("again", box.apply, SystemIO().allow_stdout())
        box.works("stdout", os.write, 1, b"two ")
        box.refused("stderr", os.write, 2, b"two ")
        box.works("and again", box.apply)
        box.refused("stdout", os.write, 1, b"three ")

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"one two ", b"one ")


def test_wider_stays_narrow(run, form):
    def case(box):
        import os

        from pyextrasafe import ForkAndExec, SystemIO

        raw = box.raw()
        box.apply(SystemIO().allow_stdout())
        box.works("wider", box.apply, SystemIO.everything(), ForkAndExec())
        box.works("stdout", os.write, 1, b"out")
        box.refused("stderr", os.write, 2, b"err")
        box.refused("open", open, "/etc/passwd")
        box.refused("fork", lambda: os.fork() or os._exit(0))
        box.absent("the young are absent still", raw, "statx", 1000, 1, 0, 0, 1)

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"out", b"")


def test_one_context_twice(run, form):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO

        context = SafetyContext().enable(SystemIO().allow_stdout().allow_stderr())
        apply = getattr(context, box.form)
        box.gives("once", None, apply)
        box.gives("twice", None, apply)
        box.works("stdout", os.write, 1, b"x")
        box.refused("a file", os.write, 5, b"x")

    assert run(case, form=form).stdout == b"x"


@pytest.mark.parametrize("step", ["es_prepare", "es_commit"])
def test_what_a_signal_handler_raises(run, form, step):
    """It leaves apply, and the filter is loaded or not: applying again is right in either case."""

    def case(box, step):
        import os
        import signal

        from pyextrasafe import SystemIO, _ffi

        def handler(number, frame):
            raise KeyboardInterrupt

        class Interrupted:
            def __getattr__(self, name):
                function = getattr(lib, name)
                if name != step:
                    return function

                def interrupted(*arguments):
                    status = function(*arguments)
                    signal.raise_signal(signal.SIGUSR1)
                    return status

                return interrupted

        def chdir():
            os.chdir("/")

        signal.signal(signal.SIGUSR1, handler)
        lib, _ffi.lib = _ffi.lib, Interrupted()
        box.raises("apply", KeyboardInterrupt, box.apply, SystemIO().allow_stdout())
        (box.refused if step == "es_commit" else box.works)("chdir", chdir)
        _ffi.lib = lib
        box.works("apply again", box.apply, SystemIO().allow_stdout())
        box.refused("chdir", chdir)
        box.works("write", os.write, 1, b"x")

    assert run(case, form=form, step=step).stdout == b"x"


def test_too_many_filters(run, form):
    """The kernel has room for 32,768 instructions a thread, and four more for each filter."""

    def case(box):
        import errno
        import os

        from pyextrasafe import ExtraSafeError, SystemIO

        def apply_often():
            for count in range(20000):
                try:
                    box.apply(SystemIO().allow_stdout())
                except ExtraSafeError as error:
                    return count, error
            return 20000, None

        count, error = apply_often()
        box.true(f"{count} filters", 10 < count < 20000)
        box.equal("errno", errno.ENOMEM, error.errno)
        box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, OSError))
        box.equal("its errno", errno.ENOMEM, error.__cause__.errno)
        box.true(str(error), "many" in str(error) and "filter" in str(error))
        box.works("the last filter still works", os.write, 1, b"x")
        box.refused("and still refuses", os.write, 2, b"x")

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"x", b"")


def test_too_long_a_filter(run, form):
    """More than 4,096 instructions: the message says how many, and whose."""

    def case(box):
        import os
        import re

        from pyextrasafe import Custom, ExtraSafeError, SystemIO
        from status import status

        before = status()
        rules = Custom()
        for number in range(6000):
            rules.add_conditional(("dup", [(0, "==", 2 * number)]))
        error = box.raises("apply", ExtraSafeError, box.apply, SystemIO().allow_stdout(), rules)
        counts = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", str(error))]
        box.true(str(error), "4096" in str(error).replace(",", "") and max(counts) > 4096)
        box.true(str(error), "Custom" in str(error))
        box.equal("errno", None, error.errno)
        box.equal("nothing has changed", before, status())
        box.works("writing still works", os.write, 2, b"x")

    assert run(case, form=form).stderr == b"x"


@pytest.mark.parametrize("code", ["EPERM", "ENOSYS", "EACCES"])
def test_an_outer_sandbox_that_refuses_seccomp(run, form, code):
    """The library asks before it changes anything, so no_new_privs is as it was."""

    def case(box, code):
        import errno
        import os

        from outer import refuse
        from pyextrasafe import ExtraSafeError, SystemIO
        from status import status

        raw = box.raw()
        refuse(raw, "seccomp", getattr(errno, code))
        before = status()
        error = box.raises("apply", ExtraSafeError, box.apply, SystemIO().allow_stdout())
        box.equal("errno", getattr(errno, code), error.errno)
        box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, OSError))
        box.equal("its errno", getattr(errno, code), error.__cause__.errno)
        box.true(str(error), "seccomp" in str(error))
        box.equal("tid", None, error.tid)
        box.equal("nothing has changed", before, status())
        box.equal("no_new_privs", "0", before["NoNewPrivs"])
        box.works("writing still works", os.write, 2, b"x")

    assert run(case, form=form, code=code).stderr == b"x"


def test_an_outer_sandbox_that_refuses_no_new_privs(run, form):
    def case(box):
        import errno
        import os

        from constants import PR_SET_NO_NEW_PRIVS
        from outer import refuse
        from pyextrasafe import ExtraSafeError
        from status import status

        raw = box.raw()
        refuse(raw, "prctl", errno.EPERM, PR_SET_NO_NEW_PRIVS)
        before = status()
        error = box.raises("apply", ExtraSafeError, box.apply)
        box.equal("errno", errno.EPERM, error.errno)
        box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, PermissionError))
        box.true(str(error), "no_new_privs" in str(error) or "prctl" in str(error))
        box.equal("nothing has changed", before, status())
        box.works("writing still works", os.write, 2, b"x")

    assert run(case, form=form).stderr == b"x"


def test_without_privileges(run, form):
    """An ordinary user may lock down, too: no_new_privs is what the kernel wants for it."""

    def case(box):
        import os

        from capabilities import drop_all

        raw = box.raw()
        drop_all(raw)
        box.works("apply", box.apply)
        box.gives("no_new_privs", 1, raw, "prctl", 39, 0, 0, 0, 0)
        box.refused("write", os.write, 1, b"x")

    run(case, form=form)


def test_in_a_child_after_fork(run, form):
    """A context that was made before; the parent stays free, and each has its own process id."""

    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO

        context = SafetyContext().enable(SystemIO().allow_stdout())
        pid = os.fork()
        if pid == 0:
            try:
                getattr(context, box.form)()
                os.kill(os.getpid(), 23)
                os.write(1, b"child ")
                open("/etc/passwd")
            except PermissionError as error:
                os._exit(77 if error.filename == "/etc/passwd" else 1)
            os._exit(2)
        box.equal("refused in the child", 77, os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
        box.works("the parent is free", open, "/etc/passwd")
        getattr(context, box.form)()
        box.works("until it applies the same context", os.kill, os.getpid(), 23)
        box.refused("open", open, "/etc/passwd")

    assert run(case, form=form).stdout == b"child "


def test_whose_process_id_it_is(run, form):
    """The one that applied: its children may signal it, but neither themselves nor each other."""

    def case(box):
        import os

        from pyextrasafe import Threads

        def child(pid):
            answers = [0]
            for number, target in enumerate((pid, os.getpid(), os.getpid() + 1, 1)):
                try:
                    os.kill(target, 23)
                    answers[0] |= 1 << number
                except PermissionError:
                    pass
            os._exit(answers[0])

        box.apply(Threads().allow_create())
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            child(own)
        status = os.WEXITSTATUS(os.waitpid(pid, 0)[1])
        box.equal("only the one that applied", 0b0001, status)

    run(case, form=form)


def test_abort_in_a_child(run, form):
    """A child cannot signal itself: abort() ends it by SIGSEGV; PyPy's raises an exception."""

    def case(box):
        import os
        import signal
        import sys

        from pyextrasafe import Threads

        box.apply(Threads().allow_create())
        pid = os.fork()
        if pid == 0:
            try:
                os.abort()
            finally:
                os._exit(1)
        status = os.waitpid(pid, 0)[1]
        if sys.implementation.name == "pypy":
            box.equal("exit status", 1, os.WEXITSTATUS(status))
        else:
            box.equal("signal", signal.SIGSEGV, os.WTERMSIG(status))

    run(case, form=form)


def test_inside_of_a_lock_down_everything_is_there(run, form):
    """Making and applying a second context opens no file and imports nothing."""

    def case(box):
        import sys

        import pyextrasafe

        box.apply()
        loaded = set(sys.modules)
        rules = [
            pyextrasafe.SystemIO().allow_stdout().allow_file_read(7),
            pyextrasafe.Networking().allow_start_tcp_servers(),
            pyextrasafe.ForkAndExec(),
            pyextrasafe.Threads().allow_create().allow_sleep(),
            pyextrasafe.Time().allow_gettime(),
            pyextrasafe.Custom().add_simple("chroot").add_conditional(("flock", [(1, "==", 8)])),
        ]
        box.works("apply", box.apply, *rules)
        box.equal("no module was imported", set(), set(sys.modules) - loaded)
        wrong = pyextrasafe.SystemIO().allow_stdout().allow_write()
        box.raises("a contradiction", pyextrasafe.ExtraSafeError, box.apply, wrong)
        box.raises("a wrong name", ValueError, pyextrasafe.Custom().add_simple, "opennat")
        box.raises("a wrong type", TypeError, pyextrasafe.SafetyContext().enable, 7)
        box.equal("still none", set(), set(sys.modules) - loaded)

    run(case, form=form)
