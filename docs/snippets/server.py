import socket

from pyextrasafe import Networking, SafetyContext, SystemIO

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())

SafetyContext().enable(
    Networking().allow_running_tcp_servers(),
    SystemIO().allow_stdout().allow_stderr(),
).apply_to_all_threads()

connection, _ = server.accept()
connection.sendall(b"welcome")
print("the client gets:", client.recv(100).decode())
try:
    socket.create_connection(server.getsockname())
except PermissionError as error:
    print("the server connects to others:", error)
