"""Give the worker an order, and end it."""

import json
import os
import signal
import socket
import time


def visit(process):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        while client.connect_ex("orders") != 0:  # not there yet, or not open yet
            os.kill(process, 0)
            time.sleep(0.01)
        client.sendall(b"[1, 2, 3]\n")
        answer = json.loads(client.makefile().readline())
    os.kill(process, signal.SIGTERM)
    return answer
