"""A client that looks up the names of hosts after the lock-down."""

import os

import httpx

from pyextrasafe import Networking, SafetyContext, SystemIO

client = httpx.Client(timeout=20, trust_env=False)
SafetyContext().enable(
    # 53 is the port of name servers, for answers that are too long for UDP.
    Networking().allow_start_tcp_clients(80, 53).allow_name_lookup(),
    SystemIO().allow_dns_files().allow_stdout(),
).apply_to_all_threads()

for url in os.environ["URLS"].split():
    print(url, client.get(url).text, flush=True)
