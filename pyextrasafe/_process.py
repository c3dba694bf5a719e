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

    The file is made if it does not exist, locked by :manpage:`flock(2)`, and then its contents are
    replaced.  A second call fails for as long as the lock is held, in the same process too.  The
    lock is held while any copy of the descriptor is open: a child that was forked keeps it, also
    when this process has ended.  The path must lead to a regular file that has no other name: its
    last component must not be a symbolic link, and the file has no hard link elsewhere, since it
    is emptied.

    The file stays open after the lock-down: every permission of :class:`Networking`, and
    :meth:`SystemIO.allow_write`, can write to it, so it may come to name a process that somebody
    then signals; and whoever may close descriptors can give up the lock.

    :param path: the path of the PID file
    :param closefd: by default the descriptor stays open, whatever becomes of the returned file, and
        the lock is held.  If true, closing or collecting the returned file closes the descriptor.
    :param cloexec: if false, programs that this process executes inherit the descriptor, and with
        it the lock
    :param mode: the permissions of a new file, 0 to 0o7777, of which the umask is taken away.
        Without 0o600 in it, a later call cannot open the file again.
    :param contents: what to write; by default the process id and a newline
    :return: the file, unbuffered, open for reading and writing, and positioned at its end
    :raise TypeError: an argument has a wrong type
    :raise ValueError: path contains a NUL, or mode is out of range
    :raise ExtraSafeError: the file is locked, or it cannot be opened, locked or written.  ``errno``
        is the kernel's reason.  An existing file has kept its contents, unless writing the new ones
        has failed.
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

    Three steps, each of which is tried whatever became of the others:

    * a descriptor table, file-system information (root, working directory, umask) and semaphore
      adjustments of one's own, see :manpage:`unshare(2)`
    * no ambient capabilities, see :manpage:`capabilities(7)`
    * no_new_privs, see :manpage:`prctl(2)`

    They concern the calling thread and what it starts afterwards.  Call this before other threads
    start: theirs would otherwise be a descriptor table of their own, and a file that is opened here
    would be unknown there.

    :raise ExtraSafeError: a step failed; the message names the steps that failed and those that
        were done.  None is undone.
    """
    _ffi.restrict_privileges()
