"""Sockets

Every ``Networking`` permission, and what the others make of sockets that exist.
"""

import os
import socket
import struct

from claims import (
    ALL_NETWORKING,
    DATAGRAMS,
    EVERY,
    EVERYTHING,
    LISTEN,
    LOOKUP,
    NETWORKING,
    NETWORKS,
    SENDERS,
    TOGETHER,
    UNIX,
    Policies,
    admitted,
    attempt,
    harmless,
    refused,
    under,
)
from constants import NAMESPACES
from kinds import HIGH, REACHED, a_descriptor, never, products, surprise, swept
from world import address, came, eventually, unix_address

MSG_FASTOPEN = 0x20000000
SO_PASSCRED, SO_RCVMARK, SO_PEERPIDFD = 16, 75, 77
TCP_CLIENTS = under("Networking().allow_start_tcp_clients()")
TCP_SERVERS = under("Networking().allow_start_tcp_servers()")
UDP = under("Networking().allow_start_udp_servers()")
UNIX_CLIENTS = under("Networking().allow_start_unix_clients()")
UNIX_SERVERS = under("Networking().allow_start_unix_servers()")
SERVERS = under(*TCP_SERVERS.codes, *UNIX_SERVERS.codes)
BINDERS = under(*SERVERS.codes, *UDP.codes)
OTHER_CONNECTERS = under(*UDP.codes, *UNIX_CLIENTS.codes, DATAGRAMS, LOOKUP)
CONNECTERS = under(*TCP_CLIENTS.codes, *OTHER_CONNECTERS.codes)
SENDERS_TO = under("Networking().allow_running_udp_sockets()", *UDP.codes)
OTHER_SENDERS_TO = under(DATAGRAMS, LOOKUP)
SENDERS_OF_SEVERAL = under(*UDP.codes, LOOKUP)
WRITERS = under("SystemIO().allow_write()", *EVERYTHING.codes, *NETWORKS.codes)
PRIVILEGED = "needs the capability to administer the system"
OTHERS = EVERY.without(NETWORKS, TOGETHER, why="but those that use sockets")
NOT_SENDERS = EVERY.without(SENDERS, TOGETHER, why="but those that send messages")
NOT_SERVERS = EVERY.without(SERVERS, TOGETHER, why="but servers that start")
LISTENERS = under(*SERVERS.codes, LISTEN)
NOT_LISTENERS = EVERY.without(LISTENERS, TOGETHER, why="but those that listen")
ONE = struct.pack("i", 1)

# ---- New sockets ---------------------------------------------------------------------------------

TCP_SOCKETS = {(family, 1, protocol) for family in (2, 10) for protocol in (0, 6)}
UDP_SOCKETS = {(family, 2, protocol) for family in (2, 10) for protocol in (0, 17)}
LOOKUP_SOCKETS = {(family, kind, 0) for family in (2, 10) for kind in (1, 2)}
UNIX_SOCKETS, UNIX_DATAGRAM_SOCKETS = {(1, 1, 0)}, {(1, 2, 0)}
NEW_SOCKETS = {
    **{code: set() for code in NETWORKING},
    **dict.fromkeys(TCP_CLIENTS.codes + TCP_SERVERS.codes, TCP_SOCKETS),
    **dict.fromkeys(UDP.codes, UDP_SOCKETS),
    **dict.fromkeys(UNIX_SERVERS.codes + UNIX_CLIENTS.codes, UNIX_SOCKETS),
    DATAGRAMS: UNIX_DATAGRAM_SOCKETS,
    LOOKUP: LOOKUP_SOCKETS,
    ALL_NETWORKING: TCP_SOCKETS | UDP_SOCKETS | UNIX_SOCKETS | UNIX_DATAGRAM_SOCKETS,
}
FAMILIES, TYPES, PROTOCOLS = range(-1, 50), range(-1, 12), range(301)
SOCK_FLAGS = 0o2004000  # SOCK_CLOEXEC and SOCK_NONBLOCK


