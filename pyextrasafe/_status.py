"""status(): whether a process is confined, and by what.

The filter itself is asked, which every filter answers, and /proc is read where that is allowed.
"""

import os

from . import _digest, _ffi
from ._errors import integer
from ._immutable import Result
from ._limits import Limits, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, final

else:
    from ._errors import final

_MAX_PID = 2**31 - 1
_NO_FILTER, _FILTERS = 0, 2  # what PR_GET_SECCOMP and /proc tell

_OTHERS = "only the thread itself can ask its filters"
_FOREIGN = (
    "there is a filter, but none of pyextrasafe answers: it is a foreign filter, or one "
    "that was loaded later answers in its place"
)
_UNKNOWN = "neither prctl(2) nor /proc says whether there is a filter"


@final
class Status(Result):
    """What `status` found out.

    It is plain data that does not change: you can compare, copy and pickle it. `str()` returns a
    block of text to read.

    Attributes:
        confined: True: a `SafetyContext` was applied, and its filter answers. False: the kernel
            says that there is no filter. None: it cannot be known; `why` says why.
        why: A sentence that says why `confined` is None; otherwise None.
        filters: The number of all filters, as the kernel counts them. None if /proc cannot be read,
            or if there are filters and the kernel does not count them (before Linux 5.9).
        layers: The number of contexts of this library that were applied, as the newest filter says;
            0 if there is no filter. None if it cannot be known.
        digest: 12 hexadecimal digits that identify the context that was applied last, see `status`.
            None if there is none, or if it cannot be known.
        no_new_privs: Whether no_new_privs is set, see prctl(2). None if it cannot be known.
        threads: A `Status` for each thread of the process, by its id, without `threads`. For
            threads other than the calling one, `layers` and `digest` are not known, and `confined`
            is False or None: compare `filters`. None if /proc cannot be read, or does not exist.
        landlock: What Landlock limits. None if no context named paths or ports, and for another
            process.
    """

    __slots__ = (
        "confined",
        "digest",
        "filters",
        "landlock",
        "layers",
        "no_new_privs",
        "threads",
        "why",
    )

    confined: "bool | None"
    why: "str | None"
    filters: "int | None"
    layers: "int | None"
    digest: "str | None"
    no_new_privs: "bool | None"
    threads: "dict[int, Status] | None"
    landlock: "Limits | None"

    _made_by = "status()"

    # It has a dict.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Status confined={self.confined} layers={self.layers} digest={self.digest}>"

    def __str__(self) -> str:
        lines = {
            "confined": self._confinement(),
            "filters": _say(self.filters),
            "no_new_privs": _say(self.no_new_privs),
            "threads": self._say_threads(),
            "landlock": "no" if self.landlock is None else str(self.landlock),
        }
        indented = "\n" + " " * 14
        said = [f"{name:<13} {text}" for name, text in lines.items()]
        return "\n".join([line.replace("\n", indented) for line in said])

    def _confinement(self) -> str:
        if self.confined is None:
            return f"not known: {self.why}"
        if not self.confined:
            return "no"
        contexts = "one context" if self.layers == 1 else f"{self.layers} contexts"
        return f"yes, by {contexts}, the last one {self.digest}"

    def _say_threads(self) -> str:
        if self.threads is None:
            return "not known"
        counts = sorted({_say(thread.filters) for thread in self.threads.values()})
        return f"{len(self.threads)}, filters: {', '.join(counts)}"


def _say(value: "int | None") -> str:
    if value is None:
        return "not known"
    return str(value) if type(value) is int else "yes" if value else "no"


