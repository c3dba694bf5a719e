"""The rule sets that come with the library: one method for each permission of its table.

The first line of a docstring is the summary that stands in the table; a test compares them.
"""

from . import _ffi
from ._errors import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, final

    from typing_extensions import Self
else:
    from ._errors import final

_PACKAGE = __name__.partition(".")[0]
_MAX_DESCRIPTOR = 2**31 - 1


class RuleSet:
    """What a program may ask of the kernel, for one purpose.

    This class is abstract.  The built-in rule sets derive from it, and :class:`Custom`, which is
    the one to derive one's own from.

    A rule set is plain data: it can be compared, copied, pickled, printed and given to other
    threads.  Two rule sets are equal if they are of the same class and grant the same, in whatever
    order.  ``repr()`` is the expression that makes an equal one.  Nothing is asked of the kernel,
    and nothing changes for the process, before a :class:`SafetyContext` is applied.

    Every method returns the rule set itself, so that calls can be chained.  A rule set is not
    hashable, because methods change it.
    """

    #: What was granted, in the order of the calls.
    _granted: "dict[Any, Any]"

    def __new__(cls, *_args: object, **_kwargs: object) -> "Self":
        if cls is RuleSet:
            raise TypeError("Can't instantiate abstract class RuleSet")
        self = super().__new__(cls)
        self._granted = {}
        return self

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if RuleSet in cls.__bases__ and cls.__module__.partition(".")[0] != _PACKAGE:
            raise TypeError("type 'RuleSet' is not an acceptable base type: derive from Custom")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._granted == other._granted

    def __repr__(self) -> str:
        return ".".join([f"{type(self).__name__}()", *self._calls()])

    def _calls(self) -> "list[str]":
        """Return the method calls that made this rule set, as code."""
        raise NotImplementedError

    def _snapshot(self) -> "RuleSet":
        """Return an equal rule set that nobody else can change."""
        raise NotImplementedError

    def _permissions(self) -> "Iterable[tuple[int, int]]":
        """Return the permissions of the table, as _ffi.load() takes them."""
        return ()

    def _rules(self) -> bytes:
        """Return the rules that are not of the table, as _ffi.load() takes them."""
        return b""


class BuiltIn(RuleSet):
    """A rule set of the table, which knows it by the name of its class."""

    #: Name and descriptor (or NOTHING) of each permission, and its index in the table.
    _granted: "dict[tuple[str, int], int]"

    def __init__(self) -> None:
        own = _ffi.permission(type(self).__name__, "")
        if own is not None:
            self._granted["", _ffi.NOTHING] = own

    def _allow(self, name: str, descriptor: int = _ffi.NOTHING) -> "Self":
        index = _ffi.permission(type(self).__name__, name)
        if index is None:
            raise ValueError(f"{type(self).__name__} has no permission {name!r}")
        self._granted[name, descriptor] = index
        return self

    def __reduce__(self) -> "tuple[object, ...]":
        # The indexes are those of this version of the library: they stay out.
        return _rebuild, (type(self), *self._granted)

    def _calls(self) -> "list[str]":
        return [
            f"{name}({'' if descriptor == _ffi.NOTHING else descriptor})"
            for name, descriptor in self._granted
            if name
        ]

    def _snapshot(self) -> "RuleSet":
        # Without __init__, which would ask the table again.
        plain = self.__new__(type(self))
        plain._granted = self._granted.copy()
        return plain

    def _permissions(self) -> "Iterable[tuple[int, int]]":
        return [(index, descriptor) for (_, descriptor), index in self._granted.items()]


def _rebuild(cls: "type[BuiltIn]", *calls: "tuple[str, int]") -> "BuiltIn":
    ruleset = cls()
    for name, descriptor in calls:
        ruleset._allow(name, descriptor)
    return ruleset


def _descriptor(fileno: int) -> int:
    fileno = integer(fileno)
    if fileno < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fileno})")
    if fileno > _MAX_DESCRIPTOR:
        raise ValueError(f"file descriptor cannot be greater than {_MAX_DESCRIPTOR} ({fileno})")
    return fileno


@final
class BasicCapabilities(BuiltIn):
    """What a running interpreter needs to stay alive.

    Memory, locks, signals to oneself, own identity, and the way out.  Every
    :class:`SafetyContext` contains this rule set, whether it is enabled or not: without it the
    interpreter would not raise an exception but crash or hang.

    Memory is anonymous memory; mapping files is a matter of :class:`SystemIO`.  Signals can be sent
    to the own process only, that is, to the one that applied the context.  In a child that is
    forked later, :func:`os.abort` ends by SIGSEGV instead of SIGABRT, and the process that it may
    signal is still the one that applied the context.
    """


