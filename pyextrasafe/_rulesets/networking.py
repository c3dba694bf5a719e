"""Networking: using, and making, network and UNIX sockets."""

from pyextrasafe._late_imports import HOST_NAMES

from .base import BuiltIn, ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import final
else:
    from pyextrasafe._errors import final

#: Permissions for calls that are told a host.
_TAKE_HOSTS = (
    "allow_name_lookup",
    "allow_start_tcp_clients",
    "allow_start_tcp_servers",
    "allow_start_udp_servers",
)


@final
class Networking(BuiltIn):
    """Using, and making, network and UNIX sockets.

    A new rule set allows nothing.  Open the sockets first and allow their use with one of the
    ``allow_running_*`` methods; where sockets must be opened later, the ``allow_start_*`` methods
    contain their ``allow_running_*`` counterparts.

    All of them allow :manpage:`read(2)` and :manpage:`write(2)` on descriptors from 3 up (TLS uses
    them on its sockets), closing descriptors, waiting for them (select, poll, epoll), ordinary
    options and flags, :manpage:`shutdown(2)`, and what an asyncio event loop needs to wake itself
    up, which is a connected pair of UNIX sockets.  Seeking on descriptors from 3 up is among it,
    since servers keep uploads in files.  Beside any of them, what :meth:`SystemIO.allow_file_read`
    and :meth:`SystemIO.allow_file_write` add for descriptors from 3 up is reading and writing at a
    place that is given, truncating, and flushing.  This is not true of :meth:`allow_listen`, which
    allows only what it says.

    A filter sees which call is made, not on which kind of socket, so two permissions together allow
    more than either: a socket that one of them makes can be connected, bound or opened as the other
    allows.  With :meth:`allow_start_unix_servers` and :meth:`allow_start_tcp_clients`, for example,
    a program can connect to the UNIX sockets of other services.

    Asyncio's ``start_unix_server()`` looks at paths, and needs :meth:`SystemIO.allow_metadata` as
    well.
    """

    def _late_imports(self) -> "Iterable[str]":
        # For a host that is a str, also where it is an address.
        hosts = any(name in _TAKE_HOSTS for name, _ in self._granted)
        return [HOST_NAMES] if hosts else []

    def allow_event_loop(self) -> "Networking":
        """Make and run event loops.

        For loops of asyncio, trio, uvloop (libuv) and tokio that are made after the context is
        applied, and for those without any other permission of this class: a loop of asyncio that
        may not wake itself up waits for ever.  uvloop has to be made after: a loop that was made
        before uses an io_uring, and applying raises :class:`ExtraSafeError`.

        Allows timers, wake-ups, pipes, and sending and receiving on sockets that are connected, by
        :manpage:`send(2)` and :manpage:`recv(2)`.  From CPython 3.12 on, streams of asyncio use
        :manpage:`sendmsg(2)` for what does not fit at once: for connections use one of the
        ``allow_running_*`` permissions as well.  Event loops watch signals by a descriptor, and
        ask what it is.  A filter does not see paths, so the metadata of every path that the user
        may reach can be asked for.
        """
        return self._allow("allow_event_loop")

    def allow_listen(self) -> "Networking":
        """Let sockets that exist listen.

        For servers that call :manpage:`listen(2)` late, such as uvicorn on a socket that it is
        given.  A stream socket that is not bound listens on a port of the kernel's choice, also one
        that another permission makes.  How many clients may wait at a server can be changed.
        Accepting connections has to be allowed as well.
        """
        return self._allow("allow_listen")

    def allow_name_lookup(self) -> "Networking":
        """Look up the addresses of names.

        For :func:`socket.getaddrinfo` and whatever uses it.  Allows UDP and TCP sockets, to be
        connected to every address, and sending on them: whoever may ask a name server may send
        to any server.  The resolver also reads files, such as ``/etc/hosts``, by
        :meth:`SystemIO.allow_open_readonly` and :meth:`~SystemIO.allow_metadata`; where the machine
        looks names up by modules that are not loaded yet, it needs :meth:`SystemIO.allow_read`.

        Applying a context imports the codec for host names, which Python would import late.  On
        musl, looking up names needs :meth:`allow_start_udp_servers` and
        :meth:`allow_running_unix_clients` instead.
        """
        return self._allow("allow_name_lookup")

    def allow_running_tcp_clients(self) -> "Networking":
        """Use TCP connections that exist.

        No other TCP connection can be made.
        """
        return self._allow("allow_running_tcp_clients")

    def allow_running_tcp_servers(self) -> "Networking":
        """Accept and use TCP connections.

        No other server socket can be made or bound.
        """
        return self._allow("allow_running_tcp_servers")

    def allow_running_udp_sockets(self) -> "Networking":
        """Use UDP sockets that exist.

        Datagrams can be sent to every address.  No other UDP socket can be made, and none can be
        bound, though sending takes a port of the kernel's choice.
        """
        return self._allow("allow_running_udp_sockets")

    def allow_running_unix_clients(self) -> "Networking":
        """Use UNIX stream connections that exist.

        No socket can be connected to another process.
        """
        return self._allow("allow_running_unix_clients")

    def allow_running_unix_servers(self) -> "Networking":
        """Accept and use UNIX stream connections.

        No other server socket can be made or bound.
        """
        return self._allow("allow_running_unix_servers")

    def allow_start_tcp_clients(self, *numbers: int) -> "Networking":
        """Make and connect TCP sockets.

        They can be connected to the ports that are named, of every address; without a port to all
        of them, also by TCP Fast Open.  Contains :meth:`allow_running_tcp_clients`.  Prefer that
        one, if the connection can be made before the context is applied.  Names that a server has
        to be asked for need :meth:`allow_name_lookup` as well, and, beside ports, 53 among them
        where answers are long.

        Ports come from :manpage:`landlock(7)`, and need Linux 6.7.  Once a permission names ports,
        TCP sockets can be connected, and bound, to those that are named only; a permission without
        a port beside it is a contradiction, or stays without a limit where none of its kind has
        one.  Refused is what is not named, with EACCES.

        :param numbers: ports, 1 to 65535
        :raise TypeError: a port is not an integer, or is a bool
        :raise ValueError: a port is out of range
        """
        return self._allow("allow_start_tcp_clients", *ports(1, numbers))

    def allow_start_tcp_servers(self, *numbers: int) -> "Networking":
        """Make, bind and open TCP server sockets.

        They can be bound to the ports that are named; without a port to all of them.  Contains
        :meth:`allow_running_tcp_servers`.  Prefer that one, if the socket can be opened before the
        context is applied.  A socket that is not bound listens on a port of the kernel's choice,
        whatever is named.

        :param numbers: ports, 1 to 65535, and 0 for binding to a port of the kernel's choice; all
            else as for :meth:`allow_start_tcp_clients`
        :raise TypeError: a port is not an integer, or is a bool
        :raise ValueError: a port is out of range
        """
        return self._allow("allow_start_tcp_servers", *ports(0, numbers))

    def allow_start_udp_servers(self) -> "Networking":
        """Make, bind and connect UDP sockets.

        Contains :meth:`allow_running_udp_sockets`, and the sockets by which glibc looks up names,
        but for long answers, which it fetches by TCP: see :meth:`allow_name_lookup`.  Since
        :manpage:`connect(2)` is among it, which does not tell one socket from another, TCP sockets
        that exist can be connected too.
        """
        return self._allow("allow_start_udp_servers")

    def allow_start_unix_clients(self) -> "Networking":
        """Make and connect UNIX stream sockets.

        The danger zone of networking: services at such sockets, as those of Docker, D-Bus and
        systemd, do for their clients what a filter forbids.  They trust whoever may reach the path,
        and abstract sockets have none.  Contains :meth:`allow_running_unix_clients`.  Prefer that
        one, if the connection can be made before the context is applied and need not be renewed.
        """
        return self._allow("allow_start_unix_clients")

    def allow_start_unix_datagrams(self) -> "Networking":
        """Make UNIX datagram sockets, and send.

        For services that report to systemd (``sd_notify``), and for
        :class:`logging.handlers.SysLogHandler`.  Datagrams can be sent to every UNIX socket that
        the user may reach, and carry descriptors.  Receiving is not among it.
        """
        return self._allow("allow_start_unix_datagrams")

    def allow_start_unix_servers(self) -> "Networking":
        """Make, bind and open UNIX stream server sockets.

        Contains :meth:`allow_running_unix_servers`.  Removing the path of an earlier server is not
        part of it.
        """
        return self._allow("allow_start_unix_servers")
