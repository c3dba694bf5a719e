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
    assert b"ExtraSafeError: denials cannot be explained while the address" in ended.stderr


def test_a_thread_that_blocks_the_signal(run):
    def case(box):
        import os
        import signal
        import threading
        import time

        from pyextrasafe import ExtraSafeError, SafetyContext, status

        ready, go = threading.Event(), threading.Event()
        numbers = []

        def work():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSYS])
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
        box.equal("nor the signal", signal.SIG_DFL, signal.getsignal(signal.SIGSYS))
        go.set()
        thread.join()
        while len(os.listdir("/proc/self/task")) > 1:
            time.sleep(0.01)
        context.apply_to_all_threads()
        box.refused("now", os.getsid, 0)

    result = run(case)
    assert result.stderr.count(b"pyextrasafe: denied getsid") == 1


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


def test_without_faulthandler(run):
    def case(box):
        import sys

        sys.modules["faulthandler"] = None
        from pyextrasafe import ExtraSafeError, SafetyContext, status

        error = box.raises(
            "none", ExtraSafeError, SafetyContext().explain_denials(2).apply_to_all_threads
        )
        box.equal("code", "unsupported", error.code)
        box.true("said", "faulthandler" in str(error))
        box.equal("nothing was changed", False, status().confined)

    run(case)
