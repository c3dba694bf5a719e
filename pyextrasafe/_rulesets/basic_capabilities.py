"""BasicCapabilities: what a running interpreter needs to stay alive."""

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class BasicCapabilities(BuiltIn):
    """What a running interpreter needs to stay alive.

    Memory, locks, signals to oneself, own identity, and the way out.  Every
    :class:`SafetyContext` contains this rule set, whether it is enabled or not: without it the
    interpreter would not raise an exception but crash or hang.

    Memory is anonymous memory; mapping files is a matter of :class:`SystemIO`.  Signals can be sent
    to the own process only, that is, to the one that applied the context; signal 0, which asks
    whether there is such a process, to any single one.  In a child that is
    forked later, :func:`os.abort` ends by SIGSEGV instead of SIGABRT, and the process that it may
    signal is still the one that applied the context.
    """
