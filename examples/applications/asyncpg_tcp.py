"""A worker on asyncio that takes jobs from a table of PostgreSQL, with a pool of connections."""

import asyncio
import os
from urllib.parse import urlsplit

import asyncpg

from pyextrasafe import Networking, SafetyContext, SystemIO


async def work(pool):
    """Do a job, if there is one, and return its word."""
    row = await pool.fetchrow("SELECT id, word FROM jobs WHERE answer IS NULL")
    if row is None:
        return None
    update = "UPDATE jobs SET answer = $1 WHERE id = $2"
    await pool.execute(update, row["word"].upper(), row["id"])
    return row["word"]


async def main():
    # DATABASE_URL is, for example, postgresql://app:secret@127.0.0.1/app?sslmode=disable
    url = os.environ["DATABASE_URL"]
    pool = await asyncpg.create_pool(url, min_size=1)

    SafetyContext().enable(
        Networking().allow_start_tcp_clients(urlsplit(url).port or 5432),
        SystemIO().allow_stdout(),
    ).apply_to_all_threads()

    word = None
    while word != "stop":
        try:
            word = await work(pool)
        except asyncpg.PostgresConnectionError:  # the pool makes another connection
            pass
        await asyncio.sleep(0.02)
    print("no more jobs", flush=True)


asyncio.run(main())
