"""Give the worker an order, and end it."""

import json
import os
import signal
import socket
import time


def visit(process):
    while not os.path.exists("orders"):
        time.sleep(0.01)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect("orders")
        client.sendall(b"[1, 2, 3]\n")
        answer = json.loads(client.makefile().readline())
    os.kill(process, signal.SIGTERM)
    return answer
