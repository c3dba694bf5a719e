"""A ZeroMQ server: REP for orders, PUB for news. Its context is made before the lock-down."""

import pathlib

import zmq

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads

context = zmq.Context()
orders = context.socket(zmq.REP)
news = context.socket(zmq.PUB)
# bind() to the name of an interface asks the kernel by netlink: bind before the lock-down.
ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (orders, news)]
pathlib.Path("ports").write_text("{} {}\n".format(*ports))

SafetyContext().enable(
    Networking().allow_running_tcp_servers(),
    Threads().allow_create_threads(),  # the context's threads may be about to start
    SystemIO().allow_stdout(),
).apply_to_all_threads()

order = b""
while order != b"stop":
    order = orders.recv()
    news.send(b"sold " + order)
    orders.send(order.upper())
context.destroy(linger=1000)
print("stopped", flush=True)
