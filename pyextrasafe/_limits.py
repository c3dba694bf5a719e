"""What this process has limited by Landlock, which no interface of the kernel tells."""

import os

from . import _ffi
from ._immutable import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
else:
    from ._errors import final

_EACCES = 13  # the module errno would be one more to load

#: What makes up for a right that an ABI does not have.
_MADE_UP_FOR = {
    _ffi.REFER: "the kernel refuses it everywhere",
    _ffi.TRUNCATE: "the filter allows it only through descriptors that are open for writing",
    _ffi.IOCTL_DEV: "the filter allows no more requests than without paths",
}

#: ABI, what was asked, what was left out, and whether "/" was granted, of each context.
_applied: "list[tuple[int, tuple[str, ...], tuple[str, ...], bool]]" = []


@final
class Limits(Result):
    """What is limited by landlock(7), which is `Status.landlock`.

    The kernel does not report these limits. So this is what the process remembers, and what one
    attempt shows. It is plain data that does not change.

    Attributes:
        abi: The ABI of Landlock that was used last: that of the kernel, but at most 7.
        asked: The permissions that name paths and ports, as code, of all contexts that this process
            and those that it was forked from have applied.
        left_out: A sentence for each limit that the ABI does not have, with what is done instead,
            and for each entry of `sys.path` that `SystemIO.allow_python_files` does not allow.
        canary: The result when the calling thread tried to list the directory `/`: `"refused"` by
            Landlock, or `"open"`. None if that would show nothing, because a context allows it,
            only ports are limited, or the filter refuses it.
    """

    __slots__ = ("abi", "asked", "canary", "left_out")

    abi: int
    asked: "tuple[str, ...]"
    left_out: "tuple[str, ...]"
    canary: "str | None"

    _made_by = "status()"

    def __repr__(self) -> str:
        return f"<Limits abi={self.abi} canary={self.canary} asked={self.asked}>"

    def __str__(self) -> str:
        canary = "not tried" if self.canary is None else self.canary
        lines = [f"ABI {self.abi}, canary {canary}", *self.asked]
        return "\n".join([*lines, *[f"left out: {sentence}" for sentence in self.left_out]])


def note(report: "_ffi.Report", asked: "list[str]", left_out: "list[str]") -> None:
    """Remember what was applied."""
    sentences = (*_made_up_for(report), *left_out)
    _applied.append((report.abi, tuple(asked), sentences, report.reads_root))


def current() -> "Limits | None":
    """Return what holds for the calling thread; None where nothing was limited."""
    if not _applied:
        return None
    asked = dict.fromkeys([code for _, codes, _, _ in _applied for code in codes])
    left_out = dict.fromkeys([sentence for _, _, said, _ in _applied for sentence in said])
    shows_nothing = all(reads_root for _, _, _, reads_root in _applied)
    canary = None if shows_nothing else _try_canary()
    return Limits._make(
        abi=_applied[-1][0], asked=tuple(asked), canary=canary, left_out=tuple(left_out)
    )


def _try_canary() -> "str | None":
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError as error:
        return "refused" if error.errno == _EACCES else None
    return "open"


def _made_up_for(report: "_ffi.Report") -> "list[str]":
    """Return what the ABI cannot limit."""
    return [
        f"ABI {report.abi} cannot limit who may {_ffi.right_words(right)}: {_MADE_UP_FOR[right]}"
        for right in report.missing
    ]
