"""A daemon that tells systemd how it is, and syslog what it does: a job for each SIGUSR1."""

import logging
import logging.handlers
import os
import signal
import socket

from pyextrasafe import Networking, SafetyContext, Threads


def notify(state):
    """What sd_notify(3) does."""
    address = os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service_manager:
        service_manager.sendto(state, address)


class Handler(logging.handlers.SysLogHandler):
    """logging prints exceptions and goes on; here they end the daemon."""

    def handleError(self, record):
        raise


log = logging.getLogger("daemon")
log.setLevel(logging.INFO)
log.addHandler(Handler(os.environ.get("SYSLOG_SOCKET", "/dev/log")))
SafetyContext().enable(
    Networking().allow_start_unix_datagrams(),
    Threads().allow_sleep(),
).apply_to_all_threads()

SIGNALS = {signal.SIGUSR1, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
notify(b"READY=1")
while signal.sigwait(SIGNALS) == signal.SIGUSR1:
    log.info("a job is done")  # connects again where syslog was restarted
    notify(b"WATCHDOG=1")
notify(b"STOPPING=1")
