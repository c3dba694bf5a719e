"""A client that looks up the names of hosts after the lock-down."""

import os

import httpx

from pyextrasafe import Networking, SafetyContext, SystemIO

client = httpx.Client(timeout=20, trust_env=False)
SafetyContext().enable(
    Networking().allow_start_tcp_clients().allow_name_lookup(),
    SystemIO()
    .allow_open_readonly()  # the files of the resolver
    .allow_metadata()
    .allow_stdout(),
).apply_to_all_threads()

for url in os.environ["URLS"].split():
    print(url, client.get(url).text, flush=True)
