"""A daemon that reads its configuration again at SIGHUP, and ends at SIGTERM."""

import signal
import time

from pyextrasafe import SafetyContext, SystemIO, Threads


def read_again(number, frame):
    configuration.seek(0)
    log.write(configuration.read())


configuration = open("configuration", "rb", buffering=0)
log = open("log", "wb", buffering=0)
signal.signal(signal.SIGHUP, read_again)
signal.signal(signal.SIGTERM, signal.default_int_handler)

SafetyContext().enable(
    Threads().allow_sleep(),
    SystemIO().allow_file_read(configuration.fileno()).allow_file_write(log.fileno()),
).apply_to_all_threads()

try:
    while True:
        time.sleep(0.05)
        log.write(b".")
except KeyboardInterrupt:
    pass
