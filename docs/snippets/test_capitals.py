import os
import socket
import subprocess
import sys

import capitals
import pytest


@pytest.fixture
def server():
    process = subprocess.Popen(
        [sys.executable, capitals.__file__],
        env={**os.environ, "PYEXTRASAFE_EXPLAIN": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_it_is_denied_nothing(server):
    port = int(server.stdout.readline())
    with socket.create_connection(("127.0.0.1", port)) as client:
        lines = client.makefile("rw")
        lines.write("a line\n")
        lines.flush()
        assert lines.readline() == "A LINE\n"
        lines.close()
    server.terminate()
    _, denied = server.communicate(timeout=10)
    assert denied == ""
