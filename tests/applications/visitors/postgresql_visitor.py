"""Give the worker jobs, and end its connection in the middle of a query between them."""

import os
import time

import psycopg

END_WAITING = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
"""


def visit(process):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS jobs")
        connection.execute("CREATE TABLE jobs (id serial, word text, answer text)")
        open("ready", "w").close()
        answers = [answer(connection, "tea", process)]
        with connection.transaction():
            connection.execute("LOCK TABLE jobs")
            while not connection.execute(END_WAITING).fetchone():
                os.kill(process, 0)
                time.sleep(0.02)
        answers.append(answer(connection, "milk", process))
        connection.execute("INSERT INTO jobs (word) VALUES ('stop')")
    return answers


def answer(connection, word, process):
    connection.execute("INSERT INTO jobs (word) VALUES (%s)", [word])
    while True:
        os.kill(process, 0)  # raises if it has ended
        row = connection.execute("SELECT answer FROM jobs WHERE word = %s", [word]).fetchone()
        if row[0] is not None:
            return row[0]
        time.sleep(0.02)
