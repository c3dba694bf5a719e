"""Be systemd and syslog: give two jobs, restart syslog in between, and end the daemon."""

import os
import signal
import socket


def visit(process):
    manager, syslog = listen("notify"), listen("syslog")
    states, messages = [receive(manager, process)], []
    for _ in range(2):
        os.kill(process, signal.SIGUSR1)
        messages.append(receive(syslog, process))
        states.append(receive(manager, process))
        syslog.close()
        syslog = listen("syslog")
    os.kill(process, signal.SIGTERM)
    states.append(receive(manager, process))
    return states, messages


def listen(path):
    """A new socket, in the place of the one that may be there."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.settimeout(0.1)
    receiver.bind(f"{path}.new")
    os.rename(f"{path}.new", path)
    return receiver


def receive(receiver, process):
    """A datagram; raises when there is nobody left that could send one."""
    while True:
        os.kill(process, 0)
        try:
            return receiver.recv(1000)
        except OSError:  # a timeout; it has several names
            pass
