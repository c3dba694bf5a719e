"""Keep a journal in a database that other processes read at the same time: sqlite's WAL mode."""

import contextlib
import sqlite3

from pyextrasafe import SafetyContext, SystemIO, Threads


def connect():
    return contextlib.closing(sqlite3.connect("journal.db"))


# To change the mode and to make the tables removes a file; later nothing is removed.
with connect() as database:
    database.execute("pragma journal_mode = wal")
    database.execute("create table if not exists journal (line)")

SafetyContext().enable(
    SystemIO().allow_open().allow_read().allow_write().allow_metadata().allow_locks(),
    Threads().allow_sleep(),  # sqlite waits so for others who hold the database
).apply_to_all_threads()

with connect() as database:
    for number in range(100):
        with database:
            database.execute("insert into journal values (?)", [number])
    ((total,),) = database.execute("select sum(line) from journal")
print(total, flush=True)
