"""Import an extension module after the lock-down, with a library of the system."""

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(
    SystemIO().allow_python_files().allow_stdout(),
).apply_to_all_threads()

import sqlite3

answer = sqlite3.connect(":memory:").execute("select 6 * 7")
print(answer.fetchall(), flush=True)
