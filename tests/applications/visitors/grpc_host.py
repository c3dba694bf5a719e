"""Serve the client, and close its connection while it reads a stream; tell who called."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

CLOSE_SOON = [("grpc.max_connection_age_ms", 500), ("grpc.max_connection_age_grace_ms", 10000)]


def visit(process):
    peers = []

    def divide(request, context):
        peers.append(context.peer())
        left, right = map(int, request.split())
        if right == 0:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "division by zero")
        return str(left // right).encode()

    def count(request, context):
        for number in range(int(request)):
            time.sleep(0.5)
            yield str(number).encode()

    handlers = {
        "Divide": grpc.unary_unary_rpc_method_handler(divide),
        "Count": grpc.unary_stream_rpc_method_handler(count),
    }
    server = grpc.server(ThreadPoolExecutor(4), options=CLOSE_SOON)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Numbers", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with open("port.new", "w") as file:
        file.write(str(port))
    os.rename("port.new", "port")
    while len(peers) < 3:
        os.kill(process, 0)  # raises if it has ended
        time.sleep(0.02)
    server.stop(5).wait()
    return len(set(peers[:2])), peers[2] in peers[:2]
