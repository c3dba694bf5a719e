"""Call the server: an answer, an error, a stream; then end it."""

import os
import pathlib
import signal
import time

import grpc


def visit(process):
    try:
        return call(process)
    finally:
        os.kill(process, signal.SIGTERM)


def filters_of(process):
    """How many filters a process has; kernels before 5.10 do not say."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int((status.partition("Seccomp_filters:")[2].split() or ["0"])[0])


def call(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
        time.sleep(0.01)
    # Whoever comes before the lock-down is served.
    for _ in range(500):
        if filters_of(process) > filters_of("self"):
            break
        time.sleep(0.01)
    with grpc.insecure_channel("127.0.0.1:" + pathlib.Path("port").read_text()) as channel:
        divide = channel.unary_unary("/Numbers/Divide")
        count = channel.unary_stream("/Numbers/Count")
        answer = divide(b"7 2", timeout=5)
        try:
            error = divide(b"7 0", timeout=5)
        except grpc.RpcError as refusal:
            error = f"{refusal.code().name}: {refusal.details()}"
        numbers = [int(number) for number in count(b"300", timeout=5)]
    return answer, error, numbers
