"""Flask under gunicorn: a page from a template, static files, and uploads that are kept."""

import io
import os
import pathlib
import tempfile

from flask import Flask, render_template, request
from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer
from werkzeug.utils import secure_filename

from pyextrasafe import Networking, SafetyContext, SystemIO

app = Flask(__name__, root_path=os.getcwd())  # has the folders templates and static
tempfile.tempdir = os.path.abspath("temporary")  # for large uploads; /tmp is everybody's


@app.get("/")
def index():
    return render_template("index.html", name=request.args["name"])


@app.post("/upload")
def upload():
    file = request.files["file"]
    file.save(pathlib.Path("uploads", secure_filename(file.filename)))
    return "kept"


def warm_up():
    """Import what the first requests would."""
    browser = app.test_client()
    browser.get("/nowhere")
    browser.get("/static/style.css")
    browser.post("/upload", data={"file": (io.BytesIO(), "nothing")})


def when_ready(arbiter):
    (listener,) = arbiter.LISTENERS
    pathlib.Path("port").write_text(str(listener.getsockname()[1]))


def post_worker_init(worker):
    warm_up()
    SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO()
        .allow_read_path("templates", "static")
        .allow_create_in_dir("uploads")
        .allow_scratch_dir("temporary")
        .allow_change_metadata()  # how a worker tells the arbiter that it lives
        .allow_stderr(),
    ).apply_to_all_threads()


def child_exit(arbiter, worker):
    """Give up: gunicorn would start workers again and again that may not live."""
    if arbiter.LISTENERS:
        raise HaltServer("a worker ended")


class Service(BaseApplication):
    hooks = (when_ready, post_worker_init, child_exit)
    worker_class = "sync"

    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("worker_class", self.worker_class)
        for hook in self.hooks:
            self.cfg.set(hook.__name__, hook)

    def load(self):
        return app


if __name__ == "__main__":
    Service().run()
