"""Ask for a greeting, make a mistake, upload 5 MB, talk on a WebSocket, and end the server."""

import http.client
import os
import pathlib
import signal
import socket
import time

from websockets.sync.client import connect

LARGE = bytes(range(256)) * 20480
DISPOSITION = b'Content-Disposition: form-data; name="file"; filename="large"'
CONTENT_TYPE = {"Content-Type": "multipart/form-data; boundary=edge"}
FORM = b"--edge\r\n" + DISPOSITION + b"\r\n\r\n" + LARGE + b"\r\n--edge--\r\n"


def visit(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
        time.sleep(0.01)
    port = int(pathlib.Path("port").read_text())
    try:
        wait_for_server(port, process)
        greeting = ask(port, "GET", "/greet/Ada?times=2")
        mistake = ask(port, "GET", "/greet/Ada?times=many")[0]
        kept = ask(port, "POST", "/upload", FORM, CONTENT_TYPE)
        whole = kept[0] == 200 and pathlib.Path("uploads/large").read_bytes() == LARGE
        with connect(f"ws://127.0.0.1:{port}/echo", close_timeout=5) as talk:
            said = []
            for word in ("one", "two" * 100_000):
                talk.send(word)
                said.append(talk.recv(timeout=20) == word)
    finally:
        os.kill(process, signal.SIGINT)
    return greeting, mistake, kept, whole, said


def wait_for_server(port, process):
    """It listens a little after it has told its port."""
    for _ in range(1000):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        os.kill(process, 0)
        time.sleep(0.01)


def ask(port, *request):
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    server.request(*request)
    answer = server.getresponse()
    body = answer.read()
    server.close()
    return answer.status, body
