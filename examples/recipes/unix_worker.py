"""A worker that takes orders on a UNIX socket."""

import json
import signal
import socketserver

from pyextrasafe import Networking, SafetyContext


class Orders(socketserver.StreamRequestHandler):
    def handle(self):
        order = json.loads(self.rfile.readline())
        self.wfile.write(json.dumps({"sum": sum(order)}).encode() + b"\n")


class Worker(socketserver.UnixStreamServer):
    def handle_error(self, request, client_address):
        raise  # the inherited method prints it, and goes on


signal.signal(signal.SIGTERM, signal.default_int_handler)
worker = Worker("orders", Orders)

SafetyContext().enable(Networking().allow_running_unix_servers()).apply_to_all_threads()

try:
    worker.serve_forever()
except KeyboardInterrupt:
    pass
