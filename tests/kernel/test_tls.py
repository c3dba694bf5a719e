"""TLS over the ssl module, which reads and writes the socket by read(2) and write(2)."""

import pytest


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_server(run, form, certificate, version):
    """The context and the listening socket were made before the lock-down."""

    def case(box, certificate, version):
        import os
        import socket
        import ssl

        from pyextrasafe import Networking

        def talk():
            trust = ssl.create_default_context(cafile=certificate)
            trust.maximum_version = ssl.TLSVersion[version]
            answers = []
            for _ in range(2):
                plain = socket.create_connection(address, timeout=30)
                with trust.wrap_socket(plain, server_hostname="localhost") as client:
                    client.sendall(b"hello")
                    answers.append((client.version(), client.recv(100)))
            return answers

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        file = os.open(certificate, os.O_RDONLY)
        box.peer("client", talk)
        box.apply(Networking().allow_running_tcp_servers())
        for _ in range(2):
            plain, _ = box.works("accept", listener.accept)
            plain.settimeout(30)
            with box.works("handshake", context.wrap_socket, plain, server_side=True) as connection:
                box.gives("receive", b"hello", connection.recv, 100)
                box.works("send", connection.sendall, b"welcome")
        box.refused("another socket", socket.socket)
        box.refused("the key file", open, certificate)
        box.refused("pread", os.pread, file, 1, 0)
        box.refused("standard output", os.write, 1, b"x")

    result = run(case, form=form, certificate=certificate, version=version)
    answer = (version.replace("_", "."), b"welcome")
    assert result.peers["client"] == ("ok", [answer, answer])


def test_client(run, form, certificate):
    """The context was made before the lock-down, the connection is made after it."""

    def case(box, certificate):
        import socket
        import ssl

        from pyextrasafe import Networking

        def serve():
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                return connection.recv(100) + connection.send(b"welcome").to_bytes(1, "big")

        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        box.peer("server", serve)
        context = ssl.create_default_context(cafile=certificate)
        "127.0.0.1".encode("idna")
        box.apply(Networking().allow_start_tcp_clients())
        plain = box.works("connect", socket.create_connection, address, timeout=30)
        client = box.works("handshake", context.wrap_socket, plain, server_hostname="localhost")
        box.works("send", client.sendall, b"hello")
        box.gives("receive", b"welcome", client.recv, 100)
        box.works("close", client.close)
        box.refused("bind", lambda: socket.socket().bind(("127.0.0.1", 0)))

    result = run(case, form=form, certificate=certificate)
    assert result.peers["server"] == ("ok", b"hello\7")


def test_a_connection_that_was_made_before(run, form, certificate):
    def case(box, certificate):
        import socket
        import ssl

        from pyextrasafe import Networking

        def serve():
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            with context.wrap_socket(theirs, server_side=True) as connection:
                return connection.recv(100) + connection.send(b"welcome").to_bytes(1, "big")

        ours, theirs = socket.socketpair()
        box.peer("server", serve)
        context = ssl.create_default_context(cafile=certificate)
        client = context.wrap_socket(ours, server_hostname="localhost")
        box.apply(Networking().allow_running_tcp_clients())
        box.works("send", client.sendall, b"hello")
        box.gives("receive", b"welcome", client.recv, 100)

    assert run(case, form=form, certificate=certificate).peers["server"] == ("ok", b"hello\7")
