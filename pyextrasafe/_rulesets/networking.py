"""Networking: using, and making, network and UNIX sockets."""

from .base import BuiltIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from pyextrasafe._errors import final


@final
class Networking(BuiltIn):
    """Using, and making, network and UNIX sockets.

    A new rule set allows nothing.  Open the sockets first and allow their use with one of the
    ``allow_running_*`` methods; where sockets must be opened later, the ``allow_start_*`` methods
    contain their ``allow_running_*`` counterparts.

    All of them allow :manpage:`read(2)` and :manpage:`write(2)` on descriptors from 3 up (TLS uses
    them on its sockets), closing descriptors, waiting for them (select, poll, epoll), ordinary
    options and flags, :manpage:`shutdown(2)`, and what an asyncio event loop needs to wake itself
    up, which is a connected pair of UNIX sockets.  Beside any of them, what
    :meth:`SystemIO.allow_file_read` and :meth:`SystemIO.allow_file_write` add for descriptors from
    3 up is reading and writing elsewhere in the file, truncating it, and flushing it.

    A filter sees which call is made, not on which kind of socket, so two permissions together allow
    more than either: a socket that one of them makes can be connected, bound or opened as the other
    allows.  With :meth:`allow_start_unix_servers` and :meth:`allow_start_tcp_clients`, for example,
    a program can connect to the UNIX sockets of other services.

    Asyncio's ``add_signal_handler()`` and ``start_unix_server()`` look at descriptors and paths,
    and need :meth:`SystemIO.allow_metadata` as well.
    """

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

    def allow_start_tcp_clients(self) -> "Networking":
        """Make and connect TCP sockets.

        They can be connected to every address, also by TCP Fast Open.  Contains
        :meth:`allow_running_tcp_clients`.  Prefer that one, if the connection can be made before
        the context is applied.  Looking up names needs :meth:`allow_start_udp_servers` as well, and
        for the resolver's files :meth:`SystemIO.allow_open_readonly`,
        :meth:`~SystemIO.allow_read`, :meth:`~SystemIO.allow_metadata` and
        :meth:`~SystemIO.allow_close`.
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

        Contains :meth:`allow_running_udp_sockets`, and the sockets by which glibc looks up names,
        but for long answers, which it fetches by TCP; musl from 1.2.4 on asks for
        :manpage:`recvmsg(2)` besides, which :meth:`allow_running_unix_clients` allows.  Since
        :manpage:`connect(2)` is among it, which does not tell one socket from another, TCP sockets
        that exist can be connected too.
        """
        return self._allow("allow_start_udp_servers")

    def allow_start_unix_servers(self) -> "Networking":
        """Make, bind and open UNIX stream server sockets.

        Contains :meth:`allow_running_unix_servers`.  Removing the path of an earlier server is not
        part of it.
        """
        return self._allow("allow_start_unix_servers")
