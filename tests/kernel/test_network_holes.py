"""What Networking must not let through: other sockets, fast open, options, widths."""

import socket

import pytest

from .inside.permissions import permissions

pytestmark = pytest.mark.once

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG = 1, 2, 10, 16, 17, 40, 38
STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
TCP, UDP, ICMP, SCTP, MPTCP = 6, 17, 1, 132, 262
CLOEXEC, NONBLOCK = 0o2000000, 0o4000

SOCKETS = {
    "TCP": (AF_INET, STREAM, 0),
    "TCP by name": (AF_INET, STREAM, TCP),
    "TCP, close on exec": (AF_INET, STREAM | CLOEXEC, 0),
    "TCP, not blocking": (AF_INET, STREAM | CLOEXEC | NONBLOCK, TCP),
    "TCP on IPv6": (AF_INET6, STREAM, 0),
    "UDP": (AF_INET, DGRAM, 0),
    "UDP by name": (AF_INET, DGRAM | CLOEXEC, UDP),
    "UDP on IPv6": (AF_INET6, DGRAM | NONBLOCK, UDP),
    "UNIX": (AF_UNIX, STREAM, 0),
    "UNIX, close on exec": (AF_UNIX, STREAM | CLOEXEC | NONBLOCK, 0),
    "UNIX datagrams": (AF_UNIX, DGRAM, 0),
    "UNIX raw": (AF_UNIX, RAW, 0),
    "UNIX packets": (AF_UNIX, SEQPACKET, 0),
    "raw": (AF_INET, RAW, 255),
    "raw TCP": (AF_INET, RAW, TCP),
    "raw ICMP": (AF_INET, RAW | CLOEXEC, ICMP),
    "ping": (AF_INET, DGRAM, ICMP),
    "UDP-Lite": (AF_INET, DGRAM, 136),
    "SCTP": (AF_INET, STREAM, SCTP),
    "SCTP packets": (AF_INET, SEQPACKET, SCTP),
    "MPTCP": (AF_INET, STREAM, MPTCP),
    "SMC": (43, STREAM, 0),
    "netlink": (AF_NETLINK, RAW, 0),
    "packets": (AF_PACKET, RAW, 0x300),
    "kernel cryptography": (AF_ALG, SEQPACKET, 0),
    "virtual machines": (AF_VSOCK, STREAM, 0),
    "Bluetooth": (31, RAW, 1),
    "CAN": (29, RAW, 1),
    "XDP": (44, RAW, 0),
    "no family": (0, STREAM, 0),
    "no type": (AF_INET, 0, 0),
    "unknown flag": (AF_INET, STREAM | 0x10, 0),
    "another unknown flag": (AF_INET, STREAM | 1 << 30, 0),
    "sign bit": (AF_INET, STREAM | 1 << 31, 0),
}
PAIRS = {
    "stream": (AF_UNIX, STREAM),
    "stream, not blocking": (AF_UNIX, STREAM | NONBLOCK),
    "datagrams": (AF_UNIX, DGRAM),
    "packets": (AF_UNIX, SEQPACKET),
    "raw": (AF_UNIX, RAW),
    "TCP": (AF_INET, STREAM),
}
NETWORKING = {code: name for code, name in permissions() if code.startswith("Networking().")}
CONNECTS_TCP = "Networking().allow_start_tcp_clients()"


@pytest.mark.parametrize("permission", NETWORKING)
def test_socket_types_and_protocols(run, form, permission, judge):
    """The kernel reads 32 bits of each argument."""

    def case(box, permission, sockets, granted):
        import pyextrasafe

        raw = box.raw()
        box.apply(eval(permission, vars(pyextrasafe)))
        for name, words in sockets.items():
            check = box.works if name in granted else box.refused
            check(name, raw, "socket", *words)
            for argument in range(3):
                dirty = [word + (7 << 32) * (n == argument) for n, word in enumerate(words)]
                check(f"{name}, garbage above argument {argument}", raw, "socket", *dirty)

    listed = NETWORKING[permission]
    granted = [name for name, words in SOCKETS.items() if judge.allows(listed, "socket", *words)]
    run(case, form=form, permission=permission, sockets=SOCKETS, granted=granted)


@pytest.mark.parametrize("permission", NETWORKING)
def test_socket_pairs(run, form, permission, judge):
    def case(box, permission, pairs, granted):
        import socket

        import pyextrasafe

        box.apply(eval(permission, vars(pyextrasafe)))
        for name, words in pairs.items():
            check = box.works if name in granted else box.refused
            pair = check(name, socket.socketpair, *words)
            if name in granted:
                box.gives(f"{name}: it works", 1, pair[0].send, b"x")

    listed = NETWORKING[permission]
    granted = [name for name, words in PAIRS.items() if judge.allows(listed, "socketpair", *words)]
    run(case, form=form, permission=permission, pairs=PAIRS, granted=granted)


