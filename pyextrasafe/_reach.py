"""What calls do with paths that landlock(7) limits, and which grants let them.

Nothing is looked up: a path is as it is written, what is opened is a file unless a flag says that
it is a directory, what may be created exists, and what is moved or linked is a file.

Source: security/landlock/fs.c of Linux 6.18.
"""

import os
import stat

from ._ffi import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._ask import Call, Grant

    #: The argument that has the path, rights, and whether they are used on its parent.
    Use = tuple[int, int, bool]

_CONNECT, _BIND = lib.ES_RIGHT_CONNECT_TCP, lib.ES_RIGHT_BIND_TCP
_REMOVE_FILE, _MAKE_REG, _REFER = (
    lib.ES_RIGHT_REMOVE_FILE,
    lib.ES_RIGHT_MAKE_REG,
    lib.ES_RIGHT_REFER,
)
_ON_FILES = (
    lib.ES_RIGHT_EXECUTE
    | lib.ES_RIGHT_WRITE_FILE
    | lib.ES_RIGHT_READ_FILE
    | lib.ES_RIGHT_TRUNCATE
    | lib.ES_RIGHT_IOCTL_DEV
)
_AT_REMOVEDIR = 0x200
# PyPy has no names for these.
_O_PATH, _O_ACCMODE, _O_TMPFILE = 0o10000000, 3, 0o20000000 | os.O_DIRECTORY
_AT_FDCWD = -100
_WORD = 2**32

# Granted with every path (csrc/process/landlock.c).
_ALWAYS = {
    "/dev/null": lib.ES_RIGHT_READ_FILE | lib.ES_RIGHT_WRITE_FILE | lib.ES_RIGHT_TRUNCATE,
    "/proc/self/task": lib.ES_RIGHT_READ_FILE | lib.ES_RIGHT_READ_DIR,
}
_MADE = {
    stat.S_IFREG: lib.ES_RIGHT_MAKE_REG,
    0: lib.ES_RIGHT_MAKE_REG,
    stat.S_IFSOCK: lib.ES_RIGHT_MAKE_SOCK,
    stat.S_IFIFO: lib.ES_RIGHT_MAKE_FIFO,
    stat.S_IFCHR: lib.ES_RIGHT_MAKE_CHAR,
    stat.S_IFBLK: lib.ES_RIGHT_MAKE_BLOCK,
}


def _opened(path: int, flags: int) -> "list[Use]":
    if flags & _O_PATH:
        return []
    mode, rights = flags & _O_ACCMODE, 0
    if mode in (os.O_RDONLY, os.O_RDWR):
        is_directory = flags & os.O_DIRECTORY and not _is_unnamed(flags)
        rights |= lib.ES_RIGHT_READ_DIR if is_directory else lib.ES_RIGHT_READ_FILE
    if mode in (os.O_WRONLY, os.O_RDWR):
        rights |= lib.ES_RIGHT_WRITE_FILE
    if flags & os.O_TRUNC:
        rights |= lib.ES_RIGHT_TRUNCATE
    found = [(path, rights, False)]
    if flags & os.O_CREAT and flags & os.O_EXCL:
        found.append((path, _MAKE_REG, True))
    return found


def _is_unnamed(flags: int) -> bool:
    return flags & _O_TMPFILE == _O_TMPFILE


def _unlinked(path: int, flags: int) -> "list[Use]":
    directory = flags & _AT_REMOVEDIR
    return [(path, lib.ES_RIGHT_REMOVE_DIR if directory else _REMOVE_FILE, True)]


def _moved(old: int, new: int) -> "list[Use]":
    return [(old, _REMOVE_FILE, True), (new, _MAKE_REG, True)]


def _made(path: int, mode: int) -> "list[Use]":
    return [(path, _MADE.get(stat.S_IFMT(mode), 0), True)]


_DIR, _SYM = lib.ES_RIGHT_MAKE_DIR, lib.ES_RIGHT_MAKE_SYM
_EXECUTE, _TRUNCATE = lib.ES_RIGHT_EXECUTE, lib.ES_RIGHT_TRUNCATE
_CREATES = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

