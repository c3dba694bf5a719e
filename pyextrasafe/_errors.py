"""The package's exception, and the refusals that several modules share."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeVar

    _Class = TypeVar("_Class", bound=type)


class ExtraSafeError(Exception):
    """The kernel, or the library, could not do what was asked.

    The message is a sentence that says what went wrong and what to do about it. Where the kernel
    refused, `__cause__` is the `OSError` with its answer. A wrong argument raises a `TypeError` or
    a `ValueError` instead.

    The attribute `code` also says what went wrong, in a word that does not change:

    * `"contradiction"`: one permission promises a limit that another one lifts.
    * `"too-long"`: the filter would have more than 4,096 instructions.
    * `"io-uring"`: an io_uring(7) is open, and its requests bypass the filter.
    * `"architecture"`: the library does not support this machine's architecture.
    * `"unsupported"`: the kernel, or the program as it is, cannot do what was asked.
    * `"outer-sandbox"`: a sandbox around the program, or a context that was applied before, refuses
      a system call that is needed.
    * `"thread"`: a thread cannot take over the filter, blocks SIGSYS, or would stay without limits
      on paths and ports.
    * `"path"`: a path cannot be opened, or is not a directory where one is needed.
    * `"too-many"`: the kernel has no room for another filter, for so many paths, or for more
      limits.
    * `"pid"`: the process cannot find out its own id.
    * `"kernel"`: the kernel refused the filter for another reason.
    * `"half"`: paths and ports are limited, at least in some threads, but the rest failed. The
      program must end.
    * `"not-enforced"`: the filter was loaded, but does not answer. The program must end.
    * `"program"`: the filter is not valid, which is a bug in this library.
    * `"format"`: an export format cannot express what a filter does.
    * `"locked"` and `"file"`: the PID file of `lock_pid_file` is locked already, or cannot be
      opened, locked or written.

    Attributes:
        code: One of the words above; None if the library did not raise the error.
        errno: The kernel's error number, see errno(3); None if the kernel was not asked.
        operation: The system call that failed, such as `"seccomp(2)"`; None if the kernel was not
            asked.
        tid: The id of the thread that could not take over the filter, or of the first one in which
            paths and ports cannot be limited, see gettid(2); None for every other failure.
        path: The path that cannot be opened; None for every other failure.
    """

    code: "str | None"
    errno: "int | None"
    operation: "str | None"
    tid: "int | None"
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
        """Make an error; normally the library does this.

        Args:
            args: The message.
            errno: The kernel's error number.
            tid: The id of a thread.
            code: What went wrong, in a word.
            operation: The system call that failed.
            path: The path that cannot be opened.
        """
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


class of_class(staticmethod):  # type: ignore[type-arg]  # noqa: N801
    """A static method that makes a new object, and refuses to drop the one it is called on."""

    def __get__(self, instance: object, owner: "type | None" = None) -> "Callable[..., Any]":
        make = super().__get__(instance, owner)
        if instance is None:
            return make
        kind = type(instance)

        def make_alone(*arguments: object, **named: object) -> object:
            dropped = repr(instance)
            if dropped != repr(kind()):
                whole = f"{kind.__name__}.{make.__name__}()"
                raise TypeError(
                    f"{whole} makes a new object, and would drop {dropped}: write {whole} alone"
                )
            return make(*arguments, **named)

        return make_alone


def integer(value: object) -> int:
    """Return the exact int of an int or an object with __index__; a bool is no number here."""
    if isinstance(value, bool):
        raise TypeError("'bool' object cannot be interpreted as an integer")
    # range() asks as operator.index() does, and operator would be one more module to load.
    return int(range(value).stop)  # type: ignore[call-overload]
