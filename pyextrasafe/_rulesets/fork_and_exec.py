"""ForkAndExec: starting other programs: the danger zone."""

from pyextrasafe import _late_imports

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

    Start other programs, wait for them, and end them. A new program runs under the same filter, so
    it needs permissions of `SystemIO` to load its libraries: usually
    `SystemIO.allow_open_readonly`, `SystemIO.allow_read`, `SystemIO.allow_metadata` and
    `SystemIO.allow_close`. See fork(2) and execve(2).

    Four things to know before you enable it:

    * SIGTERM, SIGKILL and SIGINT can be sent to every process and process group that the user may
      signal, because a filter cannot tell child processes from others. The process ids 0 (the
      caller's group) and -1 (all processes) are refused. See kill(2).
    * The process can set its own limits, see prlimit(2); root can raise them.
    * The process can join other process groups of its session, such as the one in the foreground of
      a terminal.
    * dup2(2) can give any open descriptor the number of another one. Permissions for single
      descriptors are then no limit.
    """

    def _late_imports(self) -> "Iterable[str]":
        return _late_imports.of_forks()

    def allow_execute_path(self, *paths: "Path") -> "ForkAndExec":
        """Start only the programs beneath paths.

        Without this method, every program may be started. Once any `ForkAndExec` of a context names
        programs, only the named ones may be started.

        A program starts only if its dynamic loader and its interpreter may be started, too. Both
        are looked up when the context is applied, for each path that is a file; for a directory,
        the loader of Python itself is allowed. Libraries and other files that a program reads need
        permissions of `SystemIO`. So does `subprocess.DEVNULL`: it needs
        `SystemIO.allow_write_file` for `/dev/null`.

        A loader runs every ELF file that may be read. Where that matters, name statically linked
        programs. An open memory file can be started.

        Args:
            paths: Programs, or directories of programs. They are treated as by
                `SystemIO.allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_execute_path", *absolute("allow_execute_path", paths))

    def _told(self, name: str, argument: "Argument") -> "Iterable[Argument]":
        if not isinstance(argument, str):
            return super()._told(name, argument)
        from pyextrasafe import _programs

        return (argument, *_programs.needed_by(argument))
