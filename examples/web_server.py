"""An HTTPS server that serves a folder, and gives up everything that it does not need for it.

    python examples/web_server.py          serve on loopback until Ctrl-C
    python examples/web_server.py --demo   start a server, visit it, print what it could not do
    curl --cacert CERTIFICATE ADDRESS      visit it yourself: the server prints both

The order in `serve` is the lesson: first open the socket, load the certificate and import whatever
will be needed; then lock down; only then talk to strangers.  The server takes the paths of requests
as they come, `..` included: that nothing outside of the folder is read is what the kernel sees to.
The page /break-out plays an intruder who runs code of his own inside the server, see breakout.py;
the visitor is in visitor.py.
"""

import argparse
import http.server
import json
import signal
import ssl
import subprocess
import sys

import breakout
import visitor

import pyextrasafe

HOST = "127.0.0.1"


def lock_down(site):
    """From here on: take connections, read what is in one folder, and log to standard error."""
    pyextrasafe.SafetyContext().enable(
        pyextrasafe.Networking().allow_running_tcp_servers(),
        pyextrasafe.SystemIO().allow_read_path(site).allow_stderr(),
    ).apply_to_all_threads()


def serve(port):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    playground = breakout.Playground()
    certificate = playground.directory / "certificate.pem"
    key = playground.directory / "key.pem"
    make_certificate(certificate, key)
    server = Server(port, certificate, key, playground)

    print(f"address: https://{HOST}:{server.server_port}/")
    print(f"certificate: {certificate}")
    print("locking down; Ctrl-C ends the server", flush=True)  # the last words on standard output
    lock_down(playground.site)

    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


class Server(http.server.HTTPServer):
    """Answers one request after the other: it may not start a thread for each."""

    def __init__(self, port, certificate, key, playground):
        super().__init__((HOST, port), Pages)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(str(certificate), str(key))
        self.playground = playground

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(10)  # a silent client must not hold up the others for long
        return self.tls.wrap_socket(connection, server_side=True), address

    def handle_error(self, request, client_address):
        # The inherited method imports traceback, which would be refused and end the server.
        print(f"{client_address[0]} failed: {sys.exc_info()[1]!r}", file=sys.stderr)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/break-out":
            report = {
                "attempts": breakout.try_everything(self.server.playground),
                "effects": self.server.playground.effects(),
            }
            self.send_page("application/json", json.dumps(report, indent=2).encode())
        else:
            self.send_file("index.html" if self.path == "/" else self.path)

    def send_file(self, name):
        try:
            with open(f"{self.server.playground.site}/{name}", "rb") as file:
                page = file.read()
        except PermissionError:
            self.send_error(403)
        except (OSError, ValueError):
            self.send_error(404)
        else:
            self.send_page("text/html; charset=utf-8", page)

    def send_page(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def make_certificate(certificate, key):
    """Make a self-signed certificate for HOST that is valid for one day."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    command += ["-addext", "subjectAltName=IP:" + HOST]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=60)


def main():
    parser = argparse.ArgumentParser(description="A locked-down HTTPS server.")
    parser.add_argument("--port", type=int, default=8443, help="0: any free port; default: 8443")
    parser.add_argument("--demo", action="store_true", help="visit it and print what it refused")
    arguments = parser.parse_args()
    if arguments.demo:
        return visitor.demo([sys.executable, __file__, "--port", "0"])
    return serve(arguments.port)


if __name__ == "__main__":
    sys.exit(main())
