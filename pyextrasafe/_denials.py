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
    """A call that was denied, and where: see :func:`denials`.

    It is plain data that does not change: it can be compared, copied, pickled, and used as a key.
    ``str()`` is the block that is written to standard error.
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

    #: The name of the system call.
    call: str
    #: Its arguments in words, as ``'AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC'``; a question mark
    #: stands for what no filter sees.
    arguments: str
    #: The error number that it failed with: EPERM or ENOSYS by the filter, EACCES or EXDEV by
    #: Landlock.
    errno: int
    #: The first path of the call as it was told, or the address of a socket; None without one.
    path: "str | None"
    #: Where the program was, the innermost frame first: file, line and function.  Empty where no
    #: Python was running, and after :mod:`atexit`.
    stack: "tuple[tuple[str, int, str], ...]"
    #: The id of the thread the first time, see :manpage:`gettid(2)`.
    thread: int
    #: The id of the process the first time: this one, or one that was forked from it.
    pid: int
    #: How often it was denied.  What is denied with the same arguments at several places can be
    #: counted at one of them.
    count: int
    #: What would allow the call if the context had it as well, as code, the narrowest first: see
    #: :attr:`Decision.needs`.  Empty where no permission would.
    needs: "tuple[str, ...]"
    #: The module that was being imported; None if none was.
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
    """Tell what was denied by contexts that explain their denials.

    That is each call once for each place in the program, in the order in which they were denied
    first, by this process and by those that it forked since the first such context was applied.  A
    program that was started by :manpage:`execve(2)` reports nothing.  There is room for 256; what
    is denied later is not among them.

    Whatever runs in the process can change what this returns: it is an aid for whoever writes the
    program, and no record of an attack.  It works in any thread, and in children.

    :return: plain data; empty if no context explains its denials
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
