"""Be the network of the box: a name server, and a web server that tells its address."""

import contextlib
import http.server
import os
import pathlib
import socket
import subprocess
import threading
import time

from network import bring_up_loopback, put_into_etc

# An answer with a hundred addresses takes TCP, and one of the middle ones is right.
ADDRESSES = {
    "four.test": ["127.0.0.1"],
    "six.test": ["::1"],
    "many.test": [f"127.0.0.{number}" for number in range(100, 200)],
}
SERVED = ["127.0.0.1", "::1", "127.0.0.150"]
NAME_SERVER = "127.0.0.53"  # not the one that is asked when resolv.conf cannot be read
FILES = {"resolv.conf": f"nameserver {NAME_SERVER}\n", "nsswitch.conf": "hosts: files dns\n"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = self.connection.getsockname()[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(address)))
        self.end_headers()
        self.wfile.write(address)

    def log_message(self, *arguments):
        pass


def visit(process):
    bring_up_loopback()
    put_into_etc(FILES)
    for address in SERVED:
        serve(address)
    with name_server():
        pathlib.Path("ready").touch()
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                time.sleep(0.01)


def serve(address):
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    server = Server((address, 80), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


@contextlib.contextmanager
def name_server():
    hosts = pathlib.Path("hosts").absolute()
    lines = [f"{address} {name}\n" for name in ADDRESSES for address in ADDRESSES[name]]
    hosts.write_text("".join(lines))
    # It cannot change to another user where it is root in a user namespace only.
    command = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null"]
    command += [f"--listen-address={NAME_SERVER}", "--bind-interfaces", "--pid-file"]
    command += ["--no-resolv", "--no-hosts", f"--addn-hosts={hosts}", "--local=/test/"]
    command += ["--no-round-robin"]  # the first ones are not the right one
    path = os.environ["PATH"] + ":/usr/sbin"  # of a user, it may lack this
    process = subprocess.Popen(command, env={"PATH": path}, stderr=subprocess.DEVNULL)
    try:
        with socket.socket() as client:
            while client.connect_ex((NAME_SERVER, 53)) != 0:
                assert process.poll() is None, command
                time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait()