def combinations(call, title, lists, control, expected, known, **traits):
    """One attempt for each permission: what may be made differs."""
    for code, allowed in expected.items():
        label = under(code) if code in NETWORKING else Policies([code], "all of Networking")

        @attempt(title, refused(label), effect="another socket", **traits)
        def prepare(world, allowed=allowed):
            pair = (0, 0, 0, world.raw.memory(8)) if call == "socketpair" else ()
            chosen = control if world.control else lists

            def go():
                found = products(world, call, 0, chosen, call == "socket", pair)
                if not world.control and {known(entry) for entry in found} < allowed:
                    raise AssertionError(f"what is allowed is refused: {found}")
                return swept([entry for entry in found if known(entry) not in allowed])

            return go, surprise


def plain(entry):
    return entry


def without_flags(entry):
    """What the kernel makes of the words."""
    family, kind, protocol = (word & 0xFFFFFFFF for word in entry)
    return family, kind & ~SOCK_FLAGS, protocol


FEW = ([1, 2, 16], [1, 2, 3], [0, 1, 6, 17])  # what is tried without a filter
FLAGGED = [
    kind | flags | above
    for kind in range(12)
    for flags in (0o4000, 0o2000000, SOCK_FLAGS, 0x10, 0x100, 0x80000000)
    for above in (0, HIGH)
]
SOME = [0, 1, 2, 6, 17, 132, 136, 255, 256, 262, HIGH, HIGH | 6, HIGH | 17, HIGH | 262]
ABOVE = [family | above for family in range(46) for above in (0, HIGH)]

combinations(
    "socket",
    "socket: every family from -1 to 49, type from -1 to 11, protocol from 0 to 300",
    *((FAMILIES, TYPES, PROTOCOLS), FEW, NEW_SOCKETS, plain),
)
combinations(
    "socket",
    "socket: the same with flags in the type, and with the upper halves filled",
    *((ABOVE, FLAGGED, SOME), FEW, NEW_SOCKETS, without_flags),
)
combinations(
    "socketpair",
    "socketpair: every family, type, and protocol from 0 to 300",
    *(
        (FAMILIES, TYPES, PROTOCOLS),
        FEW,
        {**dict.fromkeys(NEW_SOCKETS, UNIX_SOCKETS), LISTEN: set()},
        plain,
    ),
)

a_descriptor("socket: MPTCP", "socket", 2, 1, 262, optional="kernels without MPTCP")
a_descriptor("socket: raw IPv4", "socket", 2, 3, 1)
a_descriptor("socket: UDP-Lite", "socket", 2, 2, 136, optional="kernels without UDP-Lite")
a_descriptor("socket: packets", "socket", 17, 3, 0x300, optional="kernels without packet sockets")
a_descriptor("socket: netlink", "socket", 16, 3, 0)
a_descriptor("socket: UNIX, sequenced packets", "socket", 1, 5, 0)
a_descriptor("socket: crypto of the kernel", "socket", 38, 5, 0, optional="kernels without AF_ALG")
a_descriptor("socket: vsock", "socket", 40, 1, 0, optional="kernels without vsock")

# ---- Connections ---------------------------------------------------------------------------------


def connected(server):
    """The second function: has somebody connected to the server?"""
    return lambda answer: eventually(
        lambda: came(server), answer.ok or answer.text == "EINPROGRESS"
    )


def fast_open(title, *claims, call):
    @attempt(title, *claims, effect="a connection is made")
    def prepare(world):
        raw, client = world.raw, world.new_socket()
        server, name = world.listener()
        if call == "sendto":
            words = client.fileno(), raw.memory(b"!"), 1, MSG_FASTOPEN, raw.memory(name), 16
        elif call == "sendmsg":
            words = client.fileno(), world.message(name), MSG_FASTOPEN
        else:
            words = client.fileno(), world.message(name), 1, MSG_FASTOPEN
        words = (words[0] | HIGH, *words[1:])
        return (lambda: raw(call, *words)), connected(server)


NOT_CLIENTS = EVERY.without(TCP_CLIENTS, TOGETHER, why="but TCP clients that start")
for call in ("sendto", "sendmsg"):
    fast_open(
        f"{call}: MSG_FASTOPEN",
        *(refused(NOT_CLIENTS), admitted(TCP_CLIENTS, "threat-kept")),
        call=call,
    )
fast_open("sendmmsg: MSG_FASTOPEN", refused(EVERY), call="sendmmsg")


