"""Permissions for ports

No other port is connected or bound, whatever the socket, the address and the call. What else makes
and connects sockets is granted as well.
"""

import socket
import struct

from claims import Policies, admitted, attempt, harmless, refused, under
from constants import (
    IPPROTO_TCP,
    MSG_FASTOPEN,
    TCP_FASTOPEN_CONNECT,
    TCP_REPAIR,
)
from world import AF_INET, address, came, eventually

AF_INET6, AF_UNSPEC, AF_SMC, SOCK_STREAM = socket.AF_INET6, 0, 43, 1
IPPROTO_SCTP, IPPROTO_MPTCP = 132, 262
NO = {"answer": "EACCES"}  # how Landlock refuses
ONE = struct.pack("i", 1)
NAMED, SERVED = 7001, 7002
REST = (
    ".allow_start_udp_servers().allow_name_lookup().allow_start_unix_clients()"
    ".allow_start_unix_servers().allow_start_unix_datagrams().allow_event_loop().allow_listen()"
)
CLIENT = f"Networking().allow_start_tcp_clients({NAMED})"
SERVER = f"Networking().allow_start_tcp_servers({SERVED})"
BOTH = f"Networking().allow_start_tcp_clients({NAMED}).allow_start_tcp_servers({SERVED})"
SINGLE = ", Custom().add_simple('setsockopt').add_simple('accept4').add_simple('dup2')"
MUCH = f"{BOTH}{REST}, SystemIO.everything(), Threads().allow_create()"
# Whoever may set every option of a socket still finds Landlock.
CLIENTS = Policies(
    [CLIENT, BOTH, MUCH], "a port for clients: alone, with one for servers, and beside much else"
)
SERVERS = Policies(
    [SERVER, BOTH, MUCH], "a port for servers: alone, with one for clients, and beside much else"
)
ALL = Policies(
    [CLIENT, SERVER, BOTH, MUCH], "ports for clients, for servers, for both, and beside much else"
)
# Whoever may set every option of a socket still finds Landlock.
OPTIONS = Policies(
    [CLIENT, BOTH, MUCH, f"{BOTH}{REST}{SINGLE}"],
    "a port for clients: alone, with one for servers, beside much else, and all options",
)


def v6(host, port):
    """A struct sockaddr_in6."""
    return struct.pack("<H", AF_INET6) + struct.pack(">HI16sI", port, 0, host, 0)


LOOPBACK = socket.inet_pton(AF_INET6, "::1")
MAPPED = socket.inet_pton(AF_INET6, "::ffff:127.0.0.1")
ANY = socket.inet_pton(AF_INET6, "::")


def port_of(server):
    return server.getsockname()[1]


def arrived(server):
    return lambda answer: eventually(lambda: came(server), answer.ok)


# ---- Connecting ----------------------------------------------------------------------------------


def v6_listener(world):
    server = world.new_socket(AF_INET6)
    server.bind(("::1", 0))
    server.listen(5)
    return server


def connects(title, *claims, family=AF_INET, name=None, make=None, serve=None, **traits):
    """Connect a new socket, or one that make(world) made, to a port that is not named."""

    @attempt(title, *(claims or [refused(CLIENTS)]), effect="somebody connects", **(traits or NO))
    def prepare(world):
        raw = world.raw
        server = serve(world) if serve else world.listener()[0]
        where = raw.memory((name or (lambda port: address(("127.0.0.1", port))))(port_of(server)))
        size = 28 if name and len(name(1)) == 28 else 16
        made = make(world) if make else None

        def go():
            client = made if made is not None else raw("socket", family, SOCK_STREAM, 0)
            raw("connect", client, where, size)

        return go, arrived(server)

    return prepare


connects("connect: another port")
connects(
    "connect: another port, IPv6",
    family=AF_INET6,
    serve=v6_listener,
    name=lambda port: v6(LOOPBACK, port),
)
connects(
    "connect: another port, an IPv4 address in IPv6",
    family=AF_INET6,
    name=lambda port: v6(MAPPED, port),
)
connects("connect: another port, of no address", name=lambda port: address(("0.0.0.0", port)))
connects(
    "connect: another port, of no address, IPv6",
    family=AF_INET6,
    serve=v6_listener,
    name=lambda port: v6(ANY, port),
)
connects(
    "connect: another port, a socket of before",
    make=lambda world: world.keep_blocking(socket.socket()),
)


def bound(world):
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return world.keep_blocking(made)


def disconnected(world):
    """It was connected, then taken apart."""
    server, _ = world.listener()
    made = socket.create_connection(server.getsockname())
    descriptor = world.keep_blocking(made)
    world.raw("connect", descriptor, world.raw.memory(bytes(16)), 16)
    return descriptor


