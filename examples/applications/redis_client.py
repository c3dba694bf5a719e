"""A client of redis that keeps to the connection that it has."""

import os

import redis

from pyextrasafe import Networking, SafetyContext, SystemIO

client = redis.Redis.from_url(os.environ["REDIS_URL"])
client.ping()  # connects, and imports what connecting needs
SafetyContext().enable(
    Networking().allow_running_tcp_clients(),
    SystemIO().allow_stdout(),
).apply_to_all_threads()

client.set("a name", "a value")
print(client.ping(), client.get("a name"), flush=True)
