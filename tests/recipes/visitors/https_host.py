"""Serve one page over TLS, and tell what was asked for."""

import os
import socket
import ssl


def visit(process):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("localhost.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with open("port.new", "w") as file:
            file.write(str(listener.getsockname()[1]))
        os.rename("port.new", "port")
        plain = wait_for_client(listener, process)
        with context.wrap_socket(plain, server_side=True) as connection:
            request = connection.recv(10000)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\na page")
    return request.decode().partition(" HTTP")[0]


def wait_for_client(listener, process):
    """Accept a connection; raises when there is nobody left that could come."""
    listener.settimeout(0.1)
    while True:
        os.kill(process, 0)
        try:
            return listener.accept()[0]
        except OSError:  # a timeout; it has several names
            pass
