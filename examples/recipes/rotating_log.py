"""A daemon that writes a log, and starts a new file when one is full."""

import logging.handlers

from pyextrasafe import SafetyContext, SystemIO


class Log(logging.handlers.RotatingFileHandler):
    def handleError(self, record):
        raise  # logging would print the exception, and go on without a log


log = Log("logs/daemon.log", maxBytes=30, backupCount=2)
logging.basicConfig(handlers=[log], format="%(message)s")

SafetyContext().enable(
    SystemIO().allow_scratch_dir("logs"),
).apply_to_all_threads()

for number in range(10):
    logging.warning("message %d", number)
