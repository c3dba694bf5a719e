"""The package's exception, and the refusals that several modules share."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TypeVar

    _Class = TypeVar("_Class", bound=type)


class ExtraSafeError(Exception):
    """The kernel, or the library, could not do what was asked.

    The message is a sentence that says what went wrong and what to do about it.  Where the kernel
    refused, ``__cause__`` is the :class:`OSError` that it answered with.  A wrong argument is never
    an ExtraSafeError, but a :class:`TypeError` or a :class:`ValueError`.
    """

    #: What went wrong, in a word that does not change; None where the library did not raise it:
    #: ``"contradiction"``, ``"too-long"``, ``"io-uring"`` (one is open), ``"architecture"``,
    #: ``"unsupported"`` (by the kernel), ``"outer-sandbox"`` (which refuses it), ``"thread"`` (one
    #: cannot take the filter over, or paths and ports cannot be limited in it), ``"path"`` (one
    #: cannot be opened), ``"half"`` (paths and ports are limited, and the rest failed: the program
    #: must end), ``"not-enforced"`` (a filter that was loaded does not answer: the program must
    #: end), ``"too-many"`` (filters), ``"pid"`` (the own process id is unknown), ``"kernel"``,
    #: ``"program"`` (a fault of this library), ``"format"`` (which cannot say what a filter
    #: does), and of :func:`lock_pid_file` ``"locked"`` and ``"file"``.
    code: "str | None"
    #: The kernel's error number, see :manpage:`errno(3)`; None where the kernel was not asked.
    errno: "int | None"
    #: The system call that failed, as ``"seccomp(2)"``; None where the kernel was not asked.
    operation: "str | None"
    #: The id of the thread that could not take the filter over, or of the first one in which paths
    #: and ports cannot be limited; None for every other failure.
    tid: "int | None"
    #: The path that cannot be opened; None for every other failure.
    path: "str | None"

    def __init__(
        self,
        *args: object,
        errno: "int | None" = None,
        tid: "int | None" = None,
        code: "str | None" = None,
        operation: "str | None" = None,
        path: "str | None" = None,
    ) -> None:
        super().__init__(*args)
        self.errno = errno
        self.tid = tid
        self.code = code
        self.operation = operation
        self.path = path


def final(cls: "_Class") -> "_Class":
    """Make a class refuse subclasses, of which typing.final only tells type checkers."""

    def refuse(subclass: type, **_: object) -> "NoReturn":
        hint = getattr(subclass, "_instead", "")
        raise TypeError(f"type '{cls.__name__}' is not an acceptable base type{hint}")

    cls.__init_subclass__ = classmethod(refuse)  # type: ignore[arg-type, assignment]
    return cls


def integer(value: object) -> int:
    """Return the exact int of an int or an object with __index__; a bool is no number here."""
    if isinstance(value, bool):
        raise TypeError("'bool' object cannot be interpreted as an integer")
    # range() asks as operator.index() does, and operator would be one more module to load.
    return int(range(value).stop)  # type: ignore[call-overload]
