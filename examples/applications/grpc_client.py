"""A gRPC client whose channel is made before the lock-down, and connects after it."""

import pathlib

import grpc

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads

port = int(pathlib.Path("port").read_text())

# grpcio imports the last of its modules when it makes a channel.
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    # By then gRPC has threads: each is interrupted, to have its ports limited.
    SafetyContext().interrupt_threads().enable(
        Networking()
        .allow_start_tcp_clients(port)
        .allow_running_unix_clients(),  # for recvmsg(2), by which gRPC receives
        Threads().allow_create_threads(),  # gRPC starts some whenever it has work
        SystemIO().allow_stdout(),
    ).apply_to_all_threads()

    divide = channel.unary_unary("/Numbers/Divide")
    count = channel.unary_stream("/Numbers/Count")
    print(divide(b"7 2", timeout=5).decode(), flush=True)
    try:
        divide(b"7 0", timeout=5)
    except grpc.RpcError as error:
        print(error.code().name, error.details(), flush=True)
    print(*(number.decode() for number in count(b"3", timeout=10)), flush=True)
    # By now the server has closed the connection.
    print(divide(b"9 2", timeout=5, wait_for_ready=True).decode(), flush=True)
