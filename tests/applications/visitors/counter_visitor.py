"""Count in the same file at the same time."""

import fcntl


def visit(process):
    with open("counter", "r+") as counter:
        for _ in range(100):
            fcntl.flock(counter, fcntl.LOCK_EX)
            counter.seek(0)
            number = int(counter.read())
            counter.seek(0)
            counter.write(str(number + 1))
            counter.flush()
            fcntl.flock(counter, fcntl.LOCK_UN)