@attempt(
    "sendto: MSG_FASTOPEN in an argument whose upper half is filled",
    refused(NOT_CLIENTS),
    effect="a connection is made",
)
def high_fast_open(world):
    raw, client = world.raw, world.new_socket()
    server, name = world.listener()
    words = client.fileno(), raw.memory(b"!"), 1, HIGH | MSG_FASTOPEN, raw.memory(name), HIGH | 16
    return (lambda: raw("sendto", *words)), connected(server)


@attempt(
    "sendmsg: MSG_FASTOPEN in the message, where the kernel does not look for it",
    *(harmless(SENDERS), refused(NOT_SENDERS)),
    effect="a connection is made",
)
def fast_open_in_the_message(world):
    client = world.new_socket()
    server, name = world.listener()
    header = world.message(name, flags=MSG_FASTOPEN)
    return (lambda: world.raw("sendmsg", client.fileno(), header, 0)), connected(server)


@attempt(
    "connect: a TCP socket that is there",
    refused(EVERY.without(CONNECTERS, TOGETHER, why="but those that connect")),
    admitted(TCP_CLIENTS, "threat-kept"),
    admitted(OTHER_CONNECTERS, "threat-pointers"),
    effect="a connection is made",
)
def connect(world):
    client = world.new_socket()
    server, name = world.listener()
    where = world.raw.memory(name)
    return (lambda: world.raw("connect", client.fileno(), where, 16)), connected(server)


@attempt(
    "connect: take a connection apart, and connect it elsewhere",
    refused(EVERY.without(CONNECTERS, TOGETHER, why="but those that connect")),
    admitted(CONNECTERS, "threat-pointers"),
    effect="a connection is made",
)
def reconnect(world):
    client = world.client()
    server, name = world.listener()
    nowhere, where = world.raw.memory(bytes(16)), world.raw.memory(name)

    def go():
        world.raw("connect", client.fileno(), nowhere, 16)
        world.raw("connect", client.fileno(), where, 16)

    return go, connected(server)


@attempt(
    "listen: a TCP socket that is not bound",
    refused(NOT_LISTENERS),
    admitted(TCP_SERVERS, "threat-kept"),
    admitted(under(*UNIX_SERVERS.codes, LISTEN), "threat-pointers"),
    effect="a port is open",
)
def listen(world):
    server = world.new_socket()
    return (
        lambda: world.raw("listen", server.fileno(), 1),
        lambda _: server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN),
    )


@attempt(
    "bind: a TCP socket to port 0",
    refused(EVERY.without(BINDERS, TOGETHER, why="but servers that start")),
    admitted(TCP_SERVERS, "threat-kept"),
    admitted(under(*UDP.codes, *UNIX_SERVERS.codes), "threat-pointers"),
    effect="the socket has a port",
)
def bind(world):
    server = world.new_socket()
    where = world.raw.memory(address(("127.0.0.1", 0)))
    return (
        lambda: world.raw("bind", server.fileno(), where, 16),
        lambda _: server.getsockname()[1],
    )


@attempt(
    "accept: on a server that is there",
    refused(
        EVERY.without(
            under(
                "Networking().allow_running_tcp_servers()",
                "Networking().allow_running_unix_servers()",
                *SERVERS.codes,
            ),
            TOGETHER,
            why="but servers",
        )
    ),
    effect="a new descriptor",
)
def accept(world):
    server, _ = world.listener()
    world.keep(socket.create_connection(server.getsockname()))

    def go():
        try:
            return world.raw("accept4", server.fileno(), 0, 0, 0)
        except OSError:
            return world.raw("accept", server.fileno(), 0, 0)

    return go, world.got_descriptor


@attempt(
    "shutdown: a server that another process shares",
    *(refused(OTHERS), admitted(NETWORKS, "threat-shared")),
    effect="nobody can connect any more",
)
def shut_down(world):
    server, _ = world.listener()
    name = server.getsockname()

    def closed(_):
        with socket.socket() as client:
            return client.connect_ex(name) != 0 or not came(server)

    return (lambda: world.raw("shutdown", server.fileno(), socket.SHUT_RD)), closed


