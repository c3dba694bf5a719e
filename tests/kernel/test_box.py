"""The box itself: what goes wrong inside is a failure outside."""

import signal

import pytest


def fails(run, case, **options):
    with pytest.raises(AssertionError) as failure:
        run(case, **options)
    return str(failure.value)


def test_a_case_is_not_pid_1_of_its_own_namespace(run):
    def case(box):
        import os

        box.equal("the parent is PID 1", 1, os.getppid())
        box.note("pid", os.getpid())

    assert 1 < run(case).notes["pid"] < 10


def test_values_notes_and_output_pass(run):
    def case(box, number):
        import sys

        print("to stdout")
        print("to stderr", file=sys.stderr)
        box.equal("stdin", "typed", input())
        box.note("both", (number, box.form))

    result = run(case, stdin=b"typed\n", number=7, form="apply_to_current_thread")
    assert result.notes == {"both": (7, "apply_to_current_thread")}
    assert (result.stdout, result.stderr) == (b"to stdout\n", b"to stderr\n")


def test_a_failed_check_fails_the_test(run):
    def case(box):
        import os

        box.refused("nobody refuses this", os.getpid)
        box.works("nor does this work", os.close, -1)

    message = fails(run, case)
    assert "nobody refuses this" in message
    assert "nor does this work" in message


def test_reaching_the_kernel_is_told_from_a_refusal(run):
    def case(box):
        import errno
        import os

        box.reaches("bad descriptor", errno.EBADF, os.close, -1)
        box.reaches("wrong errno", errno.EPERM, os.close, -1)
        box.reaches("success", errno.EBADF, os.getpid)
        box.absent("not ENOSYS", os.close, -1)

    result = run.launch(case)
    assert [good for *_, good in result.checks] == [True, False, False, False]


def test_raw_calls_report_errno(run):
    def case(box):
        import errno
        import os

        raw = box.raw()
        box.equal("getpid", os.getpid(), raw("getpid"))
        box.reaches("close(-1)", errno.EBADF, raw, "close", 2**64 - 1)
        box.absent("no such call", raw, 400)
        reader, writer = os.pipe()
        box.gives("the upper half is ignored", 2, raw, "write", 1 << 32 | writer, raw.path("x"), 2)
        box.gives("the byte", b"x\0", os.read, reader, 9)

    run(case)


def test_an_exception_fails_the_test(run):
    def case(box):
        box.true("fine so far", True)
        raise ValueError("out of the case")

    message = fails(run, case)
    assert "out of the case" in message
    assert "test_box.py" in message


def test_a_case_that_checks_nothing_fails_the_test(run):
    def case(box):
        pass

    assert "checked nothing" in fails(run, case)


def test_a_wrong_exit_status_fails_the_test(run):
    def case(box):
        import sys

        box.true("fine", True)
        sys.exit(3)

    assert "exit 3" in fails(run, case)
    run(case, ends="exit 3")


def test_an_early_exit_with_status_0_fails_the_test(run):
    def case(box):
        import sys

        box.true("fine", True)
        sys.exit(0)

    assert "exit 0" in fails(run, case)


def test_death_by_signal_is_told_from_an_exit_status(run):
    def death(box):
        import os
        import signal

        box.true("alive", True)
        os.kill(os.getpid(), signal.SIGKILL)

    def status(box):
        import os

        box.true("alive", True)
        os._exit(128 + 9)

    run(death, ends=f"signal {signal.SIGKILL:d}")
    run(status, ends="exit 137")
    assert "signal 9" in fails(run, death, ends="exit 137")


def test_a_hang_is_ended_and_fails_the_test(run):
    def case(box):
        import time

        box.true("fine", True)
        time.sleep(3600)

    assert "a hang" in fails(run, case, timeout=1)


def test_a_peer_reports_and_its_failure_fails_the_test(run):
    def good(box):
        box.true("fine", True)
        box.peer("adder", sum, [1, 2])

    def bad(box):
        box.true("fine", True)
        box.peer("closer", int, "no number")

    def silent(box):
        import os

        box.true("fine", True)
        box.peer("quitter", os._exit, 0)

    assert run(good).peers == {"adder": ("ok", 3)}
    assert "no number" in fails(run, bad)
    assert "no report" in fails(run, silent)


def test_a_case_cannot_see_the_variables_of_its_test(run):
    hidden = 1

    def case(box):
        box.equal("hidden", 1, hidden)

    assert "pass them" in fails(run, case)