@final
class ForkAndExec(BuiltIn):
    """Starting other programs: the danger zone.

    Start other programs, wait for them, and end them.  A new program runs inside the same filter,
    so it needs :class:`SystemIO` permissions to load its libraries: usually
    :meth:`~SystemIO.allow_open_readonly`, :meth:`~SystemIO.allow_read`,
    :meth:`~SystemIO.allow_metadata` and :meth:`~SystemIO.allow_close`.

    This permission reaches beyond the process.  SIGTERM, SIGKILL and SIGINT can be sent to every
    process that the user may signal, since a filter cannot tell children from others.  And it
    contains :manpage:`dup2(2)`, by which any open descriptor gets the number of another: what
    permissions say about the number of a descriptor is then no limit.
    """


@final
class Networking(BuiltIn):
    """Using, and making, network and UNIX sockets.

    A new rule set allows nothing.  Open the sockets first and allow their use with one of the
    ``allow_running_*`` methods; where sockets must be opened later, the ``allow_start_*`` methods
    contain their ``allow_running_*`` counterparts.

    All of them allow :manpage:`read(2)` and :manpage:`write(2)` on descriptors from 3 up (TLS uses
    them on its sockets), closing descriptors, waiting for them (select, poll, epoll), and what an
    asyncio event loop needs to wake itself up.  Beside any of them,
    :meth:`SystemIO.allow_file_read` and :meth:`SystemIO.allow_file_write` add nothing for
    descriptors from 3 up.

    A filter sees which call is made, not on which kind of socket, so two permissions together allow
    more than either: a socket that one of them makes can be connected, bound or opened as the other
    allows.  With :meth:`allow_start_unix_servers` and :meth:`allow_start_tcp_clients`, for example,
    a program can connect to the UNIX sockets of other services.

    Asyncio's ``add_signal_handler()`` and ``start_unix_server()`` look at descriptors and paths,
    and need :meth:`SystemIO.allow_metadata` as well.
    """

    def allow_running_tcp_clients(self) -> "Networking":
        """Use TCP connections that exist.

        No new socket can be made or connected.
        """
        return self._allow("allow_running_tcp_clients")

    def allow_running_tcp_servers(self) -> "Networking":
        """Accept and use TCP connections.

        No new socket can be made or bound.
        """
        return self._allow("allow_running_tcp_servers")

    def allow_running_udp_sockets(self) -> "Networking":
        """Use UDP sockets that exist.

        Datagrams can be sent to every address.  No new socket can be made or bound.
        """
        return self._allow("allow_running_udp_sockets")

    def allow_running_unix_clients(self) -> "Networking":
        """Use UNIX stream connections that exist.

        No new socket can be made or connected.
        """
        return self._allow("allow_running_unix_clients")

    def allow_running_unix_servers(self) -> "Networking":
        """Accept and use UNIX stream connections.

        No new socket can be made or bound.
        """
        return self._allow("allow_running_unix_servers")

    def allow_start_tcp_clients(self) -> "Networking":
        """Make and connect TCP sockets.

        They can be connected to every address, also by TCP Fast Open.  Contains
        :meth:`allow_running_tcp_clients`.  Prefer that one, if the connection can be made before
        the context is applied.  Looking up names needs :meth:`allow_start_udp_servers` as well, and
        reading the resolver's files.
        """
        return self._allow("allow_start_tcp_clients")

    def allow_start_tcp_servers(self) -> "Networking":
        """Make, bind and open TCP server sockets.

        Contains :meth:`allow_running_tcp_servers`.  Prefer that one, if the socket can be opened
        before the context is applied.
        """
        return self._allow("allow_start_tcp_servers")

    def allow_start_udp_servers(self) -> "Networking":
        """Make, bind and connect UDP sockets.

        Contains :meth:`allow_running_udp_sockets`, and what looking up names needs with glibc; musl
        from 1.2.4 on asks for :manpage:`recvmsg(2)` besides, which
        :meth:`allow_running_unix_clients` allows.  Since :manpage:`connect(2)` is among it, which
        does not tell one socket from another, TCP sockets that exist can be connected too.
        """
        return self._allow("allow_start_udp_servers")

    def allow_start_unix_servers(self) -> "Networking":
        """Make, bind and open UNIX stream server sockets.

        Contains :meth:`allow_running_unix_servers`.  Removing the path of an earlier server is not
        part of it.
        """
        return self._allow("allow_start_unix_servers")


