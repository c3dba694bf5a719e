"""FastAPI under uvicorn, with uvloop and httptools: an upload, a WebSocket, and a lifespan."""

import contextlib
import os
import pathlib
import shutil
import tempfile

import uvicorn
import uvicorn.loops.uvloop  # uvicorn imports it late
from fastapi import FastAPI, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.testclient import TestClient

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads


@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.greeting = "hello"
    yield
    print("good bye", flush=True)


app = FastAPI(lifespan=lifespan)
tempfile.tempdir = os.path.abspath("temporary")  # for large uploads; /tmp is everybody's


@app.get("/greet/{name}")
async def greet(name: str, times: int = 1) -> dict[str, str]:
    return {"greeting": " ".join([app.state.greeting] * times + [name])}


@app.post("/upload")
def upload(file: UploadFile) -> dict[str, int]:
    with open(pathlib.Path("uploads", pathlib.Path(file.filename).name), "wb") as copy:
        shutil.copyfileobj(file.file, copy)
        return {"kept": copy.tell()}


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


def warm_up():
    """Import what the first requests would."""
    with TestClient(app, backend_options={"use_uvloop": True}) as browser:
        browser.get("/greet/nobody?times=none")
        browser.post("/upload", files={"file": ("nothing", b"")})
        with browser.websocket_connect("/echo"):
            pass


warm_up()
options = {"loop": "uvloop", "http": "httptools", "ws": "websockets-sansio", "lifespan": "on"}
config = uvicorn.Config(app, port=0, **options)
config.load()  # imports all of these
listener = config.bind_socket()
pathlib.Path("port").write_text(str(listener.getsockname()[1]))
SafetyContext().enable(
    Networking().allow_running_tcp_servers().allow_event_loop().allow_listen(),
    SystemIO()
    .allow_create_in_dir("uploads")
    .allow_scratch_dir("temporary")
    .allow_stdout()
    .allow_stderr(),
    Threads().allow_create_threads(),  # for functions that are not async
).apply_to_all_threads()

# The loop is made after the lock-down: uvloop's could have an io_uring otherwise.
with contextlib.suppress(KeyboardInterrupt):  # uvicorn ends by the signal that ended it
    uvicorn.Server(config).run([listener])
