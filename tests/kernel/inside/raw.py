"""Raw system calls, with every argument as a whole 64-bit word. Load it before the lock-down."""

import ctypes
import os


class Raw:
    """raw(name or number, *arguments) makes a system call; a failure is an OSError."""

    def __init__(self, numbers):
        self._numbers = numbers
        self._kept = []
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._call.restype = ctypes.c_long
        self._call.argtypes = [ctypes.c_long] * 7
        self("getpid")  # whatever ctypes does at a first call, it does now

    def __call__(self, name, *arguments):
        number = self._numbers[name] if isinstance(name, str) else name
        words = [number, *arguments] + [0] * (6 - len(arguments))
        ctypes.set_errno(0)
        result = self._call(*[word if word < 1 << 63 else word - (1 << 64) for word in words])
        if result == -1:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return result

    def number(self, name):
        """The number of a call."""
        return self._numbers[name]

    def memory(self, data):
        """The address of a copy of these bytes, or of so many zeros; it stays where it is."""
        data = bytes(data)
        memory = ctypes.create_string_buffer(data, len(data))
        self._kept.append(memory)
        return ctypes.addressof(memory)

    def path(self, path):
        """The address of a path."""
        return self.memory(os.fsencode(path) + b"\0")

    def vector(self, data):
        """The address of a struct iovec that holds these bytes (or so many zeros)."""
        address = self.memory(data)
        length = data if isinstance(data, int) else len(data)
        return self.memory(address.to_bytes(8, "little") + length.to_bytes(8, "little"))

    def read(self, address, length):
        """The bytes at an address."""
        return ctypes.string_at(address, length)
