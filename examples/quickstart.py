"""Quick start: a thread can be started before the lock-down, and not after it.

Run it with `python examples/quickstart.py`.  The exit status is 0 when the kernel refused the
second thread, and 1 when it did not.
"""

import sys
from threading import Thread

import pyextrasafe


def greet_from_a_thread(greeting):
    thread = Thread(target=print, args=[greeting])
    thread.start()
    thread.join()


greet_from_a_thread("1. Before the lock-down: a new thread says hello.")

pyextrasafe.SafetyContext().enable(
    pyextrasafe.BasicCapabilities(),
    pyextrasafe.SystemIO().allow_stdout().allow_stderr(),
).apply_to_all_threads()

print("2. Locked down: from here on this program may compute and print, and nothing else.")

try:
    greet_from_a_thread("3. This sentence must never appear.")
except RuntimeError as refusal:
    print("3. The kernel refused a second thread:", refusal)
else:
    sys.exit("The lock-down does not work: a thread was started after it.")
