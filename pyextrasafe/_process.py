"""Helpers for programs that run in the background."""

import os

from . import _ffi
from ._errors import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_MAX_MODE = 0o7777


def lock_pid_file(
    path: "str | bytes | os.PathLike[str] | os.PathLike[bytes]",
    *,
    closefd: bool = False,
    cloexec: bool = True,
    mode: int = 0o640,
    contents: "bytes | None" = None,
) -> "BinaryIO":
    """Open and lock a PID file, so that a program runs only once.

    The file is created if it does not exist, and locked with flock(2); then its contents are
    replaced. A second call fails as long as the lock is held, also in the same process. The lock is
    held while any copy of the descriptor is open: a forked child process keeps it, even after this
    process has ended.

    Because the file is emptied, the path must lead to a regular file without a second name: its
    last component must not be a symbolic link, and the file must have no other hard link.

    The file stays open after the lock-down. Every permission of `Networking` except
    `Networking.allow_listen`, and `SystemIO.allow_write`, can write to it, so an attacker can make
    it name another process, which somebody may then signal. Code that may close descriptors can
    give up the lock.

    Args:
        path: The path of the PID file, as str, bytes or `os.PathLike`.
        closefd: False leaves the descriptor open and the lock held, whatever happens to the
            returned file. True closes the descriptor when the returned file is closed or collected.
        cloexec: False lets programs that this process executes inherit the descriptor, and with it
            the lock.
        mode: The permissions of a new file, 0 to 0o7777 and by default 0o640, minus the umask.
            Without 0o600 in it, a later call cannot open the file again.
        contents: What to write; None writes the process id and a newline.

    Returns:
        The file, unbuffered, open for reading and writing, and positioned at its end.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `path` contains a null character, or `mode` is out of range.
        ExtraSafeError: The file is locked (the code is `"locked"`), or it cannot be opened, locked
            or written (`"file"`). `ExtraSafeError.errno` is the kernel's reason. An existing file
            has kept its contents, unless writing the new ones failed.
    """
    path, cloexec, closefd = os.fsencode(path), bool(cloexec), bool(closefd)
    if b"\0" in path:
        raise ValueError("embedded null byte")
    mode = integer(mode)
    if not 0 <= mode <= _MAX_MODE:
        raise ValueError(f"mode must be from 0 to {_MAX_MODE:#o}, not {mode:#o}")
    contents = b"%d\n" % os.getpid() if contents is None else bytes(memoryview(contents))
    descriptor = _ffi.lock_pid_file(path, cloexec, mode, contents)
    return open(descriptor, "r+b", buffering=0, closefd=closefd)


def restrict_privileges() -> None:
    """Give up what the process shares with its parent, and the ways to gain privileges.

    There are three steps, and each is tried even if another one fails:

    * The process gets its own descriptor table, file-system information (root, working directory,
      umask) and semaphore adjustments, see unshare(2).
    * Ambient capabilities are cleared, see capabilities(7).
    * no_new_privs is set, see prctl(2).

    They affect the calling thread and what it starts afterwards. Call this before other threads
    start. Otherwise this thread and the others have separate descriptor tables: a file that is
    opened in one is not open in the others.

    Raises:
        ExtraSafeError: A step failed. The message names the steps that failed and those that were
            done. None of them is undone.
    """
    _ffi.restrict_privileges()
