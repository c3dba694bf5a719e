"""Time: reading clocks."""

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class Time(BuiltIn):
    """Reading clocks.

    A new rule set allows nothing.
    """

    def allow_gettime(self) -> "Time":
        """Read clocks with system calls, if the vDSO does not answer.

        On most machines `time.time` and `time.monotonic` work without this permission, because they
        make no system call, see vdso(7). `time.thread_time` needs it. Without it,
        `time.process_time` counts in hundredths of a second.
        """
        return self._allow("allow_gettime")
