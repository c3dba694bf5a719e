"""ForkAndExec: starting other programs: the danger zone."""

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class ForkAndExec(BuiltIn):
    """Starting other programs: the danger zone.

    Start other programs, wait for them, and end them.  A new program runs inside the same filter,
    so it needs :class:`SystemIO` permissions to load its libraries: usually
    :meth:`~SystemIO.allow_open_readonly`, :meth:`~SystemIO.allow_read`,
    :meth:`~SystemIO.allow_metadata` and :meth:`~SystemIO.allow_close`.

    This permission reaches beyond the process.  SIGTERM, SIGKILL and SIGINT can be sent to every
    process and process group that the user may signal, since a filter cannot tell children from
    others; signals to "the own group" and to all processes at once are refused.  Limits of the own
    process can be set, which root can raise.  The process can join other groups of its session, as
    the one in the foreground of a terminal.  And it contains :manpage:`dup2(2)`, by which any open
    descriptor gets the number of another: what permissions say about the number of a descriptor is
    then no limit.
    """
