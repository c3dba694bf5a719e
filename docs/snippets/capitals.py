"""Answer each line in capital letters."""

import socket

from pyextrasafe import Networking, SafetyContext, SystemIO


def context():
    return SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO().allow_stdout().allow_stderr(),
    )


def serve(server):
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rw") as lines:
            for line in lines:
                lines.write(line.upper())
                lines.flush()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as server:
        context().apply_to_all_threads()
        print(server.getsockname()[1], flush=True)
        serve(server)
