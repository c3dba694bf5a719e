"""Ways round the promises about reading, writing and opening, each judged by its effect."""

import ctypes
import os
import socket

from constants import AT_FDCWD, F_DUPFD_CLOEXEC, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE

PAGE = 4096
TEXT = b"secret.."
F_DUPFD = 0


class Victim:
    """A file that is open at a number which the promise says nothing of."""

    def __init__(self, raw, number):
        self.number = number
        with open(f"victim {number}", "w+b") as file:
            file.write(TEXT * (PAGE // len(TEXT)))
            file.flush()
            os.dup2(file.fileno(), number)
            os.lseek(number, 0, os.SEEK_SET)
        self._map = raw("mmap", 0, PAGE, PROT_READ, MAP_SHARED, number, 0)

    def has(self, text):
        return text in ctypes.string_at(self._map, PAGE)


class Ways:
    """From a descriptor that is allowed to one that is not. Make it before the lock-down."""

    def __init__(self, raw, allowed, victim):
        self._raw = raw
        self._allowed = allowed
        self._victim = Victim(raw, victim)
        self._memory = raw.memory(bytes(len(TEXT)))
        vector = self._memory.to_bytes(8, "little") + len(TEXT).to_bytes(8, "little")
        self._vector = raw.memory(vector)
        self._ours, self._theirs = socket.socketpair()
        self._sent = 0

    def _calls(self, verb, fd):
        """Return the calls that read the file into the memory, or write the memory to it."""
        memory, vector, length = self._memory, self._vector, len(TEXT)
        return [
            (f"p{verb}64", fd, memory, length, 0),
            (f"p{verb}v", fd, vector, 1, 0, 0),
            (f"p{verb}v2", fd, vector, 1, 0, 0, 0),
            (verb, fd, memory, length),
            (f"{verb}v", fd, vector, 1),
        ]

    def _copies(self, fd):
        """Yield ways to another number, the allowed one among them."""
        raw, allowed = self._raw, self._allowed
        yield "itself", lambda: fd
        yield "dup2", lambda: raw("dup2", fd, allowed)
        yield "dup3", lambda: raw("dup3", fd, allowed, 0)
        yield "dup", lambda: raw("dup", fd)
        yield "F_DUPFD", lambda: raw("fcntl", fd, F_DUPFD, allowed)
        yield "F_DUPFD_CLOEXEC", lambda: raw("fcntl", fd, F_DUPFD_CLOEXEC, 0)
        yield "F_DUPFD_CLOEXEC from 3", lambda: raw("fcntl", fd, F_DUPFD_CLOEXEC, 3)
        yield "message", lambda: self._send(fd)
        yield (
            "close and F_DUPFD_CLOEXEC",
            lambda: self._free() or raw("fcntl", fd, F_DUPFD_CLOEXEC, allowed),
        )
        yield "close and dup", lambda: self._free() or raw("dup", fd)

    def _free(self):
        try:
            self._raw("close", self._allowed)
        except OSError:
            pass

    def _send(self, fd):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fd.to_bytes(4, "little"))]
        self._ours.sendmsg([b"x"], rights)
        _, (message,), _, _ = self._theirs.recvmsg(1, socket.CMSG_SPACE(4))
        return int.from_bytes(message[2][:4], "little")

    def _map(self, fd, protection, kind):
        return self._raw("mmap", 0, PAGE, protection, kind, fd, 0)

    def _reads(self, fd):
        for call in self._calls("read", fd):
            ctypes.memset(self._memory, 0, len(TEXT))
            if attempt(self._raw, *call) and self._raw.read(self._memory, len(TEXT)) == TEXT:
                return True
        return any(attempt(self._map, fd, PROT_READ, kind) for kind in (MAP_PRIVATE, MAP_SHARED))

    def _writes(self, fd):
        self._sent += 1
        text = (os.getpid() << 16 | self._sent).to_bytes(len(TEXT), "big")  # nobody else's
        ctypes.memmove(self._memory, text, len(text))
        for call in self._calls("write", fd):
            if attempt(self._raw, *call) and self._victim.has(text):
                return True
        place = attempt(self._map, fd, PROT_READ | PROT_WRITE, MAP_SHARED)
        if place:
            ctypes.memmove(place, text, len(text))
        return self._victim.has(text)

    def found(self, does):
        """Return the first way that leads to the victim, or None; does is "reads" or "writes"."""
        through = {"reads": self._reads, "writes": self._writes}[does]
        for name, copy in self._copies(self._victim.number):
            fd = attempt(copy)
            if fd is not None and through(fd):
                return name
        return None


def attempt(function, *arguments):
    """Return what a call returns, None where it fails."""
    try:
        return function(*arguments)
    except OSError:
        return None


def openings(raw):
    """Return the modes in which a file can be opened but for reading, or made."""
    path, made = raw.path("victim"), raw.path("made")
    modes = {
        "O_WRONLY": os.O_WRONLY,
        "O_RDWR": os.O_RDWR,
        "O_TRUNC": os.O_TRUNC,
        "O_APPEND": os.O_APPEND,
        "O_CREAT": os.O_CREAT,
    }
    calls = {"creat": ("creat", made, 0o600), "truncate": ("truncate", path, 0)}
    for name, mode in modes.items():
        calls[f"open {name}"] = ("open", path, mode, 0o600)
        calls[f"openat {name}"] = ("openat", AT_FDCWD, path, mode, 0o600)
    return lambda: [name for name, call in calls.items() if attempt(raw, *call) is not None]
