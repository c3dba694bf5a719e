"""Count in a file that several processes count in: it is locked by flock."""

import fcntl

from pyextrasafe import SafetyContext, SystemIO

counter = open("counter", "r+")

SafetyContext().enable(
    SystemIO()
    .allow_file_read(counter.fileno())
    .allow_file_write(counter.fileno())
    .allow_locks()
    .allow_stdout()
).apply_to_all_threads()

for _ in range(100):
    fcntl.flock(counter, fcntl.LOCK_EX)
    counter.seek(0)
    number = int(counter.read())
    counter.seek(0)
    counter.write(str(number + 1))
    counter.flush()
    fcntl.flock(counter, fcntl.LOCK_UN)
print("counted", flush=True)