@attempt(
    "socket, setsockopt, bind, listen: the port of another process, which said SO_REUSEPORT",
    *(refused(NOT_SERVERS), admitted(TCP_SERVERS, "threat-kept")),
    effect="connections come here",
)
def share_a_port(world):
    server = world.new_socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(5)
    one, name = world.raw.memory(ONE), world.raw.memory(address(server.getsockname()))

    def go():
        own = world.raw("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
        world.raw("setsockopt", own, socket.SOL_SOCKET, socket.SO_REUSEPORT, one, 4)
        world.raw("bind", own, name, 16)
        world.raw("listen", own, 5)

    def elsewhere():
        client = world.keep(socket.create_connection(server.getsockname()))
        return client.fileno() and not came(server)

    return go, lambda answer: eventually(elsewhere, answer.ok)


# ---- Datagrams -----------------------------------------------------------------------------------


def datagram(title, *claims, send, family=socket.AF_INET):
    """Send a datagram to somebody; send(world, descriptor, address) makes the call."""

    @attempt(title, *claims, effect="a packet arrives")
    def prepare(world):
        receiver = world.new_socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET:
            receiver.bind(("127.0.0.1", 0))
            name = address(receiver.getsockname())
        else:
            name = unix_address(world.abstract_name())
            receiver.bind(name[2:])
        sender = world.new_socket(family, socket.SOCK_DGRAM)

        def arrived():
            try:
                return receiver.recv(10)
            except BlockingIOError:
                return False

        return (
            send(world, sender.fileno(), name),
            lambda answer: eventually(arrived, answer.ok),
        )


def sendto(world, descriptor, name):
    return world.call(("sendto", descriptor, b"!", 1, 0, name, len(name)))


def sendmsg(world, descriptor, name):
    return world.call(("sendmsg", descriptor, world.message(name), 0))


def sendmmsg(world, descriptor, name):
    return world.call(("sendmmsg", descriptor, world.message(name), 1, 0))


NOT_TO = EVERY.without(
    *(SENDERS_TO, OTHER_SENDERS_TO, TOGETHER), why="but those that send to an address"
)
NOT_SEVERAL = EVERY.without(
    SENDERS_OF_SEVERAL, TOGETHER, why="but UDP sockets that start and looking up names"
)
datagram(
    "sendto: from a UDP socket that is there",
    refused(NOT_TO),
    admitted(SENDERS_TO, "threat-kept"),
    admitted(OTHER_SENDERS_TO, "threat-pointers"),
    send=sendto,
)
datagram(
    "sendmsg: from a UDP socket that is there, with an address",
    *(refused(NOT_SENDERS), admitted(SENDERS, "threat-pointers")),
    send=sendmsg,
)
datagram(
    "sendmmsg: from a UDP socket that is there, with an address",
    *(refused(NOT_SEVERAL), admitted(SENDERS_OF_SEVERAL, "threat-pointers")),
    send=sendmmsg,
)
for name, send in {"sendto": sendto, "sendmsg": sendmsg, "sendmmsg": sendmmsg}.items():
    senders = {
        "sendto": under(*SENDERS_TO.codes, *OTHER_SENDERS_TO.codes),
        "sendmsg": SENDERS,
        "sendmmsg": SENDERS_OF_SEVERAL,
    }[name]
    datagram(
        f"{name}: to an abstract UNIX name, from a socket that is there",
        refused({"sendto": NOT_TO, "sendmsg": NOT_SENDERS, "sendmmsg": NOT_SEVERAL}[name]),
        admitted(senders, "threat-pointers"),
        send=send,
        family=socket.AF_UNIX,
    )


@attempt(
    "sendmsg: IP_PKTINFO, from a UDP socket that is there",
    *(refused(NOT_SENDERS), admitted(SENDERS, "threat-pointers")),
    effect="a packet comes from an address that the socket does not have",
)
def choose_a_source(world):
    receiver = world.new_socket(kind=socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = world.new_socket(kind=socket.SOCK_DGRAM)
    source = struct.pack("=QiiI4s4xI", 28, socket.IPPROTO_IP, 8, 0, bytes([127, 0, 0, 99]), 0)
    message = world.message(
        address(receiver.getsockname()), world.raw.memory(source), control_size=len(source)
    )

    def arrived():
        try:
            return receiver.recvfrom(10)[1][0] == "127.0.0.99"
        except BlockingIOError:
            return False

    return (
        lambda: world.raw("sendmsg", sender.fileno(), message, 0),
        lambda answer: eventually(arrived, answer.ok),
    )


@attempt(
    "sendmsg: SO_MARK, a mark for the firewall, from a UDP socket that is there",
    *(refused(NOT_SENDERS), admitted(SENDERS, "threat-root")),
    effect="a packet has a mark",
    optional="kernels before 6.0",
)
def mark_a_packet(world):
    receiver = world.new_socket(kind=socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setsockopt(socket.SOL_SOCKET, SO_RCVMARK, 1)
    sender = world.new_socket(kind=socket.SOCK_DGRAM)
    mark = struct.pack("=QiiIxxxx", 20, socket.SOL_SOCKET, 36, 4711)
    message = world.message(
        address(receiver.getsockname()), world.raw.memory(mark), control_size=len(mark)
    )

    def arrived():
        try:
            return struct.pack("I", 4711) in [c[2] for c in receiver.recvmsg(10, 100)[1]]
        except BlockingIOError:
            return False

    return (
        lambda: world.raw("sendmsg", sender.fileno(), message, 0),
        lambda answer: eventually(arrived, answer.ok),
    )


@attempt(
    "getsockopt: IPT_SO_GET_INFO, of a table of the firewall that nobody has used",
    *(refused(OTHERS), admitted(NETWORKS, "threat-root")),
    effect="the network has a firewall",
    optional="kernels without this firewall",
    alone=True,
)
def set_up_a_firewall(world):
    world.raw("unshare", NAMESPACES["CLONE_NEWNET"])
    made, size = world.new_socket(), world.raw.memory(struct.pack("i", 84))
    name = world.raw.memory(b"filter".ljust(84, b"\0"))

    def there(_):
        with open("/proc/net/ip_tables_names") as file:
            return "filter\n" in file

    return (
        lambda: world.raw("getsockopt", made.fileno(), socket.IPPROTO_IP, 64, name, size),
        there,
    )


@attempt(
    "write: to the kernel, by a netlink socket that is there",
    refused(EVERY.without(WRITERS, TOGETHER, why="but those that write to all descriptors")),
    admitted(WRITERS, "threat-before"),
    effect="the network has another address",
)
def configure_the_network(world):
    link = world.keep(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
    new = bytes([127, *os.urandom(3)])
    # RTM_NEWADDR: struct nlmsghdr, struct ifaddrmsg for lo, and IFA_LOCAL.
    order = struct.pack("=IHHIIBBBBIHH4s", 32, 20, 0x405, 1, 0, 2, 32, 0, 0, 1, 8, 2, new)
    where = world.raw.memory(order)

    def go():
        world.raw("write", link.fileno(), where, len(order))

    def known(_):
        with open("/proc/net/fib_trie") as file:
            return f"-- {socket.inet_ntoa(new)}\n" in file.read()

    return go, known


# ---- UNIX sockets --------------------------------------------------------------------------------


@attempt(
    "connect: to an abstract UNIX name, with a socket that is there",
    refused(EVERY.without(CONNECTERS, TOGETHER, why="but those that connect")),
    admitted(CONNECTERS, "threat-pointers"),
    effect="a connection is made",
)
def connect_unix(world):
    server, name = world.listener(socket.AF_UNIX)
    client = world.new_socket(socket.AF_UNIX)
    where = world.raw.memory(name)
    return (lambda: world.raw("connect", client.fileno(), where, len(name))), connected(server)


@attempt(
    "bind: an abstract UNIX name, with a socket that is there",
    refused(EVERY.without(BINDERS, TOGETHER, why="but servers that start")),
    admitted(UNIX_SERVERS, "threat-kept"),
    admitted(under(*TCP_SERVERS.codes, *UDP.codes), "threat-pointers"),
    effect="the name is taken",
)
def bind_unix(world):
    server, name = world.new_socket(socket.AF_UNIX), unix_address(world.abstract_name())
    where = world.raw.memory(name)
    return (
        lambda: world.raw("bind", server.fileno(), where, len(name)),
        lambda _: server.getsockname() != "",
    )


def bind_a_pair(title, *claims, listens, effect):
    @attempt(title, *claims, effect=effect)
    def prepare(world):
        raw, path = world.raw, world.name()
        pair, name = raw.memory(8), unix_address(path)
        where = raw.memory(name)

        def go():
            raw("socketpair", 1, 1, 0, pair)
            number = int.from_bytes(raw.read(pair, 4), "little")
            raw("bind", number, where, len(name))
            if listens:
                raw("listen", number, 1)

        def listening(_):
            with socket.socket(socket.AF_UNIX) as client:
                return client.connect_ex(path) == 0

        return go, listening if listens else lambda _: os.path.exists(path)


bind_a_pair(
    "bind: one of a new pair of UNIX sockets to a path",
    refused(EVERY.without(BINDERS, TOGETHER, why="but servers that start")),
    admitted(BINDERS, "threat-pointers"),
    effect="a file is made",
    listens=False,
)
bind_a_pair(
    "listen: on one of a new pair of UNIX sockets",
    harmless(SERVERS),
    effect="somebody can connect",
    listens=True,
)


def give(title, *claims, call, rest):
    """Send a descriptor over a pair of UNIX sockets."""

    @attempt(title, *claims, effect="another process has the descriptor")
    def prepare(world):
        ours, theirs = world.pair()
        given = world.rights(world.open("/proc/self/ns/pid", os.O_RDONLY))
        words = theirs.fileno(), world.message(control=given), *rest

        def arrived(_):
            try:
                return ours.recvmsg(10, 100)[1]
            except BlockingIOError:
                return False

        return (lambda: world.raw(call, *words)), arrived


def take(title, *claims, call, rest):
    """Get a descriptor over a pair of UNIX sockets."""

    @attempt(title, *claims, effect="a new descriptor")
    def prepare(world):
        ours, theirs = world.pair()
        given = struct.pack("i", world.open("/proc/self/ns/pid", os.O_RDONLY))
        ours.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)])
        control = world.rights(0)
        words = theirs.fileno(), world.message(control=control), *rest

        def go():
            world.raw(call, *words)
            return world.received(control)

        return go, world.got_descriptor


give(
    "sendmsg: SCM_RIGHTS, a descriptor to another process",
    refused(NOT_SENDERS),
    admitted(SENDERS, "threat-rights"),
    call="sendmsg",
    rest=(0,),
)
take(
    "recvmsg: SCM_RIGHTS, a descriptor of another process",
    refused(EVERY.without(under(*UNIX), TOGETHER, why="but UNIX stream sockets")),
    admitted(under(*UNIX), "threat-rights"),
    call="recvmsg",
    rest=(0,),
)
give(
    "sendmmsg: SCM_RIGHTS, a descriptor to another process",
    refused(NOT_SEVERAL),
    admitted(SENDERS_OF_SEVERAL, "threat-rights"),
    call="sendmmsg",
    rest=(1, 0),
)
take(
    "recvmmsg: SCM_RIGHTS, a descriptor of another process",
    refused(EVERY),
    call="recvmmsg",
    rest=(1, 0, 0),
)


@attempt(
    "sendmsg: SCM_CREDENTIALS, another process as the sender",
    *(refused(NOT_SENDERS), admitted(SENDERS, "threat-root")),
    effect="a message seems to come from another process",
    optional=PRIVILEGED,
)
def pretend(world):
    ours, theirs = world.pair()
    ours.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
    victim = world.victim()
    who = struct.pack("=QiiIIII", 28, socket.SOL_SOCKET, 2, victim.pid, 12, 34, 0)
    message = world.message(control=world.raw.memory(who), control_size=len(who))

    def arrived(_):
        try:
            control = ours.recvmsg(10, 100)[1]
        except BlockingIOError:
            return False
        return struct.unpack("III", control[0][2]) == (victim.pid, 12, 34)

    return (lambda: world.raw("sendmsg", theirs.fileno(), message, 0)), arrived


@attempt(
    "getsockopt: SO_PEERPIDFD, the process at the other end",
    *(refused(OTHERS), admitted(NETWORKS, "threat-names")),
    effect="a descriptor of another process",
    optional="kernels before 6.5",
)
def peer(world):
    _, theirs = world.pair()
    value, size = world.raw.memory(4), world.raw.memory(struct.pack("i", 4))

    def go():
        world.raw("getsockopt", theirs.fileno(), socket.SOL_SOCKET, SO_PEERPIDFD, value, size)
        return struct.unpack("i", world.raw.read(value, 4))[0]

    return go, world.got_descriptor


# ---- Socket options ------------------------------------------------------------------------------

# What ordinary programs set, see socket(7), tcp(7), ip(7) and ipv6(7).
ORDINARY = {
    *((1, name) for name in (2, 6, 7, 8, 9, 13, 15, 18, 20, 21)),
    *((6, name) for name in (1, 3, 4, 5, 6, 9, 12, 18)),
    *((0, name) for name in (1, 2, 10, 11)),
    *((41, name) for name in (16, 23, 25, 26, 67)),
}


@attempt(
    "setsockopt: every level from 0 to 300 with every name from 0 to 300",
    refused(Policies([*NETWORKS.codes, ALL_NETWORKING], f"{NETWORKS.label}, and all of them")),
    effect="an option that ordinary programs do not set",
)
def all_options(world):
    lists = [range(301), range(301), [0]]

    def go():
        found = {entry[:2] for entry in products(world, "setsockopt", 1, lists, False, [2**62])}
        if not world.control and found < ORDINARY:
            raise AssertionError(f"ordinary options are refused: {ORDINARY - found}")
        return swept(sorted(found - ORDINARY))

    return go, surprise


def option(title, level, name, value, kind=socket.SOCK_STREAM, family=socket.AF_INET, **traits):
    """An option that is refused, on a socket where the kernel would set it."""

    @never(f"setsockopt: {title}", "the option is set", **traits)
    def prepare(world):
        made = world.new_socket(family, kind)
        where = world.raw.memory(value)
        words = [made.fileno() | HIGH, level | HIGH, name | HIGH, where, len(value) | HIGH]
        return lambda: world.raw("setsockopt", *words), lambda answer: answer.ok


REJECT_ALL = struct.pack("HBBI", 6, 0, 0, 0)  # a filter of one instruction


@never("setsockopt: SO_ATTACH_FILTER, on a socket that is there", "the socket gets no data")
def attach_a_filter(world):
    receiver = world.new_socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    program = world.raw.memory(struct.pack("HxxxxxxQ", 1, world.raw.memory(REJECT_ALL)))

    def deaf(_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"!", receiver.getsockname())
        try:
            return not receiver.recv(10)
        except BlockingIOError:
            return True

    return (lambda: world.raw("setsockopt", receiver.fileno(), 1, 26, program, 16)), deaf


option("SO_LOCK_FILTER", 1, 44, ONE)
option("SO_PEEK_OFF", 1, 42, ONE)
option("SO_MARK", 1, 36, ONE)
option("SO_BINDTODEVICE", 1, 25, b"lo\0")
option("SO_PRIORITY", 1, 12, ONE)
option("SO_DEBUG", 1, 1, ONE)
option("SO_DONTROUTE", 1, 5, ONE)
option("SO_RCVBUFFORCE", 1, 33, ONE)
option("SO_PASSCRED", 1, 16, ONE, family=socket.AF_UNIX)
option("SO_TIMESTAMP", 1, 29, ONE)
option("SO_BUSY_POLL", 1, 46, ONE, optional="kernels without busy polling")
option("SO_ZEROCOPY", 1, 60, ONE)
option("TCP_FASTOPEN", 6, 23, ONE)
option("TCP_FASTOPEN_CONNECT", 6, 30, ONE)
option("TCP_REPAIR", 6, 19, ONE)
option("TCP_CONGESTION", 6, 13, b"reno")
TCP_MD5SIG = struct.pack("H126xxxHI80s", socket.AF_INET, 1, 0, b"!")
option("TCP_MD5SIG", 6, 14, TCP_MD5SIG, optional="kernels without TCP-MD5")
option("IP_OPTIONS", 0, 4, b"\x01\x01\x01\x01")
option("IP_TRANSPARENT", 0, 19, ONE)
option("IP_FREEBIND", 0, 15, ONE)
option("IP_PKTINFO", 0, 8, ONE)
option("IP_ADD_MEMBERSHIP", 0, 35, b"\xe0\0\0\xfb\x7f\0\0\x01", kind=socket.SOCK_DGRAM)
option("UDP_CORK", 17, 1, ONE, kind=socket.SOCK_DGRAM)
option("UDP_GRO", 17, 104, ONE, kind=socket.SOCK_DGRAM)


@never("setsockopt: TCP_ULP, TLS in the kernel, on a connection", REACHED)
def kernel_tls(world):
    client = world.client()
    name = world.raw.memory(b"tls")
    return (
        lambda: world.raw("setsockopt", client.fileno(), 6, 31, name, 3),
        lambda answer: answer.reached,
    )
