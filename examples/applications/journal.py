"""Keep a journal in a database that other processes read at the same time: sqlite's WAL mode."""

import contextlib
import sqlite3

from pyextrasafe import SafetyContext, SystemIO, Threads


def connect():
    return contextlib.closing(sqlite3.connect("data/journal.db"))


SafetyContext().enable(
    SystemIO()
    .allow_scratch_dir("data")  # sqlite makes and removes files beside the database
    .allow_map_files()
    .allow_locks()
    .allow_stdout(),
    Threads().allow_sleep(),  # sqlite waits so for others who hold the database
).apply_to_all_threads()

with connect() as database:
    database.execute("pragma journal_mode = wal").fetchall()
    database.execute("create table if not exists journal (line)")
    for number in range(100):
        with database:
            database.execute("insert into journal values (?)", [number])
    ((total,),) = database.execute("select sum(line) from journal")
print(total, flush=True)
