"""The same worker, where redis is on this machine and has a UNIX socket."""

import os

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads

retry = Retry(ExponentialBackoff(), 5)  # connect again, up to five times
client = redis.from_url(os.environ["REDIS_URL"], retry=retry)  # as unix:///run/redis/redis.sock
client.ping()  # redis-py imports the last of its modules when it connects

SafetyContext().enable(
    Networking().allow_start_unix_clients(),
    Threads().allow_sleep(),  # redis-py waits a little before it connects again
    SystemIO().allow_stdout(),
).apply_to_all_threads()

job = b""
while job != b"stop":
    _, job = client.blpop(["jobs"])
    client.rpush("done", job.upper())
print("no more jobs", flush=True)
