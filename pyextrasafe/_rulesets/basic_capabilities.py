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

    Memory, locks, signals to the process itself, its identity, and its end. Every `SafetyContext`
    contains this rule set, whether or not you enable it: without it, the interpreter would crash or
    hang instead of raising an exception.

    Memory means anonymous memory; mapping files belongs to `SystemIO`. Signals can be sent only to
    the process that applied the context. Signal 0, which checks whether a process exists, can be
    sent to any single process, see kill(2).

    In a child process that is forked later, `os.abort` ends with SIGSEGV instead of SIGABRT: the
    only process that it may signal is still the one that applied the context.
    """
