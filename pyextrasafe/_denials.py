"""Denial and denials(): what a context that explains its denials has denied."""

from . import _ffi
from ._ffi import ffi, lib
from ._immutable import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, final
else:
    from ._errors import final

_DENIAL = ffi.typeof("es_denial *")
_COUNT = ffi.typeof("uint64_t *")
_OF_PYPY = " [jitted]"
_SHOWN = 3  # of what would allow a call (csrc/observe/explain.c)


@final
class Denial(Result):
    """A call that was denied, and where in the program: see `denials`.

    It is plain data that does not change: you can compare, copy and pickle it, and use it as a key.
    `str()` returns the block that is written to standard error.

    Attributes:
        call: The name of the system call, see syscalls(2).
        arguments: Its arguments in words, such as `AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC`. A
            question mark stands for what a filter does not see.
        errno: The error number that the call failed with, see errno(3): EPERM or ENOSYS by the
            filter, EACCES or EXDEV by Landlock.
        path: The first path of the call, as the program passed it, or the address of a socket; None
            if it has neither.
        stack: Where the program was, the innermost frame first: file, line and function. Empty if
            no Python code was running, and after the functions of atexit have run.
        thread: The id of the thread that made the call the first time, see gettid(2).
        pid: The id of the process that made the call the first time: this one, or one that was
            forked from it.
        count: How often the call was denied. If a call is denied with the same arguments at several
            places, all of them may be counted at one.
        needs: What you could enable to allow the call, as code, the narrowest first: see
            `Decision.needs`. Empty if no permission would allow it.
        late_import: The name of the module that was being imported; None if none was.
    """

    __slots__ = (
        "arguments",
        "call",
        "count",
        "errno",
        "late_import",
        "needs",
        "path",
        "pid",
        "stack",
        "thread",
    )

    call: str
    arguments: str
    errno: int
    path: "str | None"
    stack: "tuple[tuple[str, int, str], ...]"
    thread: int
    pid: int
    count: int
    needs: "tuple[str, ...]"
    late_import: "str | None"

    _made_by = "denials()"

    def __repr__(self) -> str:
        return f"<Denial {self.call}({self.arguments}) with {_ffi.errno_name(self.errno)}>"

    def __str__(self) -> str:
        name = _ffi.errno_name(self.errno)
        lines = [f"pyextrasafe: denied {self.call}({self.arguments}) with {name}"]
        if self.late_import is not None:
            where = f" at {self.stack[0][0]}:{self.stack[0][1]}" if self.stack else ""
            lines.append(
                f"  late import of {self.late_import!r}{where}: import it before the lock-down"
            )
        if self.needs:
            lines.append(f"  needs {' or '.join(self.needs[:_SHOWN])}")
        else:
            lines.append("  no permission allows it here")
        lines += [f'  File "{file}", line {line} in {name}' for file, line, name in self.stack]
        return "\n".join(lines)


def denials() -> "list[Denial]":
    """Return what was denied by contexts that explain their denials.

    The list contains each call once for each place in the program and each path or address, in the
    order in which they were first denied: by this process, and by those that were forked from it
    since the first such context was applied. A program that was started by execve(2) reports
    nothing. There is room for 256 denials, and for 64 of one place; later ones are left out.

    You can call it in any thread and in child processes. Code that runs in the process can change
    what it returns: use it to write a program, and not as a record of attacks.

    Returns:
        The denials; an empty list if no context explains its denials.
    """
    # One that another process has only begun to note is left out.
    found = [at(index) for index in range(lib.ES_DENIALS)]
    return [denial for denial in found if denial is not None]


def at(index: int) -> "Denial | None":
    """Return a denial by its index, or None if there is no such one."""
    place, count = ffi.new(_DENIAL), ffi.new(_COUNT)
    if lib.es_denial_get(index, place, ffi.sizeof("es_denial"), count) != lib.ES_OK:
        return None
    call, _, arguments = _text(place.words).partition("(")
    return Denial._make(
        call=call,
        arguments=arguments[:-1] if arguments.endswith(")") else arguments,
        errno=place.errnum,
        path=_text(place.path) or None,
        stack=_frames(_text(place.stack)),
        thread=place.thread,
        pid=place.process,
        count=int(count[0]),
        needs=tuple(_text(place.needs).splitlines()),
        late_import=_text(place.imported) or None,
    )


def _text(pointer: "Any") -> str:
    return ffi.string(pointer).decode("utf-8", "surrogateescape")


def _frames(stack: str) -> "tuple[tuple[str, int, str], ...]":
    """Return the frames of lines as '  File "app.py", line 12 in load'."""
    found = []
    for line in stack.split("\n"):
        file, _, rest = line.strip()[len('File "') :].rpartition('", line ')
        number, _, name = rest.partition(" in ")
        if number.isdigit():
            found.append((file, int(number), name.replace(_OF_PYPY, "")))
    return tuple(found)
