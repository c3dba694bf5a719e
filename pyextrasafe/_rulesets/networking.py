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
    """Using and creating network and UNIX sockets.

    A new rule set allows nothing. If you can, open the sockets before the lock-down, and allow
    using them with one of the `allow_running_*` methods. If sockets must be opened later, use the
    `allow_start_*` methods, which contain their `allow_running_*` counterparts.

    All of them allow read(2), write(2) and seeking on descriptors from 3 up, closing descriptors,
    waiting for them (select, poll, epoll), ordinary options and flags, shutdown(2), and a connected
    pair of UNIX sockets, with which an asyncio event loop wakes itself up. TLS reads and writes its
    sockets with read(2) and write(2), and servers seek in the files that hold uploads. So together
    with any of them, `SystemIO.allow_file_read` and `SystemIO.allow_file_write` add only this for
    descriptors from 3 up: reading and writing at a given position, reading metadata, truncating,
    and flushing. This paragraph does not apply to `allow_listen`, which allows only what it says.

    A filter sees which call is made, but not on which kind of socket. So two permissions together
    can allow more than each of them alone: a socket created under one of them can be connected,
    bound or opened as the other one allows. With `allow_start_unix_servers` and
    `allow_start_tcp_clients`, for example, a program can connect to the UNIX sockets of other
    services.

    The function `start_unix_server()` of asyncio looks at paths, so it needs
    `SystemIO.allow_metadata` as well.
    """

    def _late_imports(self) -> "Iterable[str]":
        # For a host that is a str, also where it is an address.
        hosts = any(name in _TAKE_HOSTS for name, _ in self._granted)
        return [HOST_NAMES] if hosts else []

    def allow_event_loop(self) -> "Networking":
        """Create and run event loops.

        For loops of asyncio, trio, uvloop (libuv) and tokio that are created after the context is
        applied, and for loops in a context without any other permission of this class: an asyncio
        loop that may not wake itself up waits forever. Create a uvloop loop after applying: one
        that was created before can use an io_uring(7), and then applying raises `ExtraSafeError`.

        Allows timers, wake-ups, pipes, and sending and receiving on connected sockets by send(2)
        and recv(2). For connections use one of the `allow_running_*` permissions as well: from
        CPython 3.12 on, asyncio streams use sendmsg(2) to send what does not fit at once. Event
        loops watch signals through a descriptor, and use fstat(2) or fstatat(2) to find out what it
        is. A filter sees no paths, so the metadata of every path that the user may reach can be
        read as well.
        """
        return self._allow("allow_event_loop")

    def allow_listen(self) -> "Networking":
        """Let existing sockets listen.

        For servers that call listen(2) late, such as uvicorn on a socket that is passed to it. A
        stream socket that is not bound, including one that another permission allows creating,
        listens on a port that the kernel chooses. The backlog can be changed. Accepting connections
        needs another permission.
        """
        return self._allow("allow_listen")

    def allow_name_lookup(self) -> "Networking":
        """Look up the addresses of names.

        For `socket.getaddrinfo` and everything that uses it, see getaddrinfo(3). Allows UDP and TCP
        sockets that can be connected to every address, and sending on them: a program that may ask
        a name server may send to any server.

        The resolver also reads files, such as `/etc/hosts`: allow that with
        `SystemIO.allow_dns_files`, or for all paths with `SystemIO.allow_open_readonly` and
        `SystemIO.allow_metadata`. Add `SystemIO.allow_read` if the machine looks names up with
        modules that are not loaded yet.

        Applying a context imports the codec for host names, which Python would otherwise import
        late. On musl, looking up names needs `allow_start_udp_servers` and
        `allow_running_unix_clients` instead.
        """
        return self._allow("allow_name_lookup")

    def allow_running_tcp_clients(self) -> "Networking":
        """Use existing TCP connections.

        With this permission alone, no other TCP connection can be made.
        """
        return self._allow("allow_running_tcp_clients")

    def allow_running_tcp_servers(self) -> "Networking":
        """Accept and use TCP connections.

        With this permission alone, no other server socket can be created or bound.
        """
        return self._allow("allow_running_tcp_servers")

    def allow_running_udp_sockets(self) -> "Networking":
        """Use existing UDP sockets.

        Datagrams can be sent to every address. With this permission alone, no other UDP socket can
        be created, and none can be bound, but sending binds the socket to a port that the kernel
        chooses.
        """
        return self._allow("allow_running_udp_sockets")

    def allow_running_unix_clients(self) -> "Networking":
        """Use existing UNIX stream connections.

        With this permission alone, no socket can be connected to another process.
        """
        return self._allow("allow_running_unix_clients")

    def allow_running_unix_servers(self) -> "Networking":
        """Accept and use UNIX stream connections.

        With this permission alone, no other server socket can be created or bound.
        """
        return self._allow("allow_running_unix_servers")

    def allow_start_tcp_clients(self, *numbers: int) -> "Networking":
        """Create and connect TCP sockets.

        The sockets can be connected to the given ports, at any address. If you give no port, they
        can be connected to all ports, also with TCP Fast Open. Contains
        `allow_running_tcp_clients`: prefer that one if you can connect before the context is
        applied. To look names up at a name server, you also need `allow_name_lookup`, and, if you
        give ports, port 53, in case an answer is long.

        Limits on ports come from landlock(7), and need Linux 6.7. Once a permission names ports,
        TCP sockets can be connected and bound only to named ports; other ports fail with EACCES. A
        permission without a port is then a contradiction, unless no permission of the same kind
        names a port: in that case it stays unlimited.

        Args:
            numbers: Ports, 1 to 65535; none means all ports.

        Raises:
            TypeError: A port is not an integer, or is a bool.
            ValueError: A port is out of range.
        """
        return self._allow("allow_start_tcp_clients", *ports(1, numbers))

    def allow_start_tcp_servers(self, *numbers: int) -> "Networking":
        """Create, bind and open TCP server sockets.

        The sockets can be bound to the given ports, or, if you give no port, to all ports. Contains
        `allow_running_tcp_servers`: prefer that one if you can open the socket before the context
        is applied. A socket that is not bound listens on a port that the kernel chooses, whatever
        ports you give. In all other respects, ports are as for `allow_start_tcp_clients`.

        Args:
            numbers: Ports, 1 to 65535, and 0 for binding to a port that the kernel chooses; none
                means all ports.

        Raises:
            TypeError: A port is not an integer, or is a bool.
            ValueError: A port is out of range.
        """
        return self._allow("allow_start_tcp_servers", *ports(0, numbers))

    def allow_start_udp_servers(self) -> "Networking":
        """Create, bind and connect UDP sockets.

        Contains `allow_running_udp_sockets`, and the sockets that glibc uses to look up names,
        except for long answers, which it fetches over TCP: see `allow_name_lookup`. It also
        contains connect(2), for which a filter cannot tell the kinds of sockets apart: existing TCP
        sockets can be connected, too.
        """
        return self._allow("allow_start_udp_servers")

    def allow_start_unix_clients(self) -> "Networking":
        """Create and connect UNIX stream sockets.

        This is the danger zone of networking. Services at such sockets, such as Docker, D-Bus and
        systemd, do for their clients what a filter forbids. They trust every client that may reach
        the path, and abstract sockets have none, see unix(7). Contains
        `allow_running_unix_clients`: prefer that one if you can connect before the context is
        applied and need not reconnect.
        """
        return self._allow("allow_start_unix_clients")

    def allow_start_unix_datagrams(self) -> "Networking":
        """Create UNIX datagram sockets, and send datagrams.

        For services that report to systemd by sd_notify(3), and for
        `logging.handlers.SysLogHandler`. Datagrams can be sent to every UNIX socket that the user
        may reach, and can carry descriptors. Receiving is not included.
        """
        return self._allow("allow_start_unix_datagrams")

    def allow_start_unix_servers(self) -> "Networking":
        """Create, bind and open UNIX stream server sockets.

        Contains `allow_running_unix_servers`, but not removing the path of an earlier server: see
        `SystemIO.allow_remove_file`.
        """
        return self._allow("allow_start_unix_servers")
