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
        """Read clocks by system calls, where the vDSO does not answer.

        On most machines :func:`time.time` and :func:`time.monotonic` ask the kernel for nothing,
        see :manpage:`vdso(7)`, and work without.  :func:`time.thread_time` needs this permission;
        :func:`time.process_time` counts in hundredths of a second without.
        """
        return self._allow("allow_gettime")
