"""Keep numbers in a database, and add them up."""

import sqlite3

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(
    SystemIO().allow_scratch_dir("data").allow_locks().allow_stdout(),
).apply_to_all_threads()

with sqlite3.connect("data/numbers.db") as database:
    database.execute("create table numbers (n)")
    database.executemany("insert into numbers values (?)", [(n,) for n in range(100)])
((total,),) = database.execute("select sum(n) from numbers")
database.close()
print(total, flush=True)