def fast_open(world):
    made = socket.socket()
    made.setsockopt(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    return world.keep_blocking(made)


connects("connect: another port, a socket that was bound before", make=bound)
connects("connect: another port, a socket that was taken apart before", make=disconnected)
connects("connect: another port, a socket of before with TCP_FASTOPEN_CONNECT", make=fast_open)


@attempt(
    "connect: AF_UNSPEC, then another port, a connection of before",
    refused(CLIENTS),
    effect="somebody connects",
    **NO,
)
def reconnect(world):
    raw, (server, name) = world.raw, world.listener()
    first, _ = world.listener()
    client = world.keep_blocking(socket.create_connection(first.getsockname()))
    nothing, where = raw.memory(bytes(16)), raw.memory(name)

    def go():
        raw("connect", client, nothing, 16)
        raw("connect", client, where, 16)

    return go, arrived(server)


def mptcp(world):
    return world.keep_blocking(socket.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))


connects(
    "connect: another port, an MPTCP socket of before",
    admitted(CLIENTS, "threat-named"),
    make=mptcp,
    optional="kernels without MPTCP",
)


def new_socket(title, family, protocol, **traits):
    @attempt(title, refused(ALL), effect="a new descriptor", **traits)
    def prepare(world):
        return (lambda: world.raw("socket", family, SOCK_STREAM, protocol)), world.got_descriptor


new_socket("socket: MPTCP", AF_INET, IPPROTO_MPTCP, optional="kernels without MPTCP")
new_socket("socket: MPTCP, IPv6", AF_INET6, IPPROTO_MPTCP, optional="kernels without MPTCP")
new_socket("socket: SCTP", AF_INET, IPPROTO_SCTP, optional="kernels without SCTP")
new_socket("socket: SMC", AF_SMC, 0, optional="kernels without SMC")


# ---- Connecting and sending at once --------------------------------------------------------------


def fast_opens(title, claims, send, **traits):
    """TCP Fast Open: send(world, client, address) are the words of the call."""

    @attempt(title, *claims, effect="somebody connects", **traits)
    def prepare(world):
        raw, (server, name) = world.raw, world.listener()
        client = world.keep_blocking(socket.socket())
        words = send(world, client, name)
        return (lambda: raw(*words)), arrived(server)


FAST = (refused(ALL),)
fast_opens(
    "sendto: MSG_FASTOPEN",
    FAST,
    lambda w, client, name: (
        *("sendto", client, w.raw.memory(b"!"), 1, MSG_FASTOPEN),
        *(w.raw.memory(name), len(name)),
    ),
)
fast_opens(
    "sendmsg: MSG_FASTOPEN",
    FAST,
    lambda w, client, name: ("sendmsg", client, w.message(name), MSG_FASTOPEN),
)
fast_opens(
    "sendmmsg: MSG_FASTOPEN",
    FAST,
    lambda w, client, name: ("sendmmsg", client, w.message(name), 1, MSG_FASTOPEN),
)


@attempt(
    "sendto: an address, on a TCP socket of before with TCP_FASTOPEN_CONNECT",
    harmless(CLIENTS),
    effect="somebody connects",
    optional="nobody: the kernel wants connect(2) first",
)
def send_without_connecting(world):
    raw, (server, name) = world.raw, world.listener()
    client, where, byte = fast_open(world), world.raw.memory(name), world.raw.memory(b"!")
    return (lambda: raw("sendto", client, byte, 1, 0x4000, where, 16)), arrived(server)


@attempt(
    "setsockopt: TCP_FASTOPEN_CONNECT, connect, write",
    refused(OPTIONS),
    effect="somebody connects",
    **NO,
)
def fast_open_by_option(world):
    raw, (server, name) = world.raw, world.listener()
    client = world.keep_blocking(socket.socket())
    one, where, byte = raw.memory(ONE), raw.memory(name), raw.memory(b"!")

    def go():
        raw("setsockopt", client, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, one, 4)
        raw("connect", client, where, 16)
        raw("write", client, byte, 1)

    return go, arrived(server)


@attempt(
    "setsockopt: TCP_REPAIR, connect: a connection without a word",
    refused(OPTIONS),
    effect="the socket is connected",
    optional="users who may not repair",
    **NO,
)
def repair(world):
    raw, (_, name) = world.raw, world.listener()
    made = socket.socket()
    client = world.keep_blocking(made)
    one, where = raw.memory(ONE), raw.memory(name)

    def go():
        raw("setsockopt", client, IPPROTO_TCP, TCP_REPAIR, one, 4)
        raw("connect", client, where, 16)

    return go, lambda answer: answer.ok


# ---- Serving -------------------------------------------------------------------------------------


def binds(title, *claims, family=AF_INET, name=None, port=7654, listen=True, **traits):
    """Bind a new socket to a port that is not named, and listen."""

    @attempt(
        title, *(claims or [refused(SERVERS)]), effect="somebody can connect", **(traits or NO)
    )
    def prepare(world):
        raw = world.raw
        data = (name or (lambda port: address(("127.0.0.1", port))))(port or 0)
        where = raw.memory(data)
        got, size = raw.memory(128), raw.memory(struct.pack("I", 128))

        def go():
            server = raw("socket", family, SOCK_STREAM, 0)
            if port is not None:
                raw("bind", server, where, len(data))
            raw("listen", server, 5)
            raw("getsockname", server, got, size)
            return int.from_bytes(raw.read(got + 2, 2), "big")

        def connects(answer):
            if not answer.ok:
                return False
            with socket.socket(family) as client:
                host = "127.0.0.1" if family == AF_INET else "::1"
                return client.connect_ex((host, answer.value)) == 0

        return go, connects


