"""Which threads have their paths limited: /proc tells, which may be that of another PID namespace."""

import pytest

ITS_OWN = ["--mount-proc"]


def alone(box):
    from pyextrasafe import SystemIO

    box.apply(SystemIO().allow_read_path("/usr"))
    box.reaches("a file outside", 13, open, "/etc/passwd")
    box.works("a file inside", open, "/usr/bin/env", "rb")


@pytest.mark.parametrize("namespaces", [[], ITS_OWN], ids=["another /proc", "its own /proc"])
def test_a_single_thread_is_limited(run, form, namespaces):
    run(alone, form=form, namespaces=namespaces)


def beside_others(box, interrupted, says):
    import threading

    from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

    begin, seen = threading.Event(), []

    def read():
        begin.wait()
        try:
            open("/etc/passwd").close()
        except OSError as refusal:
            seen.append(refusal.errno)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    context = SafetyContext().enable(SystemIO().allow_read_path("/usr"))
    if interrupted:
        context.interrupt_threads()
    if says:
        error = box.raises("others", ExtraSafeError, context.apply_to_all_threads)
        box.equal("code", "thread", error.code)
        box.true(str(error), says in str(error))
    else:
        box.works("all of them", context.apply_to_all_threads)
    begin.set()
    for thread in threads:
        thread.join()
    box.equal("what they read", [] if says else [13] * 3, seen)
    if says:
        box.works("what this one reads", open, "/etc/passwd")
    else:
        box.reaches("what this one reads", 13, open, "/etc/passwd")


@pytest.mark.parametrize("interrupted", [False, True])
def test_several_in_another_proc_are_not_counted(run, interrupted):
    """Their ids are those of another namespace: a signal would not reach them, or somebody else."""
    run(beside_others, interrupted=interrupted, says="of another PID namespace")


def test_several_are_named(run):
    run(beside_others, namespaces=ITS_OWN, interrupted=False, says="there are others: 3, 4, 5;")


def test_several_are_interrupted(run):
    run(beside_others, namespaces=ITS_OWN, interrupted=True, says="")
