"""PYEXTRASAFE_EXPLAIN, and where denials cannot be explained."""

import os
import subprocess
import sys

import pytest
from kernel.box import way_in

PROGRAM = """
import os
from pyextrasafe import SafetyContext
SafetyContext().apply_to_all_threads()
try:
    os.getsid(0)
except PermissionError:
    os._exit(42)
"""


def start(*options, before=(), program=PROGRAM, **environment):
    command = [*way_in(), *before, sys.executable, *options, "-c", program]
    return subprocess.run(
        command, env={**os.environ, **environment}, stderr=subprocess.PIPE, check=False
    )


def test_a_program_that_is_not_changed():
    ended = start(PYEXTRASAFE_EXPLAIN="1")
    assert ended.returncode == 42
    assert ended.stderr.startswith(b"pyextrasafe: denied getsid(0) with EPERM\n  no permission")


@pytest.mark.parametrize("value", ["", "0", "2", "yes", "11"])
def test_only_1_counts(value):
    ended = start(PYEXTRASAFE_EXPLAIN=value)
    assert (ended.returncode, ended.stderr) == (42, b"")


def test_what_explaining_needs_cannot_be_imported():
    """As after setuid(2), where the new user may not read the standard library."""
    program = "import sys\nsys.modules['atexit'] = None" + PROGRAM
    ended = start(PYEXTRASAFE_EXPLAIN="1", program=program)
    assert ended.returncode == 42
    assert ended.stderr.startswith(b"pyextrasafe: denials are not explained: ")
    assert b"atexit" in ended.stderr
    assert ended.stderr.count(b"\n") == 1
    explicit = program.replace("SafetyContext()", "SafetyContext().explain_denials()")
    ended = start(program=explicit)
    assert ended.returncode == 1
    assert b"\nModuleNotFoundError: " in ended.stderr


def test_standard_error_that_is_closed(tmp_path):
    """Or blocks would be written to the file that has its number, and could be by the program."""
    program = (
        f"""
import os, sys
data = os.open({str(tmp_path / "data")!r}, os.O_RDWR | os.O_CREAT)
assert data == 2
"""
        + PROGRAM.replace("os._exit(42)", "pass")
        + """
try:
    os.write(2, b"x")
except PermissionError:
    os._exit(42)
"""
    )
    command = [*way_in(), sys.executable, "-c", program]
    environment = {**os.environ, "PYEXTRASAFE_EXPLAIN": "1"}
    ended = subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *command], env=environment, check=False)
    assert ended.returncode == 42
    assert (tmp_path / "data").read_bytes() == b""


@pytest.mark.parametrize("option", ["-E", "-I"])
def test_python_ignores_the_environment(option):
    ended = start(option, PYEXTRASAFE_EXPLAIN="1")
    assert (ended.returncode, ended.stderr) == (42, b"")


def test_nothing_more_is_allowed_but_to_write_there():
    program = PROGRAM.replace("os.getsid(0)", "os.write(2, b'two'); os.write(1, b'one')")
    ended = start(PYEXTRASAFE_EXPLAIN="1", program=program)
    assert ended.returncode == 42
    assert ended.stderr.startswith(b"twopyextrasafe: denied write(1, ")


def test_addresses_that_are_not_random():
    """Programs that this one starts would be killed: their C library has the same addresses."""
    ended = start(before=["setarch", "-R"], PYEXTRASAFE_EXPLAIN="1")
    assert ended.returncode == 42
    assert ended.stderr.startswith(b"pyextrasafe: denials are not explained: denials cannot be")
    assert ended.stderr.count(b"\n") == 1
    explicit = PROGRAM.replace("SafetyContext()", "SafetyContext().explain_denials()")
    ended = start(before=["setarch", "-R"], program=explicit)
    assert ended.returncode == 1
    assert b"ExtraSafeError: denials cannot be explained unless addresses" in ended.stderr


def test_threads_of_libraries_that_block_all_signals(run):
    """They unblock the one that would end the process."""

    def case(box):
        import os
        import signal
        import threading

        from pyextrasafe import SafetyContext, denials

        ready, go = threading.Barrier(6), threading.Event()
        found = []

        def work():
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
            ready.wait()
            go.wait()
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
            try:
                os.getsid(0)
            except PermissionError:
                found.append((signal.SIGSYS in blocked, signal.SIGUSR1 in blocked))

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        ready.wait()
        SafetyContext().explain_denials(False).apply_to_all_threads()
        go.set()
        for thread in threads:
            thread.join()
        box.equal("all of them are denied", [(False, True)] * 5, found)
        box.equal("and explained", 5, sum(it.count for it in denials() if it.call == "getsid"))

    run(case)


