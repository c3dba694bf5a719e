"""What starting a program needs besides the program: its loader, and its interpreter.

Sources: elf(5), execve(2).
"""

import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_PT_INTERP = 3
_MAX_DEPTH = 5  # the kernel follows as many scripts
_MAX_LINE = 256


def needed_by(path: str) -> "list[str]":
    """Return the loader and the interpreters of a program; for a directory Python's own loader."""
    found: list[str] = []
    program: str | None = "/proc/self/exe" if os.path.isdir(path) else path
    while program and len(found) < _MAX_DEPTH:
        program = _named_by(program)
        if program and _may_start(program):
            found.append(program)
        else:
            program = None
    return found


def _may_start(path: str) -> bool:
    """Tell whether the kernel would take it; a file can name whatever it likes.

    What does not exist is said when it is opened.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _named_by(path: str) -> "str | None":
    """Return the interpreter or loader that a file names; None where it names none."""
    if not os.path.isfile(path):  # a pipe would be waited for
        return None
    try:
        with open(path, "rb") as file:
            begin = file.read(64)
            name = _script(begin, file) if begin.startswith(b"#!") else _elf(begin, file)
    except (OSError, OverflowError, ValueError):  # an offset may be beyond what a file can have
        return None
    found = os.fsdecode(name.split(b"\0")[0])
    return found if found.startswith("/") else None


def _script(begin: bytes, file: "BinaryIO") -> bytes:
    line = (begin + file.read(_MAX_LINE - len(begin)))[2:].split(b"\n")[0]
    words = line.replace(b"\t", b" ").split(b" ")
    return next((word for word in words if word), b"")


def _elf(begin: bytes, file: "BinaryIO") -> bytes:
    """Return the name in the PT_INTERP segment of a 64-bit ELF file."""
    if begin[:5] != b"\x7fELF\x02" or len(begin) < 64:
        return b""
    order = "<" if begin[5] == 1 else ">"
    (table,) = struct.unpack_from(order + "Q", begin, 32)
    size, count = struct.unpack_from(order + "HH", begin, 54)
    for number in range(count):
        file.seek(table + number * size)
        header = file.read(size)
        if len(header) < 56:
            return b""
        kind, _, offset, _, _, length = struct.unpack_from(order + "IIQQQQ", header)
        if kind == _PT_INTERP:
            file.seek(offset)
            return file.read(min(length, 4096))
    return b""
