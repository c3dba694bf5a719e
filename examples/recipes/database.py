"""Keep numbers in a database, and add them up."""

import sqlite3

from pyextrasafe import Custom, SafetyContext, SystemIO

SafetyContext().enable(
    SystemIO().allow_open().allow_read().allow_write().allow_metadata().allow_locks(),
    Custom().add_simple("unlink"),
).apply_to_all_threads()

with sqlite3.connect("numbers.db") as database:
    database.execute("create table numbers (n)")
    database.executemany("insert into numbers values (?)", [(n,) for n in range(100)])
((total,),) = database.execute("select sum(n) from numbers")
database.close()
print(total, flush=True)