def test_a_thread_that_cannot_be_asked(run):
    def case(box):
        import ctypes
        import os
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, status

        ready, go = threading.Event(), threading.Event()
        numbers = []
        call = box.raw()

        def work():
            # Past the C library, which would leave out the signal that asks.
            every = ctypes.create_string_buffer(b"\xff" * 8)
            call("rt_sigprocmask", 0, ctypes.addressof(every), 0, 8)
            numbers.append(threading.get_native_id())
            ready.set()
            go.wait()

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait()
        context = SafetyContext().explain_denials(2)
        error = box.raises("all", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "thread", error.code)
        box.equal("who", numbers, [error.tid])
        box.equal("in the message", True, str(numbers[0]) in str(error))
        box.equal("nothing was changed", False, status().confined)
        go.set()
        thread.join()
        context.apply_to_all_threads()
        box.refused("now", os.getsid, 0)

    result = run(case)
    assert result.stderr.count(b"pyextrasafe: denied getsid") == 1


def test_threads_that_an_earlier_context_keeps_from_being_asked(run):
    """No filter is loaded that could end them."""

    def case(box, explained, readable):
        import os
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, denials

        earlier = SafetyContext()
        if readable:
            earlier.enable(SystemIO().allow_open_readonly().allow_read())
        if explained:
            earlier.explain_denials(False)
        later = SafetyContext().explain_denials(False)
        go = threading.Event()
        thread = threading.Thread(target=go.wait)
        thread.start()
        earlier.apply_to_all_threads()
        if explained:
            later.apply_to_all_threads()
        else:
            error = box.raises("later", ExtraSafeError, later.apply_to_all_threads)
            box.equal("code", "thread", error.code)
            box.true("why", error.operation in ("getdents64(2)", "rt_tgsigqueueinfo(2)"))
        box.refused("denied", os.getsid, 0)
        box.equal("explained", explained, "getsid" in [denial.call for denial in denials()])
        go.set()
        thread.join()

    run(case, explained=False, readable=False)
    run(case, explained=False, readable=True)
    run(case, explained=True, readable=False)


def test_the_own_thread_blocks_the_signal(run, form):
    def case(box):
        import signal

        from pyextrasafe import ExtraSafeError, SafetyContext, status

        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])
        context = SafetyContext().explain_denials(2)
        error = box.raises("own", ExtraSafeError, getattr(context, box.form))
        box.equal("code", "thread", error.code)
        box.equal("nothing was changed", False, status().confined)

    run(case, form=form)


def test_without_a_writer_of_stacks(run):
    def case(box):
        import sys

        is_old = sys.implementation.name == "cpython" and sys.version_info < (3, 11)
        needed = "ctypes" if is_old and sys.version_info >= (3, 9) else "faulthandler"
        sys.modules[needed] = None
        from pyextrasafe import ExtraSafeError, SafetyContext, status

        error = box.raises(
            "none", ExtraSafeError, SafetyContext().explain_denials(2).apply_to_all_threads
        )
        box.equal("code", "unsupported", error.code)
        box.true("said", f"without the module {needed}" in str(error))
        box.equal("nothing was changed", False, status().confined)

    run(case)


MANY = """
import threading
from pyextrasafe import SafetyContext, SystemIO
context = SafetyContext().enable(SystemIO().allow_stderr())
for _ in range(18):
    thread = threading.Thread(target=context.apply_to_current_thread)
    thread.start()
    thread.join()
"""


def test_more_contexts_than_can_be_explained():
    """A program that is not changed goes on."""
    ended = start(PYEXTRASAFE_EXPLAIN="1", program=MANY)
    assert ended.returncode == 0
    assert ended.stderr.count(b"denials are not explained: denials can be explained for 16") == 2
    assert b"Traceback" not in ended.stderr


OUTLIVES = """
import ctypes
import faulthandler
import signal
import sys
import threading
from pyextrasafe import SafetyContext, Threads

if len(sys.argv) > 1:
    faulthandler.register(signal.SIGSYS)
libc = ctypes.CDLL(None)
def confined():
    SafetyContext().enable(Threads().allow_create_threads().allow_sleep()).apply_to_current_thread()
    # A thread of C, which Python neither waits for nor stops: it wakes up while the process ends.
    half_a_second = ctypes.c_void_p(500_000)
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.usleep, half_a_second)
    libc.usleep(500_000)
thread = threading.Thread(target=confined, daemon=True)
thread.start()
libc.usleep(200_000)
libc.on_exit(libc.sleep, None)
sys.exit(1)  # so many seconds
"""


@pytest.mark.parametrize("earlier", [(), ("registered",)])
def test_a_thread_that_outlives_the_interpreter(earlier):
    """Its last calls trap when Python has taken back its own handlers of signals."""
    command = [*way_in(), sys.executable, "-c", OUTLIVES, *earlier]
    ended = subprocess.run(
        command,
        env={**os.environ, "PYEXTRASAFE_EXPLAIN": "1"},
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_rule_that_leaves_out_standard_error():
    """With the explanations it would allow all of write(2): no reason for a contradiction."""
    rule = "Custom().add_conditional(('write', [(0, '!=', 2)]))"
    program = PROGRAM.replace("SafetyContext()", f"SafetyContext().enable({rule})").replace(
        "import SafetyContext", "import Custom, SafetyContext"
    )
    ended = start(PYEXTRASAFE_EXPLAIN="1", program=program)
    assert ended.returncode == 42
    assert b"Traceback" not in ended.stderr
