"""docs/deployment.rst: every worker that gunicorn starts is confined once, whyever it starts it."""

import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

pytest.importorskip("gunicorn")

APPLICATION = """
import os
from pyextrasafe import status

def application(environ, start_response):
    found = status()
    body = f"{os.getpid()} {found.confined} {found.layers}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
CONFIG = """
import pathlib
from pyextrasafe import Networking, SafetyContext, SystemIO

bind = "127.0.0.1:0"
workers = 1
control_socket_disable = True

def when_ready(arbiter):
    (listener,) = arbiter.LISTENERS
    pathlib.Path("port").write_text(str(listener.getsockname()[1]))

def post_worker_init(worker):
    SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO().allow_change_metadata().allow_stderr(),
    ).apply_to_all_threads()
"""
PATIENCE = 60


def until(found):
    """Try until there is something; the service may be starting, or between two workers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            result = found()
        except (OSError, ValueError):
            result = None
        if result:
            return result
        time.sleep(0.05)
    raise TimeoutError


class Service:
    def __init__(self, folder, *options):
        (folder / "application.py").write_text(APPLICATION)
        (folder / "gunicorn.conf.py").write_text(CONFIG)
        self.port = folder / "port"
        command = [sys.executable, "-m", "gunicorn", *options, "application:application"]
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def visit(self):
        """Who answers, and how it is confined."""
        address = f"http://127.0.0.1:{int(self.port.read_text())}/"
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            pid, *confined = answer.read().decode().split()
        assert confined == ["True", "1"]
        return pid

    def visit_another(self, *pids):
        """Another worker answers in the end."""
        return until(lambda: {self.visit()}.difference(pids)).pop()


@pytest.fixture
def start(tmp_path):
    services = []

    def start(*options):
        services.append(Service(tmp_path, *options))
        return services[-1]

    yield start
    for service in services:
        service.process.terminate()
        assert service.process.wait(PATIENCE) == 0, pathlib.Path(tmp_path, "log").read_text()


@pytest.mark.parametrize("options", [[], ["--preload"]], ids=["loaded late", "preloaded"])
def test_reload(start, options):
    service = start(*options)
    first = until(service.visit)
    service.process.send_signal(signal.SIGHUP)
    service.visit_another(first)


def test_workers_that_retire(start):
    service = start("--max-requests", "1")
    first = until(service.visit)
    second = service.visit_another(first)
    service.visit_another(first, second)
