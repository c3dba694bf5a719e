"""Sockets of one's own

With nothing open, a program makes a socket, and reaches others by it or is reached. And what loops
of events make.
"""

import os
import socket
import struct

from claims import (
    DATAGRAMS,
    EVENT_LOOP,
    EVERY,
    LISTEN,
    LOOKUP,
    NETWORKS,
    TOGETHER,
    admitted,
    attempt,
    refused,
    under,
)
from kinds import HIGH, a_descriptor
from world import address, came, eventually, unix_address

CLIENTS = under("Networking().allow_start_tcp_clients()")
UNIX_CLIENTS = under("Networking().allow_start_unix_clients()")
UNIX_SERVERS = "Networking().allow_start_unix_servers()"
UDP = under("Networking().allow_start_udp_servers()")
CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, EPOLLWAKEUP = 8, 9, 1 << 29


def both(*codes):
    """These permissions side by side."""
    return under(", ".join(codes))


# ---- Services at UNIX sockets --------------------------------------------------------------------


class Service:
    """A process that does what it is asked, at a UNIX socket: it makes a file."""

    def __init__(self, world, kind, name):
        self.made = world.name()
        self._server = world.keep(socket.socket(socket.AF_UNIX, kind))
        self._server.bind(name[2:])
        if kind == socket.SOCK_STREAM:
            self._server.listen(5)
        self._server.setblocking(True)
        world.background(self._serve)

    def _serve(self):
        asked = self._server
        if asked.type == socket.SOCK_STREAM:
            asked = asked.accept()[0]
        if asked.recv(10) == b"!":
            os.close(os.open(self.made, os.O_CREAT))

    def obeyed(self, answer):
        return eventually(lambda: os.path.exists(self.made), answer.ok)


def asks(title, *claims, kind, calls):
    """Ask a service, at a path or at an abstract name; calls are made on a new socket."""
    for where in ("a path", "an abstract name"):

        @attempt(f"{title}, at {where}", *claims, effect="the service does what it is asked")
        def prepare(world, where=where):
            place = world.name() if where == "a path" else world.abstract_name()
            name = unix_address(place)
            service, raw = Service(world, kind, name), world.raw
            places = {
                "name": raw.memory(name),
                "length": len(name),
                "byte": raw.memory(b"!"),
                "message": world.message(name),
            }

            def go():
                made = raw("socket", socket.AF_UNIX | HIGH, kind | HIGH, HIGH)
                for call, *words in calls:
                    raw(call, made, *[places.get(word, word) for word in words])

            return go, service.obeyed


STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
CONNECT = ("connect", "name", "length")
TO_STREAMS = (
    refused(EVERY.without(UNIX_CLIENTS, TOGETHER, why="but UNIX clients that start")),
    admitted(UNIX_CLIENTS, "threat-unix"),
    admitted(both(UNIX_SERVERS, *CLIENTS.codes), "threat-pointers"),
    admitted(both(UNIX_SERVERS, LOOKUP), "threat-pointers"),
)
TO_DATAGRAMS = (
    refused(EVERY.without(under(DATAGRAMS), TOGETHER, why="but UNIX datagrams that start")),
    admitted(under(DATAGRAMS), "threat-unix"),
)
asks(
    "socket, connect, write: a service",
    *TO_STREAMS,
    kind=STREAM,
    calls=[CONNECT, ("write", "byte", 1)],
)
asks(
    "socket, sendto: a service that takes datagrams",
    *TO_DATAGRAMS,
    kind=DATAGRAM,
    calls=[("sendto", "byte", 1, 0, "name", "length")],
)
asks(
    "socket, sendmsg: a service that takes datagrams",
    *TO_DATAGRAMS,
    kind=DATAGRAM,
    calls=[("sendmsg", "message", 0)],
)
asks(
    "socket, connect, write: a service that takes datagrams",
    *TO_DATAGRAMS,
    kind=DATAGRAM,
    calls=[CONNECT, ("write", "byte", 1)],
)


@attempt(
    "socket, sendmsg: SCM_RIGHTS, standard error to a service that takes datagrams",
    refused(
        EVERY.without(under(DATAGRAMS), TOGETHER, why="but UNIX datagrams that start"),
    ),
    admitted(under(DATAGRAMS), "threat-rights"),
    effect="another process has the descriptor",
)
def hand_out(world):
    name = unix_address(world.abstract_name())
    service = world.new_socket(socket.AF_UNIX, DATAGRAM)
    service.bind(name[2:])
    message = world.message(name, control=world.rights(2))

    def go():
        made = world.raw("socket", socket.AF_UNIX, DATAGRAM, 0)
        world.raw("sendmsg", made, message, 0)

    def arrived():
        try:
            return service.recvmsg(10, 100)[1]
        except BlockingIOError:
            return False

    return go, lambda answer: eventually(arrived, answer.ok)


# ---- Addresses -----------------------------------------------------------------------------------


@attempt(
    "socket, connect: TCP, to any address",
    refused(
        EVERY.without(
            *(CLIENTS, under(LOOKUP), TOGETHER),
            why="but TCP clients that start, and looking up names",
        )
    ),
    admitted(CLIENTS, "threat-kept"),
    admitted(under(LOOKUP), "threat-pointers"),
    admitted(both("Networking().allow_start_tcp_servers()", *UDP.codes), "threat-pointers"),
    effect="a connection is made",
)
def connect(world):
    server, name = world.listener()
    where = world.raw.memory(name)

    def go():
        made = world.raw("socket", socket.AF_INET, STREAM, 0)
        world.raw("connect", made, where, len(name))

    return go, lambda answer: eventually(lambda: came(server), answer.ok)


