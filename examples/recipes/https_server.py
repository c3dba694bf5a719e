"""An HTTPS server: socket and certificate are there before the lock-down."""

import http.server
import pathlib
import signal
import ssl

from pyextrasafe import Networking, SafetyContext, SystemIO


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"<p>a page</p>"
        self.send_response(200)  # also logs the request to standard error
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.HTTPServer):
    def handle_error(self, request, client_address):
        raise  # the inherited method prints it, and goes on


signal.signal(signal.SIGTERM, signal.default_int_handler)
server = Server(("127.0.0.1", 0), Pages)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("localhost.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
pathlib.Path("port").write_text(str(server.server_port))

SafetyContext().enable(
    Networking().allow_running_tcp_servers(),
    SystemIO().allow_stderr(),
).apply_to_all_threads()

try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
