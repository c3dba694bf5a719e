"""Ways in which a thread waits, each of which ends when it is told to, and no sooner."""

import asyncio
import os
import select
import socket
import threading
import time


class Waits:
    """The ways by their names, and how all of them end."""

    def __init__(self):
        self._reading, self._writing = os.pipe()
        self._one, self._other = socket.socketpair()
        self._lock = threading.Lock()
        self._lock.acquire()
        self._go = threading.Event()
        self.ways = {
            "event": self._go.wait,
            "sleep": lambda: self._until_end(lambda: time.sleep(1)),
            "read": lambda: os.read(self._reading, 1),
            "recv": lambda: self._other.recv(1),
            "lock": lambda: self._lock.acquire() and self._lock.release(),
            "select": lambda: select.select([self._reading], [], []),
            "poll": lambda: self._until_end(lambda: select.poll().poll(1000)),
            "busy": lambda: self._until_end(int),
            "asyncio": lambda: asyncio.run(self._loop()),
        }

    def _until_end(self, wait):
        while not self._go.is_set():
            wait()

    async def _loop(self):
        while not self._go.is_set():
            await asyncio.sleep(0.01)

    def end(self, count):
        """Let so many threads go on."""
        self._go.set()
        for _ in range(count):
            os.write(self._writing, b"x")
            self._one.send(b"x")
        self._lock.release()
