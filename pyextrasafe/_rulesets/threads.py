"""Threads: new threads and processes, and sleeping."""

from pyextrasafe import _late_imports

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class Threads(BuiltIn):
    """New threads and processes, and sleeping.

    A new rule set allows nothing.
    """

    def _late_imports(self) -> "Iterable[str]":
        creates = any(name == "allow_create" for name, _ in self._granted)
        return _late_imports.of_forks() if creates else ()

    def allow_create(self) -> "Threads":
        """Start threads, and processes that are copies of this one.

        See fork(2) and clone(2). Contains `allow_create_threads`, and waiting for child processes,
        but not new namespaces. To start other programs, see `ForkAndExec`.

        If multiprocessing has been imported, applying a context imports what it would import when
        it forks a process.
        """
        return self._allow("allow_create")

    def allow_create_threads(self) -> "Threads":
        """Start threads.

        See pthreads(7). Also allows asking how threads are scheduled, and scheduling them as usual
        (SCHED_OTHER), which libraries such as ZeroMQ do. That takes a real-time policy away from
        any thread that the user may control, see sched_setscheduler(2). Numerical libraries, such
        as OpenBLAS and libgomp, start their threads at the first call, and again after a fork.
        """
        return self._allow("allow_create_threads")

    def allow_sleep(self) -> "Threads":
        """Sleep, and wait with a timeout.

        Waiting for locks, events and queues is always allowed. Precise sleeping helps an attacker
        inside the process to measure time, as attacks on caches do.
        """
        return self._allow("allow_sleep")
