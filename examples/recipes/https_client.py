"""Fetch a page over TLS. Certificates are loaded before the lock-down."""

import pathlib
import ssl

import urllib3

from pyextrasafe import Networking, SafetyContext, SystemIO

context = ssl.create_default_context(cafile="localhost.pem")
pool = urllib3.PoolManager(ssl_context=context)
port = int(pathlib.Path("port").read_text())

SafetyContext().enable(
    Networking().allow_start_tcp_clients(port),
    SystemIO().allow_stdout(),
).apply_to_all_threads()

answer = pool.request("GET", f"https://127.0.0.1:{port}/", retries=False)
print(answer.status, answer.data.decode(), flush=True)
