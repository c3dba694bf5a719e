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


def call(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
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
