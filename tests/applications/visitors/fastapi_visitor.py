"""Ask for a greeting, make a mistake, upload 5 MB, talk on a WebSocket, and end the server."""

import http.client
import os
import pathlib
import signal
import time

from websockets.sync.client import connect

CONTENT = bytes(range(256)) * 20480
FORM = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n%b\r\n--edge--\r\n'


def visit(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
        time.sleep(0.01)
    port = int(pathlib.Path("port").read_text())
    while True:  # until it listens
        try:
            greeting = ask(port, "GET", "/greet/Ada?times=2")
            break
        except ConnectionRefusedError:
            os.kill(process, 0)
            time.sleep(0.01)
    try:
        mistake = ask(port, "GET", "/greet/Ada?times=many")[0]
        form = {"Content-Type": "multipart/form-data; boundary=edge"}
        kept = ask(port, "POST", "/upload", FORM % CONTENT, form)
        with connect(f"ws://127.0.0.1:{port}/echo", close_timeout=5) as talk:
            said = []
            for word in ("one", "two" * 100_000):
                talk.send(word)
                said.append(talk.recv(timeout=20) == word)
    finally:
        os.kill(process, signal.SIGINT)
    whole = pathlib.Path("uploads/large").read_bytes() == CONTENT
    return greeting, mistake, kept, whole, said


def ask(port, *request):
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    server.request(*request)
    answer = server.getresponse()
    body = answer.read()
    server.close()
    return answer.status, body
