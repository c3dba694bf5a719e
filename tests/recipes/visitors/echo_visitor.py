"""Open 200 connections at once, talk on all of them, and end the server."""

import os
import signal
import socket
import time


def visit(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        time.sleep(0.01)
    with open("port") as file:
        address = "127.0.0.1", int(file.read())
    clients = [socket.create_connection(address, timeout=20) for _ in range(200)]
    for number, client in enumerate(clients):
        client.sendall(f"hello {number}\n".encode())
    lines = [client.makefile("rb").readline() for client in clients]
    os.kill(process, signal.SIGTERM)
    for client in clients:
        client.close()
    return lines
