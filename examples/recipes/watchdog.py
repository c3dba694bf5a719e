"""Say where a program is stuck, and end it."""

import faulthandler
import threading

from pyextrasafe import SafetyContext, SystemIO, Threads

SafetyContext().enable(
    Threads().allow_create_threads(),  # the watchdog is a thread
    SystemIO().allow_stderr(),
).apply_to_all_threads()


def stuck():
    threading.Event().wait()


faulthandler.dump_traceback_later(0.1, exit=True)
stuck()
