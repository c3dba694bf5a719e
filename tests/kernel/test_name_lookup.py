"""Networking.allow_name_lookup: names become addresses. The files are SystemIO's to allow."""

from .box import GLIBC, with_glibc, with_musl

APART = ("--net", "--mount")


@with_glibc
def test_names_are_looked_up(run, form):
    """By UDP, by TCP where the answer is long, and with a name that is not ASCII."""

    def case(box):
        import socket
        import sys

        import name_server
        from pyextrasafe import Networking, SystemIO

        def look_up(name):
            found = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
            return sorted(answer[4][0] for answer in found)

        name_server.start(box)
        io = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
        box.true("the codec comes late", "encodings.idna" not in sys.modules)
        box.apply(Networking().allow_name_lookup(), io)
        box.true("it is here", "encodings.idna" in sys.modules)
        box.gives("a name", ["192.0.2.1", "2001:db8::1"], look_up, "name.example")
        box.gives("of two words", ["192.0.2.1", "2001:db8::1"], look_up, "b\xfccher.example")
        box.gives("many addresses", 2 * name_server.MANY, lambda: len(look_up("many.example")))
        box.gives("the older call", "192.0.2.1", socket.gethostbyname, "name.example")
        box.raises("connect", OSError, socket.create_connection, ("name.example", 80))
        box.refused("listen", socket.create_server, ("127.0.0.1", 0))

    by_udp, by_tcp = run(case, form=form, namespaces=APART).peers["name server"][1]
    assert by_udp > 6
    assert by_tcp >= 2


@with_musl
def test_musl_binds_and_receives_messages(run, form):
    def case(box, enough):
        import socket

        import name_server
        from pyextrasafe import Networking, SystemIO

        def look_up():
            found = socket.getaddrinfo("name.example", 80, type=socket.SOCK_STREAM)
            return sorted(answer[4][0] for answer in found)

        name_server.start(box)
        io = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
        if enough:
            box.apply(io, Networking().allow_start_udp_servers().allow_running_unix_clients())
            box.gives("a name", ["192.0.2.1", "2001:db8::1"], look_up)
        else:
            box.apply(io, Networking().allow_name_lookup())
            box.raises("a name", OSError, look_up)

    for enough in (True, False):
        result = run(case, form=form, namespaces=APART, enough=enough)
        assert bool(result.peers["name server"][1][0]) is enough


def test_the_sockets_of_a_resolver(run, form):
    def case(box):
        import fcntl
        import socket

        from constants import FIONREAD
        from pyextrasafe import Networking

        raw = box.raw()
        udp = socket.socket(type=socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        tcp = socket.create_server(("127.0.0.1", 0))

        def answer():
            for _ in range(3):
                question, address = udp.recvfrom(100)
                udp.sendto(question.upper(), address)
            connection, _ = tcp.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())

        # One message: no address, one vector, then how much was sent.
        parts = (0, 0, raw.vector(b"many"), 1, 0, 0, 0, 0)
        messages = raw.memory(b"".join(part.to_bytes(8, "little") for part in parts))
        box.peer("name server", answer)
        box.apply(Networking().allow_name_lookup())
        client = box.works("UDP", socket.socket, type=socket.SOCK_DGRAM)
        box.works("sendto", client.sendto, b"one", udp.getsockname())
        box.gives("recvfrom", b"ONE", lambda: client.recvfrom(100)[0])
        box.works("connect", client.connect, udp.getsockname())
        box.works("timeout", client.settimeout, 30)
        box.works("send", client.send, b"two")
        box.gives("recv", b"TWO", client.recv, 100)
        box.gives("sendmmsg", 1, raw, "sendmmsg", client.fileno(), messages, 1, 0)
        box.gives("recv again", b"MANY", client.recv, 100)
        box.works("FIONREAD", fcntl.ioctl, client, FIONREAD, bytes(4))
        client = box.works("TCP", socket.socket)
        box.works("connect", client.connect, tcp.getsockname())
        box.works("send", client.sendall, b"three")
        box.gives("recv", b"THREE", client.recv, 100)
        box.works("IPv6", socket.socket, socket.AF_INET6, socket.SOCK_DGRAM)
        box.works("IPv6", socket.socket, socket.AF_INET6)

    run(case, form=form)


def test_they_are_no_servers(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        listener = socket.create_server(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        unix.bind("own")
        box.apply(Networking().allow_name_lookup())
        udp = box.works("UDP", socket.socket, type=socket.SOCK_DGRAM)
        tcp = box.works("TCP", socket.socket)
        box.refused("bind", udp.bind, ("127.0.0.1", 0))
        box.refused("bind TCP", tcp.bind, ("127.0.0.1", 0))
        box.refused("listen", tcp.listen)
        box.refused("accept", listener.accept)
        box.refused("sendmsg", udp.sendmsg, [b"x"], [], 0, listener.getsockname())
        box.refused("recvmsg", unix.recvmsg, 9)
        box.refused("UNIX", socket.socket, socket.AF_UNIX)
        box.refused("UNIX datagrams", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("UDP by name", socket.socket, socket.AF_INET, socket.SOCK_DGRAM, 17)
        box.refused("ping", socket.socket, socket.AF_INET, socket.SOCK_DGRAM, 1)
        box.refused("netlink", socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)
        box.refused("the files", open, "/etc/hosts")

    run(case, form=form)


def test_no_lookup_without(run, form):
    """getaddrinfo has errors of its own."""

    def case(box, error):
        import socket

        import name_server
        from pyextrasafe import Networking, SystemIO

        name_server.start(box)
        io = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
        box.apply(Networking().allow_running_tcp_clients().allow_event_loop(), io)
        box.raises("look up", getattr(socket, error), socket.getaddrinfo, "name.example", 80)
        box.gives("an address is none", 1, lambda: len(socket.getaddrinfo("192.0.2.1", 80, 0, 1)))

    error = "gaierror" if GLIBC else "error"
    result = run(case, form=form, namespaces=APART, error=error)
    assert result.peers["name server"] == ("ok", [0, 0])
