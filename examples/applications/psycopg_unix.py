"""A worker that takes jobs from a table of PostgreSQL on this machine, and connects again."""

import os
import time

import psycopg

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads


def connect():
    # DATABASE_URL is, for example, postgresql://app:secret@/app?host=/run/postgresql
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def work(connection):
    """Do a job, if there is one, and return its word."""
    row = connection.execute("SELECT id, word FROM jobs WHERE answer IS NULL").fetchone()
    if row is None:
        return None
    number, word = row
    connection.execute("UPDATE jobs SET answer = %s WHERE id = %s", [word.upper(), number])
    return word


connection = connect()

SafetyContext().enable(
    Networking().allow_start_unix_clients(),
    Threads().allow_sleep(),
    SystemIO().allow_stdout(),
).apply_to_all_threads()

word = None
while word != "stop":
    try:
        word = work(connection)
    except psycopg.errors.AdminShutdown:
        connection = connect()
    time.sleep(0.02)
print("no more jobs", flush=True)
