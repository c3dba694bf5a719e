"""status(): what it finds, before and after the lock-down, and under filters of others."""

import subprocess
import sys

import pytest

from pyextrasafe import status

from .box import environment

READING = "allow_open_readonly().allow_read().allow_close()"


def test_before_and_after(run, form):
    """It needs no permission; without one there is no count of filters, and nothing of threads."""

    def case(box):
        import sys

        from pyextrasafe import SystemIO, status

        before = status()
        box.equal("free", (False, None), (before.confined, before.why))
        box.equal("no filters", (0, 0, None), (before.filters, before.layers, before.digest))
        box.equal("no_new_privs", False, before.no_new_privs)
        box.equal("one thread", [before.filters], [t.filters for t in before.threads.values()])
        box.apply()
        loaded = set(sys.modules)
        bare = status()
        box.equal("confined", (True, None), (bare.confined, bare.why))
        box.equal("layers", 1, bare.layers)
        box.equal("no_new_privs set", True, bare.no_new_privs)
        box.equal("what /proc tells", (None, None), (bare.filters, bare.threads))
        box.equal("landlock", None, bare.landlock)
        box.true("a digest", len(bare.digest) == 12 and int(bare.digest, 16))
        box.apply(SystemIO().allow_stdout())
        second = status()
        box.equal("another layer", (True, 2), (second.confined, second.layers))
        box.true("another digest", second.digest != bare.digest)
        box.apply()
        third = status()
        box.equal("as the first", (3, bare.digest), (third.layers, third.digest))
        box.true("it can be printed", str(third))
        box.equal("nothing was imported", set(), set(sys.modules) - loaded)

    run(case, form=form)


def test_where_proc_can_be_read(run, form):
    def case(box, reading):
        import threading

        import pyextrasafe
        from pyextrasafe import status
        from status import status as told

        go = threading.Event()
        thread = threading.Thread(target=go.wait)
        thread.start()
        box.apply(eval(f"SystemIO().{reading}.allow_metadata()", vars(pyextrasafe).copy()))
        first, text = status(), told()
        box.equal("filters", int(text["Seccomp_filters"]), first.filters)
        box.equal("one", 1, first.filters)
        own = [one for one in first.threads.values() if one.layers == 1]
        others = [one for one in first.threads.values() if one.layers != 1]
        box.equal("threads", (1, 1), (len(own), len(others)))
        fields = ("confined", "why", "filters", "layers", "digest", "no_new_privs", "landlock")
        for field in fields:
            box.equal(f"own {field}", getattr(first, field), getattr(own[0], field))
        box.equal("no threads of a thread", None, own[0].threads)
        taken = box.form == "apply_to_all_threads"
        box.equal("the other's filters", int(taken), others[0].filters)
        box.equal("the other is free", None if taken else False, others[0].confined)
        box.equal("or says why it is not known", taken, bool(others[0].why))
        box.equal("the other's no_new_privs", taken, others[0].no_new_privs)
        go.set()
        thread.join()

    run(case, form=form, reading=READING)


def test_under_limits_of_paths(run, form):
    """The own threads can always be read below /proc, and nobody else's."""

    def case(box):
        import os

        from pyextrasafe import SystemIO, Threads, status

        os.mkdir("folder")
        box.apply(SystemIO().allow_read_path("folder"), Threads().allow_create())
        found = status()
        box.equal("own", (True, 1, 1), (found.confined, found.layers, found.filters))
        box.equal("one thread", [1], [one.filters for one in found.threads.values()])
        box.raises("another's", PermissionError, status, os.getppid())
        pid = os.fork()
        if pid == 0:
            child = status()
            same = (child.confined, child.layers, child.digest) == (True, 1, found.digest)
            os._exit(77 if same else 1)
        box.equal("a child", 77, os.WEXITSTATUS(os.waitpid(pid, 0)[1]))

    run(case, form=form)


def test_the_list_of_threads_needs_metadata(run, form):
    def case(box, reading):
        import pyextrasafe
        from pyextrasafe import status

        box.apply(eval(f"SystemIO().{reading}", vars(pyextrasafe).copy()))
        found = status()
        box.equal("filters, threads", (1, None), (found.filters, found.threads))
        box.apply(pyextrasafe.SystemIO().allow_metadata())
        found = status()
        box.equal("nothing of it", (None, None, 2), (found.filters, found.threads, found.layers))

    run(case, form=form, reading=READING)


def test_each_thread_for_itself(run, form):
    def case(box):
        import threading

        from pyextrasafe import status

        go, found = threading.Event(), []

        def work():
            go.wait()
            found.append(status())

        thread = threading.Thread(target=work)
        thread.start()
        box.apply()
        go.set()
        thread.join()
        taken = box.form == "apply_to_all_threads"
        box.equal("confined", taken, found[0].confined)
        box.equal("layers", int(taken), found[0].layers)
        box.equal("digest", status().digest if taken else None, found[0].digest)
        box.equal("no_new_privs", taken, found[0].no_new_privs)
        # The other thread may still read /proc where it is free.
        box.equal("filters", None if taken else 0, found[0].filters)

    run(case, form=form)


