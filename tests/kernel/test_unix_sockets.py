"""Networking: UNIX domain sockets, started before the lock-down or after it."""


def test_running_client(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        client, server = socket.socketpair()
        spare = socket.socket(socket.AF_UNIX)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("socket")
        listener.listen()
        box.apply(Networking().allow_running_unix_clients())
        box.gives("send", 2, client.send, b"ab")
        box.gives("recv", b"ab", server.recv, 9)
        box.gives("sendmsg", 2, client.sendmsg, [b"c", b"d"])
        box.gives("recvmsg", b"cd", lambda: server.recvmsg(9)[0])
        box.works("own name", client.getsockname)
        box.works("peer name", client.getpeername)
        box.refused("socket", socket.socket, socket.AF_UNIX)
        box.refused("connect", spare.connect, "socket")
        box.refused("bind", spare.bind, "another")
        box.refused("listen", spare.listen)
        box.refused("accept", listener.accept)
        box.works("close", client.close)
        box.gives("the end", b"", server.recv, 9)

    assert not (run(case, form=form).directory / "another").exists()


def test_running_server(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        listener = socket.socket(socket.AF_UNIX)
        listener.bind("socket")
        listener.listen()
        spare = socket.socket(socket.AF_UNIX)

        def talk():
            with socket.socket(socket.AF_UNIX) as client:
                client.connect("socket")
                client.sendall(b"hello")
                return client.recv(100)

        box.peer("client", talk)
        box.apply(Networking().allow_running_unix_servers())
        connection, _ = box.works("accept", listener.accept)
        box.gives("recv", b"hello", connection.recv, 100)
        box.works("send", connection.sendall, b"welcome")
        box.refused("socket", socket.socket, socket.AF_UNIX)
        box.refused("connect", spare.connect, "socket")
        box.refused("bind", spare.bind, "another")
        box.refused("listen", spare.listen)

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", b"welcome")
    assert not (result.directory / "another").exists()


def test_start_server(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking

        reader, writer = os.pipe()

        def talk():
            os.read(reader, 1)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect("socket")
                return client.recv(100)

        spare = socket.socket(socket.AF_UNIX)
        box.peer("client", talk)
        box.apply(Networking().allow_start_unix_servers())
        listener = box.works("socket", socket.socket, socket.AF_UNIX)
        box.works("bind", listener.bind, "socket")
        box.works("listen", listener.listen)
        os.write(writer, b"x")
        connection, _ = box.works("accept", listener.accept)
        box.works("send", connection.sendall, b"welcome")
        box.refused("connect", spare.connect, "socket")
        box.refused("unlink", os.unlink, "socket")
        box.refused("TCP", socket.socket)
        box.refused("a datagram socket", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("a sequenced one", socket.socket, socket.AF_UNIX, socket.SOCK_SEQPACKET)

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", b"welcome")
    assert (result.directory / "socket").exists()


def test_start_client(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        listener = socket.socket(socket.AF_UNIX)
        listener.bind("socket")
        listener.listen()
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind("\0of this namespace")
        abstract.listen()

        def serve():
            received = []
            for server in (listener, abstract):
                connection, _ = server.accept()
                with connection:
                    received.append(connection.recv(100))
                    connection.sendall(b"welcome")
            return received

        box.peer("server", serve)
        box.apply(Networking().allow_start_unix_clients())
        for path in ("socket", "\0of this namespace"):
            client = box.works("socket", socket.socket, socket.AF_UNIX)
            box.works("connect", client.connect, path)
            box.works("send", client.sendall, b"hello")
            box.gives("recv", b"welcome", client.recv, 100)
            box.works("close", client.close)
        box.raises("nobody there", FileNotFoundError, socket.socket(1).connect, "another")
        spare = socket.socket(socket.AF_UNIX)
        box.refused("bind", spare.bind, "another")
        box.refused("listen", spare.listen)
        box.refused("accept", listener.accept)
        box.refused("TCP", socket.socket)
        box.refused("a datagram socket", socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
        box.refused("a sequenced one", socket.socket, socket.AF_UNIX, socket.SOCK_SEQPACKET)

    result = run(case, form=form)
    assert result.peers["server"] == ("ok", [b"hello", b"hello"])
    assert not (result.directory / "another").exists()
