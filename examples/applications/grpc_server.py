"""A gRPC server: a call that may fail, and a stream."""

import pathlib
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads


def divide(request, context):
    left, right = map(int, request.split())
    if right == 0:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "division by zero")
    return str(left // right).encode()


def count(request, context):
    for number in range(int(request)):
        yield str(number).encode()


# What protoc would have generated; requests and answers are plain bytes here.
service = grpc.method_handlers_generic_handler(
    "Numbers",
    {
        "Divide": grpc.unary_unary_rpc_method_handler(divide),
        "Count": grpc.unary_stream_rpc_method_handler(count),
    },
)
server = grpc.server(ThreadPoolExecutor(4))
server.add_generic_rpc_handlers([service])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
pathlib.Path("port").write_text(str(port))
signal.signal(signal.SIGTERM, lambda number, frame: server.stop(1))

SafetyContext().enable(
    Networking()
    .allow_running_tcp_servers()
    .allow_running_unix_clients(),  # for recvmsg(2), by which gRPC receives
    Threads().allow_create_threads(),  # gRPC and its pool start them when calls come
    SystemIO().allow_stdout(),
).apply_to_all_threads()

server.wait_for_termination()
print("stopped", flush=True)
