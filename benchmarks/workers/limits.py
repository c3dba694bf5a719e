"""What limits on paths and ports cost, when a package sets them and in every call.

The arguments are the package's name, and the folder that has what is granted.  What is limited is
tried each time, so that nothing is measured that has no effect.
"""

import os
import socket
import sys
import time

from answering import answer_all, enforce_rehearsed
from limiting import Limits

LIMITS = Limits(*sys.argv[1:])
FILE = f"{LIMITS.read[0]}/file"
OUTSIDE = "/etc/passwd"
LOOPBACK = "127.0.0.1"
CLOSED_PORT = 1
OPENED, CONNECTED, REHEARSALS = 20000, 400, 50


def check(what, are_limited, attempt):
    """Raise unless the attempt is refused where it is meant to be, and only there."""
    try:
        attempt()
        refused = False
    except PermissionError:
        refused = True
    except ConnectionRefusedError:
        refused = False  # by nobody's limits: no one listens there
    if refused is not are_limited:
        raise RuntimeError(f"{what} are limited: {refused}")


def open_and_close(path, times=1):
    for _ in range(times):
        os.close(os.open(path, os.O_RDONLY))


def enforced():
    """Return the nanoseconds of saying what is granted, and enforcing it."""
    nanoseconds = enforce_rehearsed(LIMITS.enforce)
    check("paths", LIMITS.on_paths, lambda: open_and_close(OUTSIDE))
    return nanoseconds


def opened():
    """Return the nanoseconds of opening and closing a file that may be read."""
    LIMITS.enforce()
    check("paths", LIMITS.on_paths, lambda: open_and_close(OUTSIDE))
    open_and_close(FILE, REHEARSALS)
    start = time.thread_time_ns()
    open_and_close(FILE, OPENED)
    return (time.thread_time_ns() - start) / OPENED


def connected():
    """Return the nanoseconds of connecting to a port that is granted."""
    with socket.create_server((LOOPBACK, 0), backlog=REHEARSALS + CONNECTED) as server:
        address = server.getsockname()
        other, *clients = (socket.socket() for _ in range(1 + REHEARSALS + CONNECTED))
        LIMITS.enforce(address[1])
        check("ports", LIMITS.on_ports, lambda: other.connect((LOOPBACK, CLOSED_PORT)))
        for client in clients[:REHEARSALS]:
            client.connect(address)
        start = time.thread_time_ns()
        for client in clients[REHEARSALS:]:
            client.connect(address)
        return (time.thread_time_ns() - start) / CONNECTED


answer_all({"enforced": enforced, "open and close": opened, "connect": connected})