def status(pid: "int | None" = None) -> "Status":
    """Report whether a process is confined by a context, and by which one.

    Without an argument, this is about the calling thread. You can call it at any time: before and
    after a context is applied, whatever that allows, in threads, after a fork, and in a program
    that was started by execve(2). It changes nothing, and what it cannot find out is None. Querying
    the filter needs no permission. The number of filters and the other threads are read from
    proc(5), for which the context must allow opening, reading and closing files.

    This is a self-test and not a proof. A foreign filter that was loaded later can answer in place
    of one of this library, although it cannot allow what that one denies. A foreign filter that
    ends the program on unknown operations of seccomp(2) does so here.

    The digest is the first 48 bits of a SHA-256 of what was enabled, as it was written. Contexts
    that grant the same have the same digest, in any order and in any process: the process id is
    left out. A name and its number count as different.

    Args:
        pid: The id of another process, 1 to 2**31-1. For that process you learn what proc(5) shows:
            whether there are filters, and how many, but not whose they are.

    Returns:
        What is known about the process.

    Raises:
        TypeError: `pid` is not an integer, or is a bool.
        ValueError: `pid` is out of range.
        ProcessLookupError: There is no such process, or /proc hides it.
        PermissionError: The status file of the process in /proc cannot be read, because the user
            may not read it or because a filter refuses that.
        FileNotFoundError: There is no /proc.
    """
    if pid is None:
        with _ffi.quiet():
            return _own_status()
    pid = integer(pid)
    if not 1 <= pid <= _MAX_PID:
        raise ValueError(f"pid must be from 1 to {_MAX_PID}, not {pid}")
    try:
        told = _told(f"/proc/{pid}")
    except FileNotFoundError:
        os.close(_open("/proc/self/status"))  # if there is a /proc at all
        raise ProcessLookupError(f"there is no process {pid}") from None
    return _of_other(told, _attempt(_threads, f"/proc/{pid}"))


def _own_status() -> "Status":
    mode, no_new_privs, layer, number = _ffi.ask()
    told = _attempt(_told, "/proc/thread-self") or {}
    mode = told.get("Seccomp", mode)
    no_new_privs = told.get("NoNewPrivs", no_new_privs)
    confined, why = _judge(mode, layer)
    own = {
        "confined": confined,
        "why": why,
        "filters": _filters(told, mode),
        "layers": layer if confined is not None else None,
        "digest": _digest.as_text(number) if confined else None,
        "no_new_privs": None if no_new_privs < 0 else no_new_privs > 0,
    }
    threads = _attempt(_threads, "/proc/self")
    own["landlock"] = _attempt(current)
    if threads is not None and "Pid" in told:
        threads[told["Pid"]] = Status._make(threads=None, **own)
    return Status._make(threads=threads, **own)


def _judge(mode: int, layer: int) -> "tuple[bool | None, str | None]":
    if layer:
        return True, None
    if mode == _NO_FILTER:
        return False, None
    return None, _FOREIGN if mode == _FILTERS else _UNKNOWN


def _of_other(told: "dict[str, int]", threads: "dict[int, Status] | None") -> "Status":
    """Return what /proc tells of a process, or of a thread."""
    mode = told.get("Seccomp", -1)
    free = mode == _NO_FILTER
    return Status._make(
        confined=False if free else None,
        why=None if free else _OTHERS,
        filters=_filters(told, mode),
        layers=0 if free else None,
        digest=None,
        no_new_privs=told["NoNewPrivs"] > 0 if "NoNewPrivs" in told else None,
        threads=threads,
        landlock=None,
    )


def _filters(told: "dict[str, int]", mode: int) -> "int | None":
    return told.get("Seccomp_filters", 0 if mode == _NO_FILTER else None)


# ---- /proc ----


def _threads(process: str) -> "dict[int, Status]":
    found = {}
    _require_close()
    for name in os.listdir(f"{process}/task"):
        try:
            found[int(name)] = _of_other(_told(f"{process}/task/{name}"), None)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
    return found


def _told(folder: str) -> "dict[str, int]":
    """Return the numbers in a file that is called status."""
    found = {}
    for line in _read(f"{folder}/status").splitlines():
        name, _, value = line.partition(b":")
        value = value.strip()
        if value.isdigit():
            found[name.decode("utf-8", "replace")] = int(value)
    return found


def _read(path: str) -> bytes:
    descriptor = _open(path)
    try:
        parts = [os.read(descriptor, 1 << 16)]
        while parts[-1]:
            parts.append(os.read(descriptor, 1 << 16))
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _open(path: str) -> int:
    _require_close()
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _require_close() -> None:
    """Raise PermissionError where what is opened could not be closed."""
    try:
        os.close(-1)
    except PermissionError:
        raise
    except OSError:
        pass


def _attempt(function: "Any", *arguments: object) -> "Any":
    """Return what the function returns, or None if it fails, also by an audit hook."""
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001
        return None