@final
class SystemIO(BuiltIn):
    """Reading, writing and opening files, and standard input and output.

    A new rule set allows nothing; :meth:`everything` makes one that allows all file IO.

    Permissions for one descriptor (:meth:`allow_stdin`, :meth:`allow_stdout`, :meth:`allow_stderr`,
    :meth:`allow_file_read`, :meth:`allow_file_write`) and :meth:`allow_open_readonly` are promises:
    a context that also allows the same calls without a limit, such as by :meth:`allow_write`,
    cannot be applied and raises :class:`ExtraSafeError`.
    """

    @staticmethod
    def everything() -> "SystemIO":
        """All file IO, but what allow_ioctl refuses.

        Makes a new rule set.  It contains opening, reading, writing, closing, metadata and
        :meth:`allow_ioctl`, and file IO that has no method of its own: removing, renaming, linking,
        making directories, owners, modes, times, extended attributes, truncating, copying
        descriptors, pipes, changing the working directory, file locks, and waiting for descriptors.
        """
        return SystemIO()._allow("everything")

    def allow_close(self) -> "SystemIO":
        """Close descriptors.

        Without it, leaving the with-block of a file raises :class:`PermissionError`.
        """
        return self._allow("allow_close")

    def allow_ioctl(self) -> "SystemIO":
        """Control descriptors with ioctl(2) and fcntl(2).

        Refused all the same are the known requests that type into a terminal or take it over (such
        as TIOCSTI, see :manpage:`ioctl_tty(2)`), that write contents or attributes of files (such
        as FICLONE), and that direct signals to a process (such as F_SETOWN).  Drivers have requests
        of their own, which are allowed: close what the program does not need.

        Together with :meth:`allow_close` it undoes the limits of permissions for one descriptor:
        F_DUPFD gives an open file the number that was closed before.
        """
        return self._allow("allow_ioctl")

    def allow_metadata(self) -> "SystemIO":
        """Ask for the metadata of files, and list directories.

        This is about every path that the user may reach: a filter does not see paths.  Listing a
        directory needs :meth:`allow_open_readonly`, too.
        """
        return self._allow("allow_metadata")

    def allow_open(self) -> "SystemIO":
        """Open and create files in every mode.

        That includes truncating a file.  Beside :meth:`allow_open_readonly` it is a contradiction.
        """
        return self._allow("allow_open")

    def allow_open_readonly(self) -> "SystemIO":
        """Open files, but only for reading.

        Nothing is created, truncated or appended to.  With :meth:`allow_read`,
        :meth:`allow_metadata` and :meth:`allow_close` this is what importing a module needs.
        """
        return self._allow("allow_open_readonly")

    def allow_read(self) -> "SystemIO":
        """Read from every open descriptor.

        Also allows private memory maps of files, from which shared objects run.  Beside
        :meth:`allow_stdin` or :meth:`allow_file_read` it is a contradiction.
        """
        return self._allow("allow_read")

    def allow_stderr(self) -> "SystemIO":
        """Write to standard error.

        Standard error is whatever has descriptor 2 at the time of the call.
        """
        return self._allow("allow_stderr")

    def allow_stdin(self) -> "SystemIO":
        """Read from standard input.

        Standard input is whatever has descriptor 0 at the time of the call.
        """
        return self._allow("allow_stdin")

    def allow_stdout(self) -> "SystemIO":
        """Write to standard output.

        Standard output is whatever has descriptor 1 at the time of the call.
        """
        return self._allow("allow_stdout")

    def allow_write(self) -> "SystemIO":
        """Write to every open descriptor.

        Also allows shared memory maps of files.  Beside :meth:`allow_stdout`, :meth:`allow_stderr`
        or :meth:`allow_file_write` it is a contradiction.
        """
        return self._allow("allow_write")

    def allow_file_read(self, fileno: int) -> "SystemIO":
        """Read from one open descriptor.

        Also allows to seek on it and to ask for its metadata by :manpage:`fstat(2)`.  It is the
        number that counts: when the file is closed and another one gets its number, that one may be
        read.

        :param fileno: the descriptor, 0 to 2**31-1
        :raise TypeError: fileno is not an integer, or is a bool
        :raise ValueError: fileno is out of range
        """
        return self._allow("allow_file_read", _descriptor(fileno))

    def allow_file_write(self, fileno: int) -> "SystemIO":
        """Write to one open descriptor.

        Also allows to seek on it, to truncate it and to flush it to its device.  It is the number
        that counts: when the file is closed and another one gets its number, that one may be
        written.

        :param fileno: the descriptor, 0 to 2**31-1
        :raise TypeError: fileno is not an integer, or is a bool
        :raise ValueError: fileno is out of range
        """
        return self._allow("allow_file_write", _descriptor(fileno))

    def __repr__(self) -> str:
        # everything() has no object before it: it makes one, so it is always the first call.
        return super().__repr__().replace("SystemIO().everything()", "SystemIO.everything()")


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


@final
class Time(BuiltIn):
    """Reading clocks.

    A new rule set allows nothing.
    """

    def allow_gettime(self) -> "Time":
        """Read clocks by system calls, where the vDSO does not answer.

        On most machines :func:`time.time` and :func:`time.monotonic` ask the kernel for nothing,
        see :manpage:`vdso(7)`, and work without.  The clocks of a process and of a thread
        (:func:`time.process_time`, :func:`time.thread_time`) need this permission.
        """
        return self._allow("allow_gettime")
