"""Wait until the daemon works, change its configuration, tell it, and end it."""

import os
import pathlib
import signal
import time

LOG = pathlib.Path("log")


def visit(process):
    wait_for(b"..", process)
    pathlib.Path("configuration").write_bytes(b"new")
    os.kill(process, signal.SIGHUP)
    wait_for(b"new", process)
    os.kill(process, signal.SIGTERM)
    return "told it"


def wait_for(words, process):
    while not LOG.exists() or words not in LOG.read_bytes():
        os.kill(process, 0)  # raises if it has ended
        time.sleep(0.01)