@attempt(
    "socket, sendto: UDP, to any address",
    refused(
        EVERY.without(
            *(UDP, under(LOOKUP), TOGETHER),
            why="but UDP sockets that start, and looking up names",
        )
    ),
    admitted(UDP, "threat-kept"),
    admitted(under(LOOKUP), "threat-pointers"),
    effect="a packet arrives",
)
def send(world):
    receiver = world.new_socket(kind=DATAGRAM)
    receiver.bind(("127.0.0.1", 0))
    name = world.raw.memory(address(receiver.getsockname()))
    byte = world.raw.memory(b"!")

    def go():
        made = world.raw("socket", socket.AF_INET, DATAGRAM, 0)
        world.raw("sendto", made, byte, 1, 0, name, 16)

    def arrived():
        try:
            return receiver.recv(10)
        except BlockingIOError:
            return False

    return go, lambda answer: eventually(arrived, answer.ok)


def listening(title, *claims, binds):
    """Make a server of a new socket."""

    @attempt(title, *claims, effect="a port is open", alone=True)
    def prepare(world):
        name = world.raw.memory(address(("127.0.0.1", 0)))

        def go():
            made = world.raw("socket", socket.AF_INET, STREAM, 0)
            if binds:
                world.raw("bind", made, name, 16)
            world.raw("listen", made, 1)

        def is_open(_):
            with open("/proc/net/tcp") as file:
                return any(line.split()[3] == "0A" for line in list(file)[1:])

        return go, is_open


TCP_SERVERS = under("Networking().allow_start_tcp_servers()")
NOT_SERVERS = EVERY.without(TCP_SERVERS, TOGETHER, why="but TCP servers that start")
listening(
    "socket, bind, listen: TCP",
    *(refused(NOT_SERVERS), admitted(TCP_SERVERS, "threat-kept")),
    admitted(both(*UDP.codes, LOOKUP, LISTEN), "threat-pointers"),
    binds=True,
)
listening(
    "socket, listen: TCP, on a port of the kernel's choice",
    *(refused(NOT_SERVERS), admitted(TCP_SERVERS, "threat-kept")),
    admitted(both(*CLIENTS.codes, LISTEN), "threat-pointers"),
    admitted(both(LOOKUP, LISTEN), "threat-pointers"),
    admitted(both(LOOKUP, UNIX_SERVERS), "threat-pointers"),
    binds=False,
)

# ---- Loops of events -----------------------------------------------------------------------------

a_descriptor(
    "timerfd_create: CLOCK_REALTIME_ALARM, which wakes the machine",
    *("timerfd_create", CLOCK_REALTIME_ALARM, 0),
    optional="needs the capability to wake the machine",
)
a_descriptor(
    "timerfd_create: CLOCK_BOOTTIME_ALARM, which wakes the machine, the upper half filled",
    *("timerfd_create", HIGH | CLOCK_BOOTTIME_ALARM, 0),
    optional="needs the capability to wake the machine",
)


@attempt(
    "epoll_ctl: EPOLLWAKEUP",
    refused(EVERY.without(NETWORKS, TOGETHER, why="but those that use sockets")),
    admitted(NETWORKS, "threat-root"),
    effect="the machine does not sleep while something is to be read",
    optional="machines that never sleep, and the capability to keep them from it",
)
def stay_awake(world):
    raw, (reader, _) = world.raw, os.pipe()
    event = raw.memory(struct.pack("=IQ", 1 | EPOLLWAKEUP, 0))

    def go():
        loop = raw("epoll_create1", 0)
        raw("epoll_ctl", loop, 1, reader, event)
        return loop

    def awake(answer):
        if not answer.ok:
            return False
        with open(world.proc(f"fdinfo/{answer.value}")) as file:
            return f"events: {EPOLLWAKEUP | 0x19:8x}" in file.read()

    return go, awake


def pipe_with(title, flags, *claims, **traits):
    @attempt(f"pipe2: {title}", *claims, effect="there is a pipe", **traits)
    def prepare(world):
        pair = world.raw.memory(8)

        def go():
            world.raw("pipe2", pair, flags)
            return struct.unpack("ii", world.raw.read(pair, 8))[0]

        return go, world.got_descriptor


PIPES = under("SystemIO().allow_pipes()", "SystemIO.everything()", "ForkAndExec()", EVENT_LOOP)
NOT_PIPES = EVERY.without(PIPES, TOGETHER, why="but those that make pipes")
FORK = under("ForkAndExec()")
pipe_with("no flags", 0, refused(NOT_PIPES), admitted(PIPES, "threat-kept"))
pipe_with(
    "O_EXCL, for notifications of the kernel",
    os.O_EXCL,
    refused(EVERY.without(FORK, TOGETHER, why="but ForkAndExec()")),
    admitted(FORK, "threat-exec"),
    optional="kernels without such pipes",
)
pipe_with(
    "O_EXCL, the upper half filled",
    HIGH | os.O_EXCL | os.O_CLOEXEC,
    refused(EVERY.without(FORK, TOGETHER, why="but ForkAndExec()")),
    optional="kernels without such pipes",
)
