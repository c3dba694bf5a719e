"""ForkAndExec: starting other programs: the danger zone."""

from .base import BuiltIn, absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import final

    from .base import Argument, Path
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

    def allow_execute_path(self, *paths: "Path") -> "ForkAndExec":
        """Start only the programs beneath paths.

        Without this method every program may be started.  Where any :class:`ForkAndExec` of a
        context names programs, only these may.  A program can be started if the dynamic loader and
        the interpreter that it names can: both are looked up when the context is applied, for each
        path that is a file, and for directories the loader of Python itself.  Libraries and other
        files that a program reads need permissions of :class:`SystemIO`; so does
        :data:`subprocess.DEVNULL`, which is ``allow_write_file("/dev/null")``.

        A loader runs every ELF file that may be read: where that matters, name programs that are
        linked statically.  A memory file that is open can be started.

        :param paths: programs, or directories of programs; as for
            :meth:`SystemIO.allow_read_path`
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_execute_path", *absolute("allow_execute_path", paths))

    def _told(self, name: str, argument: "Argument") -> "Iterable[Argument]":
        if not isinstance(argument, str):
            return super()._told(name, argument)
        from pyextrasafe import _programs

        return (argument, *_programs.needed_by(argument))