def test_after_a_fork(run, form):
    def case(box):
        import os

        from pyextrasafe import Threads, status

        box.apply(Threads().allow_create())
        expected = status()
        pid = os.fork()
        if pid == 0:
            os._exit(77 if status() == expected and expected.confined else 1)
        box.equal("the child says the same", 77, os.WEXITSTATUS(os.waitpid(pid, 0)[1]))

    run(case, form=form)


def test_after_exec(run, form):
    """The filter goes along, and so does its answer."""

    def case(box):
        import subprocess
        import sys

        from pyextrasafe import ForkAndExec, SystemIO, Threads, status

        box.apply(SystemIO.everything(), ForkAndExec(), Threads().allow_create())
        expected = status()
        program = (
            "from pyextrasafe import status; s = status(); print(s.layers, s.digest, s.filters)"
        )
        told = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ).stdout.decode()
        box.equal("the program says the same", f"1 {expected.digest} 1", told.strip())

    run(case, form=form)


# ---- What it leaves as it was --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "filters", "threads"),
    [
        (["openat"], None, None),
        (["openat", "close"], None, None),
        (["openat", "read"], None, None),
        (["openat", "read", "getdents64", "newfstatat", "fstat"], None, None),
        (["read", "close"], None, None),
        (["openat", "read", "close"], 1, None),
        (["openat", "read", "close", "getdents64", "newfstatat", "fstat", "fcntl"], 1, 1),
    ],
)
def test_whatever_is_allowed(run, form, calls, filters, threads):
    """It opens no file that it could not close, and says what it could find out."""

    def case(box, calls, filters, threads):
        import os

        from pyextrasafe import Custom, status

        rules = Custom()
        for name in calls:
            rules.add_simple(name)
        file = os.open("/dev/null", os.O_RDONLY)
        raw = box.raw()
        path = raw.path("/dev/null")
        os.close(file)
        box.apply(rules)
        found = status()
        box.equal("confined", (True, 1), (found.confined, found.layers))
        box.equal("filters", filters, found.filters)
        box.equal("threads", threads, found.threads and len(found.threads))
        if "openat" in calls:
            box.equal("no descriptor is left", file, raw("openat", 0, path, 0, 0))

    run(case, form=form, calls=calls, filters=filters, threads=threads)


def test_what_an_audit_hook_raises(run, form):
    def case(box):
        import sys

        from pyextrasafe import SystemIO, status

        def hook(event, _arguments):
            if event in ("open", "os.listdir"):
                raise RuntimeError(event)

        box.apply(SystemIO.everything())
        sys.addaudithook(hook)
        found = box.works("status", status)
        box.equal("what needs no file", (True, 1, True, None), (
            found.confined, found.layers, found.no_new_privs, found.filters,
        ))  # fmt: skip
        box.raises("of another", RuntimeError, status, 1)

    run(case, form=form)


def test_without_proc(run, form):
    def case(box):
        from pyextrasafe import SystemIO, status

        raw = box.raw()
        kind = raw.path("tmpfs")
        raw("mount", kind, raw.path("/proc"), kind, 0, 0)
        free = status()
        box.equal("free", (False, 0, False), (free.confined, free.filters, free.no_new_privs))
        box.equal("threads", None, free.threads)
        box.raises("of another", FileNotFoundError, status, 1)
        box.apply(SystemIO.everything())
        found = status()
        box.equal("confined", (True, 1, True), (found.confined, found.layers, found.no_new_privs))
        box.equal("what /proc tells", (None, None), (found.filters, found.threads))

    run(case, form=form, namespaces=("--mount",))


# ---- Filters of others ---------------------------------------------------------------------------


def test_filters_of_others(run, form):
    """Whether a filter is ours is what its answer says, whatever the order they were loaded in."""

    def case(box):
        import errno

        from outer import refuse
        from pyextrasafe import SystemIO, status

        raw = box.raw()
        refuse(raw, "getsid", errno.EPERM)
        found = status()
        box.equal("not known", (None, None, None), (found.confined, found.layers, found.digest))
        box.true("and why", "a foreign filter" in found.why)
        box.equal("filters", 1, found.filters)
        # An older filter that refuses the questions leaves the answers of a newer one.
        refuse(raw, "seccomp", errno.EPERM, 0x45530000)
        box.apply(SystemIO.everything())
        found = status()
        box.equal("ours", (True, None, 1), (found.confined, found.why, found.layers))
        box.equal("among others", 3, found.filters)
        refuse(raw, "getppid", errno.EPERM)
        found = status()
        box.equal("still ours", (True, 1, 4), (found.confined, found.layers, found.filters))
        refuse(raw, "seccomp", 9, 0x45530001)
        box.equal("pretended", (True, 9), (status().confined, status().layers))
        refuse(raw, "seccomp", errno.EPERM, 0x45530000)
        found = status()
        box.equal("hidden", (None, None, None), (found.confined, found.layers, found.digest))
        box.true("why", "answers in its place" in found.why)
        box.equal("filters at last", 6, found.filters)

    run(case, form="apply_to_current_thread")


