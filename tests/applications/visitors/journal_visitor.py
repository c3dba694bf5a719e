"""Read the journal while it is written; returns the number of lines in the end."""

import os
import sqlite3
import time


def visit(process):
    lines = 0
    while not os.path.exists("data/journal.db-shm"):  # the mode is changed where nobody else looks
        os.kill(process, 0)
    while lines < 100:
        os.kill(process, 0)  # raises if it has ended
        time.sleep(0.01)
        try:
            database = sqlite3.connect("data/journal.db")
            ((lines,),) = database.execute("select count(*) from journal")
            database.close()
        except sqlite3.OperationalError:  # it is made just now
            pass
    return lines
