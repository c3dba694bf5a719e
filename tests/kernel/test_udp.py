"""Networking: UDP sockets, made before the lock-down or after it."""


def test_running_sockets(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        def udp():
            made = socket.socket(type=socket.SOCK_DGRAM)
            made.bind(("127.0.0.1", 0))
            made.settimeout(30)
            return made

        ours, theirs, spare = udp(), udp(), socket.socket(type=socket.SOCK_DGRAM)
        address = theirs.getsockname()

        def echo():
            data, sender = theirs.recvfrom(100)
            theirs.sendto(data.upper(), sender)
            return data

        box.peer("other", echo)
        box.apply(Networking().allow_running_udp_sockets())
        box.gives("sendto", 5, ours.sendto, b"hello", address)
        box.gives("recvfrom", (b"HELLO", address), ours.recvfrom, 100)
        box.gives("sendmsg", 2, ours.sendmsg, [b"a", b"b"], [], 0, ours.getsockname())
        box.refused("recvmsg", ours.recvmsg, 100)
        box.gives("recv of two parts", b"ab", ours.recv, 100)
        box.works("own name", ours.getsockname)
        box.refused("socket", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        box.refused("bind", spare.bind, ("127.0.0.1", 0))
        box.refused("connect", spare.connect, address)
        box.refused("listen", spare.listen)
        ours.setblocking(False)
        box.refused("accept", ours.accept)
        box.works("close", ours.close)

    assert run(case, form=form).peers["other"] == ("ok", b"hello")


def test_start_sockets(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        theirs = socket.socket(type=socket.SOCK_DGRAM)
        theirs.bind(("127.0.0.1", 0))
        theirs.settimeout(30)
        address = theirs.getsockname()

        def echo():
            for _ in range(3):
                data, sender = theirs.recvfrom(100)
                theirs.sendto(data.upper(), sender)

        box.peer("other", echo)
        raw = box.raw()
        "127.0.0.1".encode("idna")
        box.apply(Networking().allow_start_udp_servers())
        ours = box.works("socket", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        ours.settimeout(30)
        box.works("bind", ours.bind, ("127.0.0.1", 0))
        box.works("sendto", ours.sendto, b"one", address)
        box.gives("recvfrom", (b"ONE", address), ours.recvfrom, 100)
        client = box.works(
            "protocol 17", socket.socket, socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP
        )
        client.settimeout(30)
        box.works("connect, as a resolver does", client.connect, address)
        # A struct mmsghdr: two messages as one call, as a resolver asks for IPv4 and IPv6.
        header = (
            bytes(16)
            + raw.vector(b"two").to_bytes(8, "little")
            + (1).to_bytes(8, "little")
            + bytes(32)
        )
        box.gives("sendmmsg", 2, raw, "sendmmsg", client.fileno(), raw.memory(header * 2), 2, 0)
        box.gives("recv", b"TWO", client.recv, 100)
        box.refused("TCP", socket.socket)
        box.refused("UNIX", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("listen", ours.listen)
        ours.setblocking(False)
        box.refused("accept", ours.accept)

    run(case, form=form)