def test_where_nobody_says_whether_there_is_a_filter(run, form):
    def case(box):
        import errno

        from outer import refuse
        from pyextrasafe import status

        raw = box.raw()
        kind = raw.path("tmpfs")
        proc = raw.path("/proc")
        refuse(raw, "prctl", errno.EPERM)
        by_proc = status()
        box.equal("by /proc", (None, 1, False), (
            by_proc.confined, by_proc.filters, by_proc.no_new_privs,
        ))  # fmt: skip
        raw("mount", kind, proc, kind, 0, 0)
        found = status()
        box.equal("confined", None, found.confined)
        box.true("why", "prctl" in found.why and "/proc" in found.why)
        box.equal("the rest", (None,) * 5, (
            found.filters, found.layers, found.digest, found.no_new_privs, found.threads,
        ))  # fmt: skip

    run(case, form=form, namespaces=("--mount",))


def test_a_prctl_that_lies_is_not_believed(run, form):
    """A filter may have prctl(2) return 0, which would say that there is no filter."""

    def case(box):
        from outer import refuse
        from pyextrasafe import status

        raw = box.raw()
        refuse(raw, "prctl", 0)
        found = status()
        box.equal("not known", (None, 1), (found.confined, found.filters))

    run(case, form=form)


def test_a_sandbox_that_only_pretends_to_load(run, form):
    """Loading is not believed, but the filter is asked."""

    def case(box):
        import os

        from outer import refuse_real_filters
        from pyextrasafe import ExtraSafeError, status

        refuse_real_filters(box.raw(), 0)
        error = box.raises("apply", ExtraSafeError, box.apply)
        box.equal("code", "not-enforced", error.code)
        box.equal("operation", "seccomp(2)", error.operation)
        box.equal("errno", (None, None), (error.errno, error.__cause__))
        box.true(f"what to do: {error}", "end the program" in str(error))
        box.works("nothing is confined", os.write, 2, b"x")
        box.equal("nor does status() say so", (None, None), (status().confined, status().layers))

    assert run(case, form=form).stderr == b"x"


def test_limits_of_paths_do_not_change_that(run, form):
    def case(box):
        import os

        from outer import refuse_real_filters
        from pyextrasafe import ExtraSafeError, SystemIO

        os.mkdir("folder")
        refuse_real_filters(box.raw(), 0)
        io = SystemIO().allow_read_path("folder")
        error = box.raises("apply", ExtraSafeError, box.apply, io)
        box.equal("code", "not-enforced", error.code)

    run(case, form=form)


# ---- Other processes -----------------------------------------------------------------------------

PROGRAM = """
import sys, threading
from pyextrasafe import SafetyContext, SystemIO
threading.Thread(target=threading.Event().wait, daemon=True).start()
context = SafetyContext().enable(SystemIO().allow_stdin().allow_stdout())
context.{form}()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other():
    """Starts a program that has two threads, and tells its id."""
    started = []

    def start(program):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_of_another_process(other, form):
    pid = other(PROGRAM.format(form=form)).pid
    found = status(pid)
    assert (found.confined, found.filters, found.no_new_privs) == (None, 1, True)
    assert (found.layers, found.digest) == (None, None)
    assert "itself" in found.why
    assert found.threads.keys() > {pid}
    filters = [1, 1] if form == "apply_to_all_threads" else [1, 0]
    assert [found.threads[tid].filters for tid in sorted(found.threads)] == filters
    assert found.threads[pid].threads is None


def test_of_another_process_that_is_free(other):
    process = other("import sys; print('ready', flush=True); sys.stdin.read()")
    found = status(process.pid)
    assert (found.confined, found.why, found.filters, found.layers) == (False, None, 0, 0)
    assert found.no_new_privs is status().no_new_privs
    assert list(found.threads) == [process.pid]
    process.kill()
    process.stdout.read()  # which ends with it
    assert status(process.pid).filters == 0  # it is there until somebody has waited for it
    process.communicate()
    with pytest.raises(ProcessLookupError, match=str(process.pid)):
        status(process.pid)


def test_of_another_process_under_a_filter(run, form):
    def case(box, reading):
        import os

        import pyextrasafe
        from pyextrasafe import status

        pid = os.getpid()
        box.apply(eval(f"SystemIO().{reading}", vars(pyextrasafe).copy()))
        box.works("where it can be read", status, pid)
        box.apply()
        box.refused("where it cannot", status, pid)
        box.raises("a wrong type", TypeError, status, str(pid))

    run(case, form=form, reading=READING)
