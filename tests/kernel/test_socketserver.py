"""socketserver and http.server: one request after the other, and each in a thread."""


def test_requests_one_after_the_other(run, form):
    def case(box):
        import socket
        import socketserver

        from pyextrasafe import Networking, SystemIO

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                print("asked:", line.decode().strip(), flush=True)
                self.wfile.write(line.upper())

        def talk():
            answers = []
            for number in range(3):
                with socket.create_connection(address, timeout=30) as client:
                    client.sendall(b"hello %d\n" % number)
                    with client.makefile("rb") as file:
                        answers.append(file.read())
            return answers

        server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        server.timeout = 30
        address = server.server_address
        box.peer("client", talk)
        box.apply(Networking().allow_running_tcp_servers(), SystemIO().allow_stdout())
        for _ in range(3):
            box.works("handle", server.handle_request)
        box.refused("another server", socketserver.TCPServer, ("127.0.0.1", 0), Handler)
        box.works("close", server.server_close)

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", [b"HELLO 0\n", b"HELLO 1\n", b"HELLO 2\n"])
    assert result.stdout == b"asked: hello 0\nasked: hello 1\nasked: hello 2\n"
    assert result.stderr == b""


def test_requests_in_threads(run, form):
    """A threading HTTP server that prints its log to standard error."""

    def case(box):
        import http.server
        import socket
        import threading

        from pyextrasafe import Networking, SystemIO, Threads

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    open("/etc/passwd")
                except PermissionError as error:
                    refusals.append(error.errno)
                body = self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def talk():
            answers = []
            for path in (b"/one", b"/two"):
                with socket.create_connection(address, timeout=30) as client:
                    client.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path)
                    with client.makefile("rb") as file:
                        answers.append(file.read().rpartition(b"\r\n")[2])
            with socket.create_connection(stop) as client:
                client.sendall(b"stop")
            return answers

        refusals = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        stopper = socket.create_server(("127.0.0.1", 0))
        address, stop = server.server_address, stopper.getsockname()
        threading.Thread(target=lambda: (stopper.accept(), server.shutdown()), daemon=True).start()
        box.peer("client", talk)
        "127.0.0.1".encode("idna")
        box.apply(
            Networking().allow_running_tcp_servers(),
            Threads().allow_create(),
            SystemIO().allow_stderr(),
        )
        box.works("serve", server.serve_forever, 0.01)
        box.works("close", server.server_close)
        box.equal("refusals in the threads", [1, 1], refusals)

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", [b"/one", b"/two"])
    assert result.stderr.count(b'"GET /') == 2
    assert b"Traceback" not in result.stderr


def test_udp_server(run, form):
    def case(box):
        import socket
        import socketserver

        from pyextrasafe import Networking

        class Handler(socketserver.DatagramRequestHandler):
            def handle(self):
                self.wfile.write(self.rfile.read().upper())

        def talk():
            with socket.socket(type=socket.SOCK_DGRAM) as client:
                client.settimeout(30)
                client.sendto(b"hello", address)
                return client.recv(100)

        server = socketserver.UDPServer(("127.0.0.1", 0), Handler)
        server.timeout = 30
        address = server.server_address
        box.peer("client", talk)
        box.apply(Networking().allow_running_udp_sockets())
        box.works("handle", server.handle_request)
        box.refused("another", socketserver.UDPServer, ("127.0.0.1", 0), Handler)

    assert run(case, form=form).peers["client"] == ("ok", b"HELLO")


def test_unix_server(run, form):
    def case(box):
        import socket
        import socketserver

        from pyextrasafe import Networking

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(self.rfile.readline().upper())

        def talk():
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(30)
                client.connect("socket")
                client.sendall(b"hello\n")
                return client.recv(100)

        server = socketserver.UnixStreamServer("socket", Handler)
        server.timeout = 30
        box.peer("client", talk)
        box.apply(Networking().allow_running_unix_servers())
        box.works("handle", server.handle_request)
        box.refused("another", socketserver.UnixStreamServer, "another", Handler)

    result = run(case, form=form)
    assert result.peers["client"] == ("ok", b"HELLO\n")
    assert not (result.directory / "another").exists()
