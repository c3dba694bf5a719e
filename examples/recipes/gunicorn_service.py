"""A WSGI application whose workers lock themselves down when they have started."""

import pathlib

from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer

from pyextrasafe import Networking, SafetyContext, SystemIO


def page(environ, start_response):
    start_response("200 OK", [("Content-Length", "13")])
    return [b"hello, " + environ["PATH_INFO"].encode()]


def when_ready(arbiter):
    (listener,) = arbiter.LISTENERS
    pathlib.Path("port").write_text(str(listener.getsockname()[1]))


def post_worker_init(worker):
    SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO()
        .allow_stderr()
        .allow_change_metadata(),  # how a worker tells the arbiter that it lives
    ).apply_to_all_threads()


def child_exit(arbiter, worker):
    """Give up: gunicorn would start workers again and again that may not live."""
    if arbiter.LISTENERS:
        raise HaltServer("a worker ended")


class Service(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("control_socket_disable", True)
        for hook in (when_ready, post_worker_init, child_exit):
            self.cfg.set(hook.__name__, hook)

    def load(self):
        return page


Service().run()
