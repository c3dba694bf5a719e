"""Look at a page, fetch a static file, miss a page, upload 2 MB and little, and end the server."""

import http.client
import os
import pathlib
import signal
import time

LARGE = bytes(range(256)) * 8192
FORM = b"--edge\r\nContent-Disposition: form-data; name=file; filename=%b\r\n\r\n%b\r\n--edge--\r\n"


def visit(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
        time.sleep(0.01)
    port = int(pathlib.Path("port").read_text())
    try:
        answers = [ask(port, "GET", path) for path in ("/?name=Ada", "/static/style.css", "/no")]
        kept = [upload(port, b"large", LARGE), upload(port, b"small", b"a few bytes")]
    except OSError:  # a worker has ended, and the server ends by itself
        while True:
            os.kill(process, 0)
            time.sleep(0.01)
    os.kill(process, signal.SIGTERM)
    return answers, kept


def ask(port, *request):
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    server.request(*request)
    answer = server.getresponse()
    body = answer.read()
    server.close()
    return answer.status, body if answer.status == 200 else b""


def upload(port, name, content):
    """Are all bytes kept?"""
    form = {"Content-Type": "multipart/form-data; boundary=edge"}
    if ask(port, "POST", "/upload", FORM % (name, content), form) != (200, b"kept"):
        return False
    return pathlib.Path("uploads", os.fsdecode(name)).read_bytes() == content
