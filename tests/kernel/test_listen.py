"""Networking.allow_listen: a socket that was bound before begins to listen."""


def test_a_bound_socket_listens(run, form):
    """As servers do that bind as root, and listen after the fork of their workers."""

    def case(box):
        import socket
        import time

        from pyextrasafe import Networking

        tcp = socket.socket()
        tcp.bind(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind("socket")
        address = tcp.getsockname()

        def talk():
            answers = []
            for family, name in ((socket.AF_INET, address), (socket.AF_UNIX, "socket")):
                while True:
                    try:
                        with socket.socket(family) as client:
                            client.connect(name)
                            answers.append(client.recv(100))
                        break
                    except ConnectionRefusedError:
                        time.sleep(0.01)  # it does not listen yet
            return answers

        box.peer("client", talk)
        box.apply(Networking().allow_listen().allow_running_unix_servers())
        for name, listener in (("TCP", tcp), ("UNIX", unix)):
            box.works(f"listen: {name}", listener.listen, 5)
            connection, _ = box.works(f"accept: {name}", listener.accept)
            box.works(f"send: {name}", connection.sendall, name.encode())
            box.works(f"close: {name}", connection.close)
        box.refused("socket", socket.socket)
        box.refused("bind", socket.socketpair()[0].bind, "another")
        box.refused("connect", unix.connect, "socket")

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", [b"TCP", b"UNIX"])
    assert not (result.directory / "another").exists()


def test_it_listens_and_nothing_else(run, form):
    """The kernel takes the connection; a socket without a port gets one of the kernel's choice."""

    def case(box):
        import os
        import socket
        import time

        from pyextrasafe import Networking, SystemIO

        bound, unbound = socket.socket(), socket.socket()
        bound.bind(("127.0.0.1", 0))
        address = bound.getsockname()
        connected, tell = os.pipe()

        def connect():
            while True:
                try:
                    socket.create_connection(address).close()
                    return os.write(tell, b"x")
                except ConnectionRefusedError:
                    time.sleep(0.01)  # it does not listen yet

        box.peer("client", connect)
        box.apply(Networking().allow_listen(), SystemIO().allow_file_read(connected))
        box.works("listen", bound.listen)
        box.works("a socket without a port", unbound.listen)
        box.refused("accept", bound.accept)
        box.refused("its name", unbound.getsockname)
        box.refused("bind", unbound.bind, ("127.0.0.1", 0))
        box.refused("connect", unbound.connect, address)
        box.refused("socket", socket.socket)
        box.gives("the client is connected", b"x", os.read, connected, 1)

    run(case, form=form)


def test_no_listening_without(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        box.apply(
            Networking()
            .allow_running_tcp_servers()
            .allow_start_tcp_clients()
            .allow_start_udp_servers()
            .allow_start_unix_clients()
            .allow_start_unix_datagrams()
            .allow_event_loop()
            .allow_name_lookup()
        )
        box.refused("listen", bound.listen)

    run(case, form=form)
