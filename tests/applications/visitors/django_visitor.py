"""Log in to the admin, first with a wrong password, add a group, and end the server."""

import http.client
import os
import pathlib
import re
import signal
import sqlite3
import time
import urllib.parse


def visit(process):
    while not (os.path.exists("port") and os.path.getsize("port")):
        os.kill(process, 0)
        time.sleep(0.01)
    browser = Browser(int(pathlib.Path("port").read_text()))
    try:
        wrong = browser.submit("/admin/login/", username="admin", password="guessed")
        right = browser.submit("/admin/login/", username="admin", password="known")
        added = browser.submit("/admin/auth/group/add/", name="readers")
        listed = browser.ask("GET", "/admin/auth/group/")
    except OSError:  # a worker has ended, and the server ends by itself
        while True:
            os.kill(process, 0)
            time.sleep(0.01)
    os.kill(process, signal.SIGTERM)
    rows = sqlite3.connect("data/db.sqlite3").execute("SELECT name FROM auth_group").fetchall()
    return wrong[0], right[0], added[0], b"readers" in listed[1], rows


class Browser:
    def __init__(self, port):
        self.port = port
        self.cookies = {}

    def ask(self, method, path, body=None):
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookies = "; ".join(map("=".join, self.cookies.items()))
        kind = "application/x-www-form-urlencoded"
        server.request(method, path, body, {"Cookie": cookies, "Content-Type": kind})
        answer = server.getresponse()
        page = answer.read()
        server.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, page

    def submit(self, path, **fields):
        """Fill in a form."""
        _, page = self.ask("GET", path)
        tokens = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        fields["csrfmiddlewaretoken"] = tokens[0].decode() if tokens else ""
        return self.ask("POST", path, urllib.parse.urlencode(fields))