#: The argument that has the flags, if they count, and what the call does then.
_CALLS: "dict[str, tuple[int | None, Callable[[int], list[Use]]]]" = {
    "open": (1, lambda flags: _opened(0, flags)),
    "openat": (2, lambda flags: _opened(1, flags)),
    "creat": (None, lambda _: _opened(0, _CREATES)),
    "truncate": (None, lambda _: [(0, _TRUNCATE, False)]),
    "execve": (None, lambda _: [(0, _EXECUTE, False)]),
    "execveat": (None, lambda _: [(1, _EXECUTE, False)]),
    "mkdir": (None, lambda _: [(0, _DIR, True)]),
    "mkdirat": (None, lambda _: [(1, _DIR, True)]),
    "rmdir": (None, lambda _: [(0, lib.ES_RIGHT_REMOVE_DIR, True)]),
    "unlink": (None, lambda _: _unlinked(0, 0)),
    "unlinkat": (2, lambda flags: _unlinked(1, flags)),
    "symlink": (None, lambda _: [(1, _SYM, True)]),
    "symlinkat": (None, lambda _: [(2, _SYM, True)]),
    "mknod": (1, lambda mode: _made(0, mode)),
    "mknodat": (2, lambda mode: _made(1, mode)),
    "link": (None, lambda _: [(1, _MAKE_REG, True)]),
    "linkat": (None, lambda _: [(3, _MAKE_REG, True)]),
    "rename": (None, lambda _: _moved(0, 1)),
    "renameat": (None, lambda _: _moved(1, 3)),
    "renameat2": (None, lambda _: _moved(1, 3)),
}
#: Both paths of calls that move or link.
_PAIRS = {
    "rename": (0, 1),
    "renameat": (1, 3),
    "renameat2": (1, 3),
    "link": (0, 1),
    "linkat": (1, 3),
}
_ON_PORTS = {"connect": _CONNECT, "bind": _BIND}


def uses(call: "Call") -> "list[Use]":
    """Return what a call does with its paths; ValueError where its flags are not known."""
    flags_at, found = _CALLS.get(call.name(), (None, _nothing))
    flags = 0 if flags_at is None else call.get(flags_at)
    if flags is None:
        name = call.argument_name(flags_at or 0)
        raise ValueError(f"{call.name()}: the answer depends on {name}, which is not told")
    return found(flags)


def _nothing(_: int) -> "list[Use]":
    return []


def is_judged(call: "Call") -> bool:
    """Tell whether Landlock judges the path of a call."""
    return call.name() in _CALLS


def on_ports(call: "Call") -> int:
    """Return the right that a call may use on a port, which no filter sees."""
    return _ON_PORTS.get(call.name(), 0)


def pair(call: "Call") -> "tuple[int, int] | None":
    """Return the arguments from which and to which a call moves or links."""
    return _PAIRS.get(call.name())


def whole(call: "Call", position: int, path: "str | None") -> "str | None":
    """Return a path from the root; None where it is not known which one is meant."""
    if not path:
        return None
    if not path.startswith("/"):
        if position and call.argument_name(position - 1).endswith("dirfd"):
            directory = call.get(position - 1)
            if directory is None or directory % _WORD != _AT_FDCWD % _WORD:
                return None
        path = os.path.join(os.getcwd(), path)
    return _plain(path)


def _plain(path: str) -> str:
    # Two slashes at the beginning stay otherwise.
    return "/" + os.path.normpath(path).lstrip("/")


def parent(path: str) -> str:
    """Return the directory that a path is in."""
    return os.path.dirname(path)


def covers(granted: str, path: str) -> bool:
    """Tell whether a path is another one, or beneath it."""
    granted = _plain(granted)
    return granted in ("/", path) or path.startswith(granted + "/")


def rights_at(grants: "Sequence[Grant]", path: str) -> int:
    """Return all rights that are granted on a path."""
    found = 0
    for grant in grants:
        if grant.everywhere or (grant.origin.path and covers(grant.origin.path, path)):
            found |= grant.rights
    for always, rights in _ALWAYS.items():
        if covers(always, path):
            found |= rights
    return found


def may_move(old: int, new: int, limited: int) -> bool:
    """Tell whether rights at two directories let a file be moved: none may be won by it."""
    won = limited & _ON_FILES & new & ~old
    return not limited & _REFER or bool(old & new & _REFER and not won)
