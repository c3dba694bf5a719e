"""Have tasks run, with the connection for results closed between them; then end the worker."""

import os
import signal

import redis
from celery import Celery, exceptions


def visit(process):
    url = os.environ["REDIS_URL"]
    server = redis.from_url(url)
    server.flushall()
    open("ready", "w").close()
    app = Celery(broker=url, backend=url)
    try:
        answers = [run(app, process, "words.count", "a b c")]
        answers.append(run(app, process, "words.peek", "ready"))
        # A transaction stores a result; the process has connected for its first one.
        stored = [int(other["id"]) for other in server.client_list() if other["cmd"] == "exec"]
        server.client_kill_filter(_id=max(stored))
        answers.append(run(app, process, "words.count", "a b c d"))
    finally:
        os.kill(process, signal.SIGTERM)
    return answers


def run(app, process, name, argument):
    result = app.send_task(name, [argument])
    for _ in range(100):
        os.kill(process, 0)  # raises if it has ended
        try:
            return result.get(timeout=0.2)
        except exceptions.TimeoutError:
            pass
        except PermissionError as error:
            return str(error)
    return "no result"
