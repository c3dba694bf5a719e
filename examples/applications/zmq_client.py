"""A ZeroMQ client, REQ and SUB, whose context is made after the lock-down."""

import pathlib

import zmq

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads

orders_port, news_port = map(int, pathlib.Path("ports").read_text().split())

SafetyContext().enable(
    Networking().allow_start_tcp_clients(orders_port, news_port),
    Threads().allow_create_threads(),  # a context has two
    SystemIO().allow_stdout(),
).apply_to_all_threads()

with zmq.Context() as context, context.socket(zmq.REQ) as orders, context.socket(zmq.SUB) as news:
    news.connect(f"tcp://127.0.0.1:{news_port}")
    news.subscribe("sold")
    orders.connect(f"tcp://127.0.0.1:{orders_port}")
    while not news.poll(100):  # what is published before it has subscribed is lost
        orders.send(b"tea")
        answer = orders.recv()
    print(answer.decode(), news.recv().decode(), sep=", ", flush=True)
    orders.send(b"stop")
    orders.recv()
