"""Threads and signal handlers that add to rule sets and contexts while others use them."""

import copy
import pickle
import signal
import sys
import threading

import pytest

from pyextrasafe import Custom, SafetyContext, SystemIO

THREADS, TIMES = 4, 150


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(function):
    """Call function(number) in so many threads at once."""
    failures = []
    start = threading.Barrier(THREADS)

    def run(number):
        try:
            start.wait()
            function(number)
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def enabled(context):
    return repr(context).count("allow_file_write")


def test_no_thread_loses_what_another_enables():
    context = SafetyContext()

    def enable(number):
        for i in range(TIMES):
            io = SystemIO().allow_file_write(TIMES * number + i)
            context.enable(io, SystemIO().allow_stdout())

    in_threads(enable)
    assert enabled(context) == THREADS * TIMES
    text = repr(context)
    for number in range(THREADS * TIMES):
        assert text.count(f"allow_file_write({number}), SystemIO().allow_stdout()") == 1


def test_what_is_enabled_in_between_is_not_lost():
    context = SafetyContext()

    class Waits(Custom):
        def _snapshot(self):
            other = threading.Thread(target=context.enable, args=(SystemIO().allow_file_write(1),))
            other.start()
            other.join()
            return super()._snapshot()

    context.enable(Waits())
    assert repr(context) == "SafetyContext().enable(SystemIO().allow_file_write(1), Custom())"


def test_no_signal_handler_loses_what_was_enabled():
    context, handled = SafetyContext(), []

    def handler(_number, _frame):
        context.enable(SystemIO().allow_file_write(len(handled)))
        handled.append(1)
        if len(handled) < TIMES:  # the next one comes at another place
            signal.setitimer(signal.ITIMER_REAL, 1e-5 * (1 + len(handled) % 37))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1e-5)
    times = 0
    while len(handled) < TIMES:
        context.enable(SystemIO().allow_file_write(10**6 + times))
        times += 1
    signal.signal(signal.SIGALRM, before)
    assert enabled(context) == times + len(handled)


@pytest.mark.parametrize("make", [Custom, SystemIO, SafetyContext])
@pytest.mark.parametrize(
    "use",
    [
        copy.copy,
        copy.deepcopy,
        lambda value: pickle.loads(pickle.dumps(value, 0)),
        lambda value: pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)),
        lambda value: (repr(value), value)[1],
        lambda value: (value == copy.copy(value), value)[1],
        lambda value: SafetyContext().enable(value) if hasattr(value, "_granted") else value,
    ],
    ids=["copy", "deepcopy", "pickle 0", "pickle", "repr", "==", "enable"],
)
def test_what_grows_can_be_used(make, use):
    """While threads add to it; what is made of it has something of each thread, in order."""
    value = make()

    def add(number):
        for i in range(TIMES):
            if make is Custom:
                value.add_conditional(("write", [(0, "==", TIMES * number + i)]), unite=i % 2)
            elif make is SystemIO:
                value.allow_file_write(TIMES * number + i)
            else:
                value.enable(SystemIO().allow_file_write(TIMES * number + i))

    def work(number):
        if number % 2:
            add(number)
            return
        for _ in range(8):
            use(value)

    in_threads(work)
    assert repr(use(value)).count("write") == THREADS // 2 * TIMES


def test_adding_in_threads():
    custom = Custom()
    in_threads(
        lambda number: [
            custom.add_conditional(("write", [(0, "==", TIMES * number + i)])) for i in range(TIMES)
        ]
    )
    assert repr(custom).count("write") == THREADS * TIMES
