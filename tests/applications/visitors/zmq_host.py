"""Serve the client until it says stop; tell what it ordered first and last."""

import os

import zmq


def visit(process):
    context = zmq.Context()
    context.linger = 1000
    orders, news = context.socket(zmq.REP), context.socket(zmq.PUB)
    ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (orders, news)]
    with open("ports.new", "w") as file:
        file.write("{} {}".format(*ports))
    os.rename("ports.new", "ports")
    taken = []
    while taken[-1:] != [b"stop"]:
        while not orders.poll(100):
            os.kill(process, 0)  # raises if it has ended
        order = orders.recv()
        taken.append(order)
        news.send(b"sold " + order)
        orders.send(order.upper())
    context.destroy()
    return [taken[0], taken[-1]]
