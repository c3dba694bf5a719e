"""Threads that wait, and then list a directory that no path of a test names."""

import os
import threading


def look():
    """List it: 0, or the errno of the refusal."""
    try:
        os.listdir("/")
    except PermissionError as error:
        return error.errno
    return 0


class Lookers:
    """So many of them; each calls first before it waits, and all wait when this is made."""

    def __init__(self, count, first=None):
        self._go = threading.Event()
        self._outcomes = []
        waiting = threading.Semaphore(0)

        def work():
            if first:
                first()
            waiting.release()
            self._go.wait()
            self._outcomes.append(look())

        self._threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in self._threads:
            thread.start()
        for _ in self._threads:
            waiting.acquire()

    def outcomes(self):
        """Let them look; what each of them got."""
        self._go.set()
        for thread in self._threads:
            thread.join()
        return self._outcomes