binds("bind, listen: another port")
binds("bind, listen: another port, IPv6", family=AF_INET6, name=lambda port: v6(LOOPBACK, port))
binds(
    "bind, listen: another port, an IPv4 address in IPv6",
    family=AF_INET6,
    name=lambda port: v6(ANY, port),
)
binds(
    "bind, listen: another port, the family AF_UNSPEC",
    name=lambda port: bytes(2) + address(("0.0.0.0", port))[2:],
)
binds("bind, listen: a port of the kernel's choice, where 0 is not named", port=0)
binds(
    "bind, listen: a port of the kernel's choice, where 0 is named",
    admitted(under("Networking().allow_start_tcp_servers(0)"), "threat-kept"),
    port=0,
)
binds(
    "listen: a port of the kernel's choice, without bind",
    admitted(SERVERS, "threat-named"),
    admitted(under(f"{CLIENT}.allow_listen()"), "threat-named"),
    port=None,
)
binds(
    "bind, listen: where only clients are named",
    refused(under(CLIENT, f"{CLIENT}.allow_start_udp_servers().allow_listen()")),
)


@attempt(
    "listen: a socket of before that is bound to another port",
    admitted(SERVERS, "threat-before"),
    effect="somebody can connect",
)
def listen_before(world):
    made = world.keep(socket.socket())
    made.bind(("127.0.0.1", 0))

    def connects(_):
        with socket.socket() as client:
            return client.connect_ex(made.getsockname()) == 0

    return (lambda: world.raw("listen", made.fileno(), 5)), connects


# ---- More contexts -------------------------------------------------------------------------------


@attempt(
    "a second context, of all ports",
    refused(CLIENTS),
    effect="somebody connects",
    itself=True,
    **NO,
)
def second_context(world):
    raw, (server, name) = world.raw, world.listener()
    where = raw.memory(name)

    def go(lock_down):
        lock_down()
        lock_down("Networking().allow_start_tcp_clients()", "apply_to_current_thread")
        raw("connect", raw("socket", AF_INET, SOCK_STREAM, 0), where, 16)

    return go, arrived(server)


@attempt(
    "landlock_restrict_self: a ruleset that names the port",
    refused(CLIENTS),
    effect="somebody connects",
    **NO,
)
def second_ruleset(world):
    raw, (server, name) = world.raw, world.listener()
    attributes, where = raw.memory(struct.pack("QQ", 0, 2)), raw.memory(name)
    rule = raw.memory(struct.pack("QQ", 2, port_of(server)))

    def go():
        ruleset = raw("landlock_create_ruleset", attributes, 16, 0)
        raw("landlock_add_rule", ruleset, 2, rule, 0)
        raw("landlock_restrict_self", ruleset, 0)
        raw("connect", raw("socket", AF_INET, SOCK_STREAM, 0), where, 16)

    return go, arrived(server)


@attempt(
    "recvmsg: a connection that somebody outside sends",
    admitted(under(f"{CLIENT}.allow_running_unix_clients()"), "threat-rights"),
    effect="a message arrives",
)
def sent(world):
    raw, (ours, theirs), (server, _) = world.raw, world.pair(), world.listener()
    client = socket.create_connection(server.getsockname())
    server.setblocking(True)
    peer, _ = server.accept()
    world.keep(peer)
    control = world.rights(-1)
    message, byte = world.message(control=control), raw.memory(b"!")
    raw("sendmsg", ours.fileno(), world.message(control=world.rights(client.fileno())), 0)
    client.close()

    def go():
        raw("recvmsg", theirs.fileno(), message, 0)
        raw("write", world.received(control), byte, 1)

    def arrives():
        try:
            return peer.recv(1) == b"!"
        except BlockingIOError:
            return False

    return go, lambda answer: eventually(arrives, answer.ok)


@attempt(
    "sendto: a datagram to another port",
    refused(Policies([CLIENT, SERVER, BOTH], "ports for clients, for servers, and for both")),
    admitted(under(f"{CLIENT}.allow_start_udp_servers()"), "threat-pointers"),
    effect="it arrives",
)
def datagram(world):
    raw, server = world.raw, world.new_socket(AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    where, byte = raw.memory(address(server.getsockname())), raw.memory(b"!")

    def arrives():
        try:
            return server.recv(1) == b"!"
        except BlockingIOError:
            return False

    return (
        lambda: raw("sendto", raw("socket", AF_INET, 2, 0), byte, 1, 0, where, 16),
        lambda answer: eventually(arrives, answer.ok),
    )
