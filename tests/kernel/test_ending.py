"""How a locked-down program ends: exit statuses, signals, uncaught exceptions, daemon threads."""

import signal

import pytest

PERMISSIONS = ["BasicCapabilities()", "SystemIO().allow_stdout().allow_stderr()"]


@pytest.fixture(params=PERMISSIONS)
def permission(request):
    return request.param


@pytest.mark.parametrize(("status", "threads"), [(0, 0), (7, 0), (0, 2), (255, 2)])
def test_exit_statuses(run, form, status, threads):
    """By sys.exit and by os._exit, also with threads that still wait."""

    def case(box, status, threads, quick):
        import os
        import sys
        import threading

        for _ in range(threads):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        box.apply()
        box.true("locked down", True)
        box.end(None)
        (os._exit if quick else sys.exit)(status)

    run(case, form=form, ends=f"exit {status}", status=status, threads=threads, quick=False)
    run(case, form=form, ends=f"exit {status}", status=status, threads=threads, quick=True)


def test_exit_handlers_run(run, form):
    def case(box):
        import atexit

        from pyextrasafe import SystemIO

        atexit.register(print, "registered")
        box.apply(SystemIO().allow_stdout())
        atexit.register(print, "registered later")
        box.works("print", print, "running")

    assert run(case, form=form).stdout == b"running\nregistered later\nregistered\n"


def test_an_uncaught_exception_is_printed(run, form):
    def case(box):
        import sys
        import threading

        from pyextrasafe import SystemIO

        go = threading.Event()

        def fail():
            go.wait()
            open("/etc/passwd")

        thread = threading.Thread(target=fail)
        thread.start()
        box.apply(SystemIO().allow_stderr())
        go.set()
        box.works("the thread ends", thread.join)
        error = box.raises("open", PermissionError, open, "/etc/passwd")
        box.equal("the file's name", "/etc/passwd", error.filename)
        box.end(None)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)

    result = run(case, form=form, ends="exit 1")
    message = b"PermissionError: [Errno 1] Operation not permitted: '/etc/passwd'"
    uncaught = 2 if form == "apply_to_all_threads" else 1
    assert result.stderr.count(message) == uncaught
    assert result.stderr.count(b"Traceback (most recent call last)") == uncaught


def test_abort(run, form, permission):
    def case(box, permission):
        import os

        import pyextrasafe

        box.apply(eval(permission, vars(pyextrasafe)))
        box.true("locked down", True)
        os.abort()

    run(case, form=form, ends=f"signal {signal.SIGABRT:d}", permission=permission)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT])
def test_death_by_its_own_signal(run, form, number):
    def case(box, number):
        import os
        import signal

        box.apply()
        box.true("locked down", True)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    run(case, form=form, ends=f"signal {number:d}", number=int(number))


def test_control_c_is_an_exception(run, form):
    def case(box):
        import os
        import signal

        box.apply()
        box.raises("Ctrl-C", KeyboardInterrupt, os.kill, os.getpid(), signal.SIGINT)

    run(case, form=form)


def test_daemon_threads_at_the_end(run, form, permission):
    """They wake while the interpreter shuts down; the C library then wants libgcc_s, at once."""

    def case(box, permission):
        import threading

        import pyextrasafe

        def tick():
            never = threading.Event()
            while True:
                never.wait(0.0001)

        for _ in range(8):
            threading.Thread(target=tick, daemon=True).start()
        box.apply(eval(permission, vars(pyextrasafe)))
        box.true("locked down", True)

    result = run(case, form=form, permission=permission)
    assert result.stderr == b""