@pytest.mark.parametrize("permission", sorted({*NETWORKING} - {CONNECTS_TCP}))
def test_fast_open_is_a_connect(run, form, permission):
    """MSG_FASTOPEN connects a socket by sending. Only who may connect TCP may do that."""

    def case(box, permission):
        import socket

        import pyextrasafe
        from constants import MSG_FASTOPEN

        raw = box.raw()
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.socket()
        port = listener.getsockname()[1]
        address = raw.memory(
            (2).to_bytes(2, "little") + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
        )
        header = (
            address.to_bytes(8, "little")
            + (16).to_bytes(8, "little")
            + raw.vector(b"x").to_bytes(8, "little")
            + (1).to_bytes(8, "little")
            + bytes(32)
        )
        text, message = raw.memory(b"x"), raw.memory(header)
        fd = client.fileno()
        listener.setblocking(False)
        box.apply(eval(permission, vars(pyextrasafe)))
        for flags in (MSG_FASTOPEN, MSG_FASTOPEN | 0x4000, 1 << 32 | MSG_FASTOPEN):
            box.refused("sendto", raw, "sendto", fd, text, 1, flags, address, 16)
            box.refused("send", raw, "sendto", fd, text, 1, flags, 0, 0)
            box.refused("sendmsg", raw, "sendmsg", fd, message, flags)
            box.refused("sendmmsg", raw, "sendmmsg", fd, message, 1, flags)
        if "server" in permission and "udp" not in permission:
            box.raises("nobody has connected", BlockingIOError, listener.accept)

    run(case, form=form, permission=permission)


def test_fast_open_for_tcp_clients(run, form):
    def case(box):
        import socket

        from constants import MSG_FASTOPEN
        from pyextrasafe import Networking

        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        box.apply(Networking().allow_start_tcp_clients())
        client = socket.socket()
        box.gives("fast open", 1, client.sendto, b"x", MSG_FASTOPEN, address)

    run(case, form=form)


def test_fast_open_is_not_opened_again_by_a_union(run, form):
    def case(box):
        import socket

        from constants import MSG_FASTOPEN
        from pyextrasafe import Networking, SystemIO

        client = socket.socket()
        box.apply(
            Networking()
            .allow_running_tcp_clients()
            .allow_running_tcp_servers()
            .allow_start_tcp_servers()
            .allow_start_udp_servers()
            .allow_running_unix_clients()
            .allow_start_unix_servers(),
            SystemIO.everything(),
        )
        box.refused("sendto", client.sendto, b"x", MSG_FASTOPEN, ("127.0.0.1", 9))

    run(case, form=form)


OPTIONS = {
    "SO_ATTACH_FILTER": (1, 26),
    "SO_ATTACH_BPF": (1, 50),
    "SO_ATTACH_REUSEPORT_CBPF": (1, 51),
    "SO_ATTACH_REUSEPORT_EBPF": (1, 52),
    "TCP_REPAIR": (6, 19),
    "TCP_REPAIR_QUEUE": (6, 20),
    "TCP_REPAIR_OPTIONS": (6, 22),
    "TCP_REPAIR_WINDOW": (6, 29),
    "TCP_FASTOPEN": (6, 23),
    "TCP_FASTOPEN_CONNECT": (6, 30),
    "TCP_ULP": (6, 31),
    "SO_REUSEADDR": (1, socket.SO_REUSEADDR),
    "SO_KEEPALIVE": (1, socket.SO_KEEPALIVE),
    "SO_BROADCAST": (1, socket.SO_BROADCAST),
    "SO_LINGER": (1, socket.SO_LINGER),
    "SO_SNDBUF": (1, socket.SO_SNDBUF),
    "SO_RCVBUF": (1, socket.SO_RCVBUF),
    "SO_REUSEPORT": (1, socket.SO_REUSEPORT),
    "SO_RCVTIMEO": (1, 20),
    "TCP_NODELAY": (6, socket.TCP_NODELAY),
    "TCP_KEEPIDLE": (6, socket.TCP_KEEPIDLE),
    "TCP_KEEPINTVL": (6, socket.TCP_KEEPINTVL),
    "TCP_KEEPCNT": (6, socket.TCP_KEEPCNT),
    "TCP_USER_TIMEOUT": (6, 18),
    "IP_TOS": (0, socket.IP_TOS),
    "IP_TTL": (0, socket.IP_TTL),
    "IPV6_V6ONLY": (41, socket.IPV6_V6ONLY),
}


@pytest.mark.parametrize("permission", NETWORKING)
def test_socket_options(run, form, permission, judge):
    """The kernel reads 32 bits of level and option."""

    def case(box, permission, options, granted):
        import errno

        import pyextrasafe

        raw = box.raw()
        bad, value = 1000, raw.memory(8)
        box.apply(eval(permission, vars(pyextrasafe)))
        for name, (level, option) in options.items():
            for dirt in ((0, 0), (1 << 32, 0), (0, 1 << 32), (1 << 63, 7 << 32)):
                words = bad, level + dirt[0], option + dirt[1], value, 4
                if name in granted:
                    box.reaches(f"{name} {dirt}", errno.EBADF, raw, "setsockopt", *words)
                else:
                    box.refused(f"{name} {dirt}", raw, "setsockopt", *words)

    listed = NETWORKING[permission]
    granted = [
        name for name, words in OPTIONS.items() if judge.allows(listed, "setsockopt", 0, *words)
    ]
    run(case, form=form, permission=permission, options=OPTIONS, granted=granted)


def test_a_socket_of_another_kind_that_is_already_open(run, form):
    """A TCP server may not accept file names, only descriptors: what it holds is what it has."""

    def case(box):
        import socket

        from pyextrasafe import Networking

        listening = socket.socket()
        box.apply(Networking().allow_start_tcp_clients())
        box.refused("listen without bind opens a port", listening.listen)
        made = box.works("socket", socket.socket)
        box.refused("of a new one, too", made.listen)

    run(case, form=form)
