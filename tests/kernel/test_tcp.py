"""Networking: TCP clients and servers, started before the lock-down or after it."""


def test_running_client(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking

        def echo():
            connection, _ = listener.accept()
            with connection:
                while True:
                    data = connection.recv(100)
                    if not data:
                        return "served"
                    connection.sendall(data)

        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        box.peer("server", echo)
        client = socket.create_connection(address)
        unconnected = socket.socket()
        datagram = socket.socket(type=socket.SOCK_DGRAM)
        box.apply(Networking().allow_running_tcp_clients())
        box.gives("send", 2, client.send, b"ab")
        box.gives("recv", b"ab", client.recv, 9)
        box.gives("sendmsg", 2, client.sendmsg, [b"c", b"d"])
        box.gives("recv of two parts", b"cd", client.recv, 9)
        box.refused("recvmsg", client.recvmsg, 9)
        box.gives("write", 2, os.write, client.fileno(), b"ef")
        box.gives("read", b"ef", os.read, client.fileno(), 9)
        box.works("timeout", client.settimeout, 10)
        box.works("send with a timeout", client.sendall, b"gh")
        box.gives("recv with a timeout", b"gh", client.recv, 9)
        box.gives("peer", address, client.getpeername)
        box.works("own name", client.getsockname)
        box.works("no delay", client.setsockopt, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        box.works("keep alive", client.setsockopt, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        box.gives("error", 0, client.getsockopt, socket.SOL_SOCKET, socket.SO_ERROR)
        box.refused("socket", socket.socket)
        box.refused("create_connection", socket.create_connection, address)
        box.refused("connect", unconnected.connect, address)
        box.refused("bind", unconnected.bind, ("127.0.0.1", 0))
        box.refused("listen", unconnected.listen)
        box.refused("accept", listener.accept)
        box.refused("sendto with an address", datagram.sendto, b"x", address)
        box.refused("open", open, "/etc/passwd")
        box.works("shutdown", client.shutdown, socket.SHUT_RDWR)
        box.works("close", client.close)

    assert run(case, form=form).peers["server"] == ("ok", "served")


def test_running_server(run, form):
    def case(box):
        import socket

        from pyextrasafe import Networking

        def talk():
            answers = []
            for _ in range(3):
                with socket.create_connection(address) as client:
                    client.sendall(b"hello")
                    client.shutdown(socket.SHUT_WR)
                    with client.makefile("rb") as file:
                        answers.append(file.read())
            return answers

        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        spare = socket.socket()
        box.peer("client", talk)
        box.apply(Networking().allow_running_tcp_servers())
        for _ in range(3):
            connection, _ = box.works("accept", listener.accept)
            with connection, connection.makefile("rwb", 0) as file:
                box.gives("read", b"hello", file.readall)
                box.works("write", file.write, b"you said ")
                box.works("send", connection.sendall, b"hello")
        box.works("setblocking", listener.setblocking, False)
        box.raises("nobody there", BlockingIOError, listener.accept)
        box.refused("socket", socket.socket)
        box.refused("connect", spare.connect, address)
        box.refused("bind", spare.bind, ("127.0.0.1", 0))
        box.refused("listen", spare.listen)
        box.refused("listen again", listener.listen)

    assert run(case, form=form).peers["client"] == ("ok", [b"you said hello"] * 3)


def test_start_clients(run, form):
    def case(box):
        import http.client
        import http.server
        import socket

        from pyextrasafe import Networking

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        server.timeout = 30
        waiting = socket.create_server(("127.0.0.1", 0))
        waiting.setblocking(False)
        port = server.server_port

        def get():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/")
            answer = connection.getresponse().read()
            connection.close()
            return answer

        box.peer("server", lambda: [server.handle_request() for _ in range(2)])
        "127.0.0.1".encode("idna")  # host names are encoded so
        box.apply(Networking().allow_start_tcp_clients())
        box.gives("HTTP", b"hello", get)
        box.gives("again", b"hello", get)
        client = box.works("socket", socket.socket)
        box.works("IPv6", socket.socket, socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        box.refused("bind", client.bind, ("127.0.0.1", 0))
        box.refused("listen, which needs no bind", client.listen)
        box.refused("accept", waiting.accept)
        box.raises("server", PermissionError, socket.create_server, ("127.0.0.1", 0))

    run(case, form=form)


def test_a_host_name_that_is_looked_up(run, form):
    """Needs the files that the resolver reads."""

    def case(box):
        import socket

        from pyextrasafe import Networking, SystemIO

        "localhost".encode("idna")
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        rules = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
        box.apply(Networking().allow_start_tcp_clients(), rules)
        box.works("numeric", socket.getaddrinfo, "127.0.0.1", port)
        client = box.works("connect", socket.create_connection, ("localhost", port))
        box.gives("connected", "127.0.0.1", lambda: client.getpeername()[0])

    run(case, form=form)


def test_start_servers(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking

        reader, writer = os.pipe()

        def talk():
            port = int(os.read(reader, 10))
            with socket.create_connection(("127.0.0.1", port)) as client:
                return client.recv(100)

        spare = socket.socket()
        box.peer("client", talk)
        "127.0.0.1".encode("idna")
        box.apply(Networking().allow_start_tcp_servers())
        listener = box.works("create_server", socket.create_server, ("127.0.0.1", 0))
        address = box.works("own name", listener.getsockname)
        os.write(writer, b"%d" % address[1])
        connection, _ = box.works("accept", listener.accept)
        box.works("send", connection.sendall, b"welcome")
        box.refused("connect", spare.connect, address)
        box.refused("create_connection", socket.create_connection, address)
        box.refused("UDP", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        box.refused("UNIX", socket.socket, socket.AF_UNIX)

    assert run(case, form=form).peers["client"] == ("ok", b"welcome")


def test_select_and_friends(run, form):
    """Waiting for sockets works with every running permission."""

    def case(box):
        import select
        import selectors
        import socket

        from pyextrasafe import Networking

        one, other = socket.socketpair()
        box.apply(Networking().allow_running_tcp_clients())
        one.send(b"x")
        box.gives("select", ([other], [], []), select.select, [other], [], [], 10)
        poll = select.poll()
        poll.register(other, select.POLLIN)
        box.gives("poll", [(other.fileno(), select.POLLIN)], poll.poll, 10000)
        epoll = box.works("epoll", select.epoll)
        epoll.register(other, select.EPOLLIN)
        box.gives("wait", [(other.fileno(), select.EPOLLIN)], epoll.poll, 10)
        epoll.modify(other, 0)
        epoll.unregister(other)
        box.works("close", epoll.close)
        selector = box.works("selectors", selectors.DefaultSelector)
        selector.register(other, selectors.EVENT_READ)
        box.gives("ready", 1, lambda: len(selector.select(10)))
        pair = box.works("socketpair", socket.socketpair)
        box.gives("through the pair", 1, pair[0].send, b"x")

    run(case, form=form)


def test_printing_from_a_network_program(run, form):
    """Networking grants the descriptors from 3 up, allow_stdout descriptor 1: not 0 and 2."""

    def case(box):
        import os
        import socket

        from pyextrasafe import Networking, SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        for fd in (0, 2):
            os.dup2(file, fd)
        one, other = socket.socketpair()
        first = os.open("first", os.O_RDWR | os.O_CREAT)
        os.dup2(first, 3)
        text, vector, room = raw.memory(b"yes"), raw.vector(b"yes"), raw.memory(9)
        box.apply(Networking().allow_running_tcp_servers(), SystemIO().allow_stdout())
        box.works("print", print, "printed", flush=True)
        for garbage in (0, 1 << 32, 3 << 32, (2**32 - 1) << 32):
            for call, content, size in (("write", text, 3), ("writev", vector, 1)):
                box.gives(f"{call} to 1", 3, raw, call, garbage | 1, content, size)
                box.gives(f"{call} to 3", 3, raw, call, garbage | 3, content, size)
                box.gives(
                    f"{call} to a socket", 3, raw, call, garbage | one.fileno(), content, size
                )
                for fd in (0, 2):
                    box.refused(f"{call} to {fd}", raw, call, garbage | fd, content, size)
            box.works("read from a socket", raw, "read", garbage | other.fileno(), room, 3)
            for fd in (0, 1, 2):
                box.refused(f"read from {fd}", raw, "read", garbage | fd, room, 3)
                box.refused(f"readv from {fd}", raw, "readv", garbage | fd, vector, 1)
        box.refused("pwrite", os.pwrite, file, b"x", 0)

    result = run(case, form=form)
    assert result.stdout == b"printed\n" + b"yes" * 8
    assert (result.directory / "first").read_bytes() == b"yes" * 8
    assert (result.directory / "file").read_bytes() == b""


def test_without_stdout_a_network_program_cannot_print(run, form):
    def case(box):
        import os

        from pyextrasafe import Networking

        box.apply(Networking().allow_running_tcp_servers())
        for fd in (0, 1, 2):
            box.refused(f"write to {fd}", os.write, fd, b"x")
            box.refused(f"read from {fd}", os.read, fd, 1)

    result = run(case, form=form)
    assert (result.stdout, result.stderr) == (b"", b"")


def test_no_permission_is_said_so(run, form):
    """An address is a host, whose codec would be imported late: it is not that which is missing."""

    def case(box):
        import socket

        box.apply()
        box.refused("connect", socket.create_connection, ("127.0.0.1", 80))
        box.refused("serve", socket.create_server, ("127.0.0.1", 0))

    run(case, form=form)
