"""Threads: new threads and processes, and sleeping."""

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class Threads(BuiltIn):
    """New threads and processes, and sleeping.

    A new rule set allows nothing.
    """

    def allow_create(self) -> "Threads":
        """Start threads, and processes that are copies of this one.

        New namespaces are not among it.  For other programs see :class:`ForkAndExec`.
        """
        return self._allow("allow_create")

    def allow_sleep(self) -> "Threads":
        """Sleep, and wait with a timeout.

        Waiting for locks, events and queues is always allowed.  Sleeping precisely helps an
        attacker who is already inside to measure time, as attacks on caches do.
        """
        return self._allow("allow_sleep")
