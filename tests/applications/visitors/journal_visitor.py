"""Read the journal while it is written; returns the number of lines in the end."""

import os
import sqlite3
import time


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def visit(process):
    # The mode is changed where nobody else looks.
    while is_running(process) and not os.path.exists("data/journal.db-shm"):
        pass
    lines, goes_on = 0, True
    while lines < 100 and goes_on:
        goes_on = is_running(process)  # it may end between two looks
        time.sleep(0.01)
        try:
            database = sqlite3.connect("data/journal.db")
            ((lines,),) = database.execute("select count(*) from journal")
            database.close()
        except sqlite3.OperationalError:  # it is made just now
            pass
    return lines
