"""A Celery worker on redis whose processes lock themselves down before their first task."""

import os
import secrets  # every pool of connections to redis imports it
from urllib.parse import urlsplit

from celery import Celery
from celery.signals import worker_process_init
from celery.utils.log import get_task_logger

from pyextrasafe import Networking, SafetyContext, SystemIO

redis = os.environ["REDIS_URL"]  # as redis://127.0.0.1:6379/0
app = Celery("words", broker=redis, backend=redis)
logger = get_task_logger(__name__)


@app.task(name="words.count")
def count(text):
    number = len(text.split())
    logger.warning("counted %d", number)
    return number


@app.task(name="words.peek", throws=PermissionError)
def peek(path):
    with open(path) as file:
        return file.read()


@worker_process_init.connect
def lock_down(**details):
    # Celery logs exceptions of receivers and goes on, so a failure has to end the process.
    try:
        SafetyContext().enable(
            # It sends results itself.
            Networking().allow_start_tcp_clients(urlsplit(redis).port or 6379),
            SystemIO().allow_stderr(),
        ).apply_to_all_threads()
    except Exception as error:
        raise SystemExit(f"not locked down: {error}") from error


app.worker_main(["worker", "--concurrency=1", "--loglevel=warning", "--without-mingle"])
