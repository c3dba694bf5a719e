"""SystemIO: reading, writing and opening files, and standard input and output."""

from .base import BuiltIn, absolute, descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import final

    from .base import Argument, Path
else:
    from pyextrasafe._errors import final


@final
class SystemIO(BuiltIn):
    """Reading, writing and opening files, and standard input and output.

    A new rule set allows nothing; :meth:`everything` makes one that allows all file IO.

    Permissions for one descriptor (:meth:`allow_stdin`, :meth:`allow_stdout`, :meth:`allow_stderr`,
    :meth:`allow_file_read`, :meth:`allow_file_write`) and :meth:`allow_open_readonly` are promises:
    a context that also allows the same calls without a limit, such as by :meth:`allow_write`,
    cannot be applied and raises :class:`ExtraSafeError`.  :meth:`allow_map_files` beside one of
    them is no error, but maps are read and written without these calls.
    """

    _looked_up = (
        "allow_python_files",
        "allow_dns_files",
        "allow_ssl_files",
        "allow_timezone_files",
    )

    @staticmethod
    def everything() -> "SystemIO":
        """All file IO, but what allow_ioctl refuses.

        Makes a new rule set.  It contains all that the other methods allow, but for limits to one
        descriptor, and file IO that has no method of its own: removing, renaming, linking, making
        directories, truncating by name, copying descriptors, changing the working directory, and
        waiting for descriptors.  Devices, file handles and asynchronous IO are not among it.
        """
        return SystemIO()._allow("everything")

    def allow_change_metadata(self) -> "SystemIO":
        """Change the metadata of files.

        Modes, owners, times and extended attributes, and reading the latter: what
        :func:`os.chmod`, :func:`os.chown`, :func:`os.utime`, :func:`os.setxattr` and
        :func:`shutil.copy2` need.  This is about every path that the user may reach: a filter does
        not see paths.  A mode can lend the user to others: they run a program of his as he does.
        Asking for modes and times is :meth:`allow_metadata`.
        """
        return self._allow("allow_change_metadata")

    def allow_close(self) -> "SystemIO":
        """Close descriptors.

        Without it, leaving the with-block of a file raises :class:`PermissionError`.
        """
        return self._allow("allow_close")

    def allow_ioctl(self) -> "SystemIO":
        """Control descriptors with ioctl(2) and fcntl(2).

        Refused all the same are the requests of Linux 7.2, 6.12 and 6.1 that write contents or
        attributes of files and disks, or keys (such as FICLONE), that type into a terminal or take
        it over (such as TIOCSTI, see :manpage:`ioctl_tty(2)`), that direct signals (such as
        F_SETOWN), mount, hand out a descriptor, change the network or the machine, or send a device
        commands that the kernel does not look into: :doc:`requests` lists them.  TIOCSWINSZ fails
        with ENOTTY.  Requests that the list does not know are allowed, among them those of newer
        kernels and of drivers that are not part of it: close what the program does not need.

        It undoes the limits of permissions for one descriptor, where no file has that number:
        F_DUPFD gives it to a file that is open.  With :meth:`allow_close` every number can be made
        free.
        """
        return self._allow("allow_ioctl")

    def allow_locks(self) -> "SystemIO":
        """Lock files.

        Allows :manpage:`flock(2)`, and the locks of :manpage:`fcntl(2)`, those of a process and
        those of an open file: :func:`fcntl.flock`, :func:`fcntl.lockf`, sqlite.  A lock makes
        others wait who ask for one on the same file, also on a file that is only open for reading.
        """
        return self._allow("allow_locks")

    def allow_map_files(self) -> "SystemIO":
        """Map files into memory that others share.

        Allows shared maps of open files and of anonymous memory, writing them back
        (:meth:`mmap.mmap.flush`), and copying descriptors from 3 up, which :class:`mmap.mmap` does:
        also ``numpy.load(mmap_mode="r")`` and sqlite's write-ahead log.  :class:`mmap.mmap` asks
        for the size of the file, which :meth:`allow_metadata` allows.

        A map reads without :manpage:`read(2)` and writes without :manpage:`write(2)`: it undoes the
        limits of :meth:`allow_stdin`, :meth:`allow_file_read` and the like for every file that is
        open for reading, and those of :meth:`allow_file_write` and the like for files that are open
        for reading and writing.  With :meth:`allow_close` a copy can take the number of any
        descriptor.
        """
        return self._allow("allow_map_files")

    def allow_metadata(self) -> "SystemIO":
        """Ask for the metadata of files, and list directories.

        This is about every path that the user may reach: a filter does not see paths.  Listing a
        directory needs :meth:`allow_open_readonly`, too.
        """
        return self._allow("allow_metadata")

    def allow_open(self) -> "SystemIO":
        """Open and create files in every mode.

        That includes truncating a file, and seeking on descriptors from 3 up.  Beside
        :meth:`allow_open_readonly` it is a contradiction.
        """
        return self._allow("allow_open")

    def allow_open_readonly(self) -> "SystemIO":
        """Open files, but only for reading.

        No flag creates a file, truncates one or writes to one; but a device may do something when
        it is opened: ``/dev/ptmx`` makes a terminal.  Also allows seeking, on descriptors from 3
        up.  With :meth:`allow_read`,
        :meth:`allow_metadata` and :meth:`allow_close` this is what importing a module needs.
        """
        return self._allow("allow_open_readonly")

    def allow_pipes(self) -> "SystemIO":
        """Make pipes.

        Reading, writing and closing them has to be allowed as well, such as by :meth:`allow_read`,
        :meth:`allow_write` and :meth:`allow_close`.  Pipes with a name are files.
        """
        return self._allow("allow_pipes")

    def allow_read(self) -> "SystemIO":
        """Read from every open descriptor.

        Also allows private memory maps of files, from which shared objects run.  Beside
        :meth:`allow_stdin` or :meth:`allow_file_read` it is a contradiction.
        """
        return self._allow("allow_read")

    def allow_stderr(self) -> "SystemIO":
        """Write to standard error.

        Standard error is whatever has descriptor 2 at the time of the call.  Also allows asking
        whether it is a terminal, and for its size.  A terminal may answer, see
        :meth:`allow_stdout`.
        """
        return self._allow("allow_stderr")

    def allow_stdin(self) -> "SystemIO":
        """Read from standard input.

        Standard input is whatever has descriptor 0 at the time of the call.  Also allows asking
        whether it is a terminal, and for its size.  Reading a terminal in the background stops the
        process and its process group.
        """
        return self._allow("allow_stdin")

    def allow_stdout(self) -> "SystemIO":
        """Write to standard output.

        Standard output is whatever has descriptor 1 at the time of the call.  Also allows asking
        whether it is a terminal, and for its size.  A terminal may answer what is written to it, as
        if the answer was typed.
        """
        return self._allow("allow_stdout")

    def allow_terminal(self) -> "SystemIO":
        """Control terminals: echo, modes, and size.

        Allows what :mod:`termios`, :mod:`getpass`, :mod:`tty` and :func:`os.get_terminal_size` ask
        of the terminals that are open, whatever their numbers, and :func:`os.tcgetpgrp`.  Opening
        one, reading and writing it has to be allowed as well.

        A terminal is shared, and its modes are those of everybody who uses it: whoever sets them
        can make a key send a signal to the processes in the foreground, or stop those in the
        background that write.  With a permission to open files this is about every terminal that
        the user may open.  Never allowed is to type into a terminal, to take one over, to
        change its size, or to say which group of processes is in the foreground: see
        :manpage:`ioctl_tty(2)`.
        """
        return self._allow("allow_terminal")

    def allow_write(self) -> "SystemIO":
        """Write to every open descriptor.

        Also allows shared memory maps of files.  Beside :meth:`allow_stdout`, :meth:`allow_stderr`
        or :meth:`allow_file_write` it is a contradiction.
        """
        return self._allow("allow_write")

    def allow_file_read(self, fileno: int) -> "SystemIO":
        """Read from one open descriptor.

        Also allows seeking on it, and asking for its metadata by :manpage:`fstat(2)`.  It is the
        number that counts: when the file is closed and another one gets its number, that one may be
        read.

        :param fileno: the descriptor, 0 to 2**31-1
        :raise TypeError: fileno is not an integer, or is a bool
        :raise ValueError: fileno is out of range
        """
        return self._allow("allow_file_read", descriptor(fileno))

    def allow_file_write(self, fileno: int) -> "SystemIO":
        """Write to one open descriptor.

        Also allows seeking on it, truncating it, and flushing it to its device.  It is the number
        that counts: when the file is closed and another one gets its number, that one may be
        written.

        :param fileno: the descriptor, 0 to 2**31-1
        :raise TypeError: fileno is not an integer, or is a bool
        :raise ValueError: fileno is out of range
        """
        return self._allow("allow_file_write", descriptor(fileno))

    # ---- Paths

    def allow_read_path(self, *paths: "Path") -> "SystemIO":
        """Read files and list directories beneath paths.

        Files can be opened as by :meth:`allow_open_readonly`, read, seeked, and mapped privately,
        from which shared objects run.

        What permissions for paths have in common: a path is the file or the directory that it
        names when the context is applied, and all that is beneath it then and later.  A file that
        is replaced by renaming another one is a new file, which is not allowed: name its directory.
        Links are followed, and it counts where they lead.  The rights come from
        :manpage:`landlock(7)`, which Linux has from 5.13 on; where the only path of a context is
        ``"/"``, it is not used.  Once one permission names paths, those that name none, such as
        :meth:`allow_open_readonly`, are for all paths, and everything else is refused with EACCES.
        Descriptors that are open stay as they are.

        All of these permissions contain :meth:`allow_metadata`, for every path, since the kernel
        does not limit it, and :meth:`allow_close`.  They are about descriptors from 3 up, and allow
        copies of these: a copy can take the number of a standard stream that was closed, for which
        :meth:`allow_stdout` and the like are then no limit.  Reading is a promise: beside
        :meth:`allow_open_readonly` it is a contradiction.

        :param paths: str, bytes or :class:`os.PathLike`; relative ones count from the working
            directory of this call.  They have to exist when the context is applied, which raises
            :class:`ExtraSafeError` with the code ``"path"`` otherwise.
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_read_path", *absolute("allow_read_path", paths))

    def allow_list_dir(self, *paths: "Path") -> "SystemIO":
        """List directories beneath paths.

        Opens directories only, and reads what is in them by :func:`os.listdir`,
        :func:`os.scandir`, :func:`os.walk`.  All else is as for :meth:`allow_read_path`.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_list_dir", *absolute("allow_list_dir", paths))

    def allow_write_file(self, *paths: "Path") -> "SystemIO":
        """Write to files beneath paths that exist.

        Files can be opened for writing, which may empty them, written, truncated, and flushed to
        their device, but not created.  Opening one for both, as mode ``"r+"`` does, needs
        :meth:`allow_read_path` as well.  Pipes and memory files are not judged by their path: one
        that is open can be opened for writing through ``/proc/self/fd``.

        :param paths: as for :meth:`allow_read_path`
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_write_file", *absolute("allow_write_file", paths))

    def allow_create_in_dir(self, *paths: "Path") -> "SystemIO":
        """Create files in directories, and write to them.

        Contains what :meth:`allow_write_file` allows, for all files beneath the paths, and
        creating regular files, also without a name (O_TMPFILE).  Modes that read as well, such as
        ``"w+"``, need :meth:`allow_read_path`; without it they are refused when the file, which is
        empty, has been created.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_create_in_dir", *absolute("allow_create_in_dir", paths))

    def allow_create_dir(self, *paths: "Path") -> "SystemIO":
        """Make directories beneath paths.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_create_dir", *absolute("allow_create_dir", paths))

    def allow_remove_file(self, *paths: "Path") -> "SystemIO":
        """Remove what is no directory beneath paths.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_remove_file", *absolute("allow_remove_file", paths))

    def allow_remove_dir(self, *paths: "Path") -> "SystemIO":
        """Remove empty directories beneath paths, but not the paths themselves.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_remove_dir", *absolute("allow_remove_dir", paths))

    def allow_scratch_dir(self, *paths: "Path") -> "SystemIO":
        """Read, write, create, rename and remove beneath paths.

        For data directories, databases, uploads and temporary files: all of the other permissions
        for paths, renaming, and links; no devices.  A link and a rename need both ends beneath
        such paths.  Starting programs needs :class:`ForkAndExec`; but what is read can be mapped
        and run.  It needs ABI 2 of Landlock, which Linux has from 5.19 on.  Beside
        :meth:`allow_open_readonly` it is no contradiction: reading is not among its promises.

        Changing modes, owners and times is :meth:`allow_change_metadata`, for every path.  Locks of
        :mod:`multiprocessing` are files of ``/dev/shm``, and need :meth:`allow_map_files`.

        :param paths: as for :meth:`allow_read_path`, and directories
        :raise TypeError: there is no path, or one is of another type
        :raise ValueError: a path is empty or has a null character
        """
        return self._allow("allow_scratch_dir", *absolute("allow_scratch_dir", paths))

    def allow_python_files(self) -> "SystemIO":
        """Read what Python imports.

        The standard library, the folders of packages, the entries of :data:`sys.path` but ``""``,
        ``"/"`` and a home directory, the libraries of the interpreter, those that the dynamic
        loader finds, and ``/dev/urandom``.  They are looked up when the context is applied; what
        does not exist is left out.  It promises nothing: beside :meth:`allow_open_readonly` it is
        no contradiction.
        """
        return self._allow("allow_python_files")

    def allow_dns_files(self) -> "SystemIO":
        """Read what looking up names reads.

        The files of glibc's resolver, such as ``/etc/resolv.conf`` and ``/etc/hosts``, and the
        modules that ``/etc/nsswitch.conf`` names.  Looked up as for :meth:`allow_python_files`.
        Goes with :meth:`Networking.allow_name_lookup`.
        """
        return self._allow("allow_dns_files")

    def allow_ssl_files(self) -> "SystemIO":
        """Read the certificates of authorities.

        Those of :func:`ssl.get_default_verify_paths`, and of the package ``certifi`` where it is
        imported.  Looked up as for :meth:`allow_python_files`.
        """
        return self._allow("allow_ssl_files")

    def allow_timezone_files(self) -> "SystemIO":
        """Read the data of time zones.

        The folders of :data:`zoneinfo.TZPATH`, the package ``tzdata``, ``/etc/localtime`` and what
        it links to.  Looked up as for :meth:`allow_python_files`.
        """
        return self._allow("allow_timezone_files")

    def _told(self, name: str, argument: "Argument") -> "Iterable[Argument]":
        if name not in self._looked_up:
            return super()._told(name, argument)
        from pyextrasafe import _files

        return _files.find(name) or (None,)

    def _left_out(self) -> "Iterable[str]":
        if ("allow_python_files", None) not in self._granted:
            return ()
        from pyextrasafe import _files

        reason = "it is the working directory, a home directory, or above one"
        return [f"{path!r} of sys.path: {reason}" for path in _files.left_out()]

    def __repr__(self) -> str:
        # everything() has no object before it: it makes one, so it is always the first call.
        return super().__repr__().replace("SystemIO().everything()", "SystemIO.everything()")
