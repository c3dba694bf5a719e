"""A worker that takes jobs from a list in redis, and connects anew when its connection is lost."""

import os
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads

retry = Retry(ExponentialBackoff(), 5)  # connect again, up to five times
url = os.environ["REDIS_URL"]  # as redis://127.0.0.1:6379
client = redis.from_url(url, retry=retry)
client.ping()  # redis-py imports the last of its modules when it connects

SafetyContext().enable(
    Networking().allow_start_tcp_clients(urlsplit(url).port or 6379),
    Threads().allow_sleep(),  # redis-py waits a little before it connects again
    SystemIO().allow_stdout(),
).apply_to_all_threads()

job = b""
while job != b"stop":
    _, job = client.blpop(["jobs"])
    client.rpush("done", job.upper())
print("no more jobs", flush=True)
