"""A worker that takes jobs from a table of PostgreSQL, with a pool that replaces connections."""

import os
import time
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import ConnectionPool

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads


def work(connection):
    """Do a job, if there is one, and return its word."""
    row = connection.execute("SELECT id, word FROM jobs WHERE answer IS NULL").fetchone()
    if row is None:
        return None
    number, word = row
    connection.execute("UPDATE jobs SET answer = %s WHERE id = %s", [word.upper(), number])
    return word


url = os.environ["DATABASE_URL"]  # as postgresql://app:secret@127.0.0.1/app
with ConnectionPool(url, min_size=1, timeout=5) as pool:
    pool.wait()  # its threads have started, and it has connected

    # These threads are there already: each is interrupted, to have its ports limited.
    SafetyContext().interrupt_threads().enable(
        Networking().allow_start_tcp_clients(urlsplit(url).port or 5432),
        Threads().allow_sleep(),
        SystemIO().allow_stdout().allow_stderr(),  # the pool warns by logging
    ).apply_to_all_threads()

    word = None
    while word != "stop":
        try:
            with pool.connection() as connection:
                word = work(connection)
        except psycopg.errors.AdminShutdown:  # the pool makes another connection
            pass
        time.sleep(0.02)
    print("no more jobs", flush=True)
