"""SystemIO: reading, writing and opening files, and standard input and output."""

from .base import BuiltIn, absolute, descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from builtins import staticmethod as of_class
    from collections.abc import Iterable
    from typing import final

    from .base import Argument, Path
else:
    from pyextrasafe._errors import final, of_class


@final
class SystemIO(BuiltIn):
    """Reading, writing and opening files, and standard input and output.

    A new rule set allows nothing. `everything` makes one that allows all file I/O.

    Two kinds of permissions open files. Those that take paths, such as `allow_read_path`, limit
    with landlock(7) which files can be opened. Those that take none, such as `allow_open_readonly`,
    apply to every path that the user may reach, because a filter sees no paths.

    Permissions for one descriptor (`allow_stdin`, `allow_stdout`, `allow_stderr`,
    `allow_file_read`, `allow_file_write`) and `allow_open_readonly` are promises. If a context also
    allows the same calls without the limit, for example by `allow_write`, applying it raises
    `ExtraSafeError`. `allow_map_files` together with one of them is not an error, but maps are read
    and written without these calls.
    """

    _looked_up = (
        "allow_python_files",
        "allow_dns_files",
        "allow_ssl_files",
        "allow_timezone_files",
    )

    @of_class
    def everything() -> "SystemIO":
        """Allow all file I/O, except what allow_ioctl refuses.

        This creates a new rule set. It contains what all other methods allow, without their limits
        to one descriptor, and file I/O that has no separate method: removing, renaming and linking
        files, creating directories, truncating by name, copying descriptors, changing the working
        directory, and waiting for descriptors. It does not contain devices, file handles and
        asynchronous I/O.

        Returns:
            A new rule set.

        Raises:
            TypeError: You call this on a rule set with permissions, which would be dropped.
        """
        return SystemIO()._allow("everything")

    def allow_change_metadata(self) -> "SystemIO":
        """Change the metadata of files.

        Allows changing modes, owners, times and extended attributes, and reading the latter.
        `os.chmod`, `os.chown`, `os.utime`, `os.setxattr` and `shutil.copy2` need it, see chmod(2),
        chown(2), utimensat(2) and xattr(7). Reading modes and times needs `allow_metadata`.

        This applies to every path that the user may reach, because a filter sees no paths. A mode
        can lend the user's rights to others: with the set-user-ID bit, they run a program of the
        user with these rights.
        """
        return self._allow("allow_change_metadata")

    def allow_close(self) -> "SystemIO":
        """Close descriptors.

        See close(2). Without this permission, leaving the with-block of a file raises
        `PermissionError`.
        """
        return self._allow("allow_close")

    def allow_ioctl(self) -> "SystemIO":
        """Control descriptors with ioctl(2) and fcntl(2).

        Some requests of Linux 7.2, 6.12 and 6.1 stay refused. They write contents or attributes of
        files and disks, or keys (such as FICLONE); type into a terminal or take it over (such as
        TIOCSTI, see ioctl_tty(2)); direct signals (such as F_SETOWN); mount; hand out a descriptor;
        change the network or the machine; or send a device commands that the kernel does not check.
        The page "Requests of ioctl(2)" of the documentation lists them. TIOCSWINSZ fails with
        ENOTTY. Requests that are not in the list are allowed, among them those of newer kernels and
        of drivers that do not belong to the kernel, so close what the program does not need.

        This permission undoes the limits of permissions for one descriptor, if that number is free:
        F_DUPFD gives the number to an open file. With `allow_close`, any number can be freed.
        """
        return self._allow("allow_ioctl")

    def allow_locks(self) -> "SystemIO":
        """Lock files.

        Allows flock(2) and the locks of fcntl(2), both those of a process and those of an open
        file: `fcntl.flock`, `fcntl.lockf`, sqlite. A lock makes others that want to lock the same
        file wait, even if the file is open only for reading.
        """
        return self._allow("allow_locks")

    def allow_map_files(self) -> "SystemIO":
        """Map files into shared memory.

        Allows shared maps of open files and of anonymous memory, writing them back, and copying
        descriptors from 3 up, which `mmap.mmap` does; see mmap(2) and msync(2).
        `numpy.load(mmap_mode="r")` and sqlite's write-ahead log need it. `mmap.mmap` also asks for
        the size of the file, which `allow_metadata` allows.

        A map reads without read(2) and writes without write(2). So it undoes the limits of
        `allow_stdin`, `allow_file_read` and the like for every file that is open for reading, and
        those of `allow_file_write` and the like for files that are open for reading and writing.
        With `allow_close`, a copy can take the number of any descriptor.
        """
        return self._allow("allow_map_files")

    def allow_metadata(self) -> "SystemIO":
        """Read the metadata of files, and list directories.

        Allows stat(2), access(2), readlink(2), statfs(2) and getdents64(2). This applies to every
        path that the user may reach, because a filter sees no paths. Listing a directory needs
        `allow_open_readonly` as well.
        """
        return self._allow("allow_metadata")

    def allow_open(self) -> "SystemIO":
        """Open and create files in every mode.

        See open(2). This includes truncating a file, and seeking on descriptors from 3 up. Together
        with `allow_open_readonly` it is a contradiction.
        """
        return self._allow("allow_open")

    def allow_open_readonly(self) -> "SystemIO":
        """Open files, but only for reading.

        The flags of open(2) that create, truncate or write a file are refused. A device may still
        do something when it is opened: `/dev/ptmx` creates a terminal. Also allows seeking on
        descriptors from 3 up. To import a module, you need this permission together with
        `allow_read`, `allow_metadata` and `allow_close`.
        """
        return self._allow("allow_open_readonly")

    def allow_pipes(self) -> "SystemIO":
        """Create pipes.

        See pipe(2). Reading, writing and closing them needs other permissions, such as
        `allow_read`, `allow_write` and `allow_close`. A named pipe is a file, see fifo(7).
        """
        return self._allow("allow_pipes")

    def allow_read(self) -> "SystemIO":
        """Read from every open descriptor.

        Allows read(2) and its relatives, and private memory maps of files, from which shared
        objects run. Together with `allow_stdin` or `allow_file_read` it is a contradiction.
        """
        return self._allow("allow_read")

    def allow_stderr(self) -> "SystemIO":
        """Write to standard error.

        Standard error is whatever has descriptor 2 at the time of the call. Also allows asking
        whether it is a terminal, and for the terminal's size. A terminal may answer, see
        `allow_stdout`.
        """
        return self._allow("allow_stderr")

    def allow_stdin(self) -> "SystemIO":
        """Read from standard input.

        Standard input is whatever has descriptor 0 at the time of the call. Also allows asking
        whether it is a terminal, and for the terminal's size. A background process that reads from
        a terminal is stopped, with its process group.
        """
        return self._allow("allow_stdin")

    def allow_stdout(self) -> "SystemIO":
        """Write to standard output.

        Standard output is whatever has descriptor 1 at the time of the call. Also allows asking
        whether it is a terminal, and for the terminal's size. A terminal may answer what is written
        to it, as if the answer had been typed.
        """
        return self._allow("allow_stdout")

    def allow_terminal(self) -> "SystemIO":
        """Control terminals: echo, modes, and size.

        Allows what the modules termios, getpass and tty and `os.get_terminal_size` ask of open
        terminals, whatever their numbers, and `os.tcgetpgrp`. Opening, reading and writing a
        terminal needs other permissions.

        All programs at a terminal share it and its modes. So a program that sets them can make a
        key send a signal to the foreground processes, or stop background processes that write. With
        a permission to open files, this applies to every terminal that the user may open.

        Typing into a terminal, taking one over, changing its size, and choosing the foreground
        process group are refused: see ioctl_tty(2).
        """
        return self._allow("allow_terminal")

    def allow_write(self) -> "SystemIO":
        """Write to every open descriptor.

        Allows write(2) and its relatives, truncating, flushing to the device, and shared memory
        maps of files. Together with `allow_stdout`, `allow_stderr` or `allow_file_write` it is a
        contradiction.
        """
        return self._allow("allow_write")

    def allow_file_read(self, fileno: int) -> "SystemIO":
        """Read from one open descriptor.

        Also allows seeking on it, and reading its metadata with fstat(2). What counts is the
        number, not the file: if the file is closed and another one gets its number, that one may be
        read.

        Args:
            fileno: The descriptor, 0 to 2**31-1.

        Raises:
            TypeError: `fileno` is not an integer, or is a bool.
            ValueError: `fileno` is out of range.
        """
        return self._allow("allow_file_read", descriptor(fileno))

    def allow_file_write(self, fileno: int) -> "SystemIO":
        """Write to one open descriptor.

        Also allows seeking on it, truncating it, and flushing it to its device. What counts is the
        number, not the file: if the file is closed and another one gets its number, that one may be
        written.

        Args:
            fileno: The descriptor, 0 to 2**31-1.

        Raises:
            TypeError: `fileno` is not an integer, or is a bool.
            ValueError: `fileno` is out of range.
        """
        return self._allow("allow_file_write", descriptor(fileno))

    # ---- Paths

    def allow_read_path(self, *paths: "Path") -> "SystemIO":
        """Read files and list directories beneath paths.

        Files can be opened as with `allow_open_readonly`, read, and mapped privately, which shared
        objects need; seeking is allowed, too.

        All permissions for paths have this in common:

        * A path stands for the file or directory that it names when the context is applied, and for
          everything beneath it, then and later. A file that replaces it by renaming is a new file,
          which is not allowed: name its directory. Links are followed: their target counts.
        * The limits come from landlock(7), and need Linux 5.13. If the only path of a context is
          `/`, Landlock is not used.
        * Once one permission names paths, those that name none, such as `allow_open_readonly`,
          still apply to all paths. Everything else fails with EACCES. Open descriptors stay as they
          are.
        * They contain `allow_metadata`, for every path, since the kernel cannot limit it, and
          `allow_close`.
        * They apply to descriptors from 3 up, and allow duplicating these. A duplicate can take the
          number of a closed standard stream, for which `allow_stdout` and the like are then no
          limit.

        Reading is a promise: together with `allow_open_readonly` it is a contradiction.

        Args:
            paths: One or more paths, as str, bytes or `os.PathLike`. Relative paths are resolved
                against the working directory at this call. If a path does not exist when the
                context is applied, applying raises `ExtraSafeError` with the code `"path"`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_read_path", *absolute("allow_read_path", paths))

    def allow_list_dir(self, *paths: "Path") -> "SystemIO":
        """List directories beneath paths.

        Allows opening directories, but no files, and listing them: `os.listdir`, `os.scandir`,
        `os.walk`. In all other respects it is like `allow_read_path`.

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_list_dir", *absolute("allow_list_dir", paths))

    def allow_write_file(self, *paths: "Path") -> "SystemIO":
        """Write to existing files beneath paths.

        Files can be opened for writing, emptied, written, truncated, and flushed to their device,
        but not created. Opening a file for reading and writing, as mode `"r+"` does, needs
        `allow_read_path` as well.

        The paths of pipes and memory files are not checked: one that is open can be opened for
        writing through `/proc/self/fd`.

        Args:
            paths: Files or directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_write_file", *absolute("allow_write_file", paths))

    def allow_create_in_dir(self, *paths: "Path") -> "SystemIO":
        """Create files in directories, and write to them.

        Contains what `allow_write_file` allows, for all files beneath the paths, and allows
        creating regular files, also without a name (O_TMPFILE, see open(2)). Modes that read as
        well, such as `"w+"`, need `allow_read_path`. Without it they fail after the file, which is
        empty, has been created.

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_create_in_dir", *absolute("allow_create_in_dir", paths))

    def allow_create_dir(self, *paths: "Path") -> "SystemIO":
        """Create directories beneath paths.

        See mkdir(2). Creating files in them needs `allow_create_in_dir`.

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_create_dir", *absolute("allow_create_dir", paths))

    def allow_remove_file(self, *paths: "Path") -> "SystemIO":
        """Remove files beneath paths, but not directories.

        See unlink(2). Sockets, named pipes, devices and links can be removed as well.

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_remove_file", *absolute("allow_remove_file", paths))

    def allow_remove_dir(self, *paths: "Path") -> "SystemIO":
        """Remove empty directories beneath paths, but not the paths themselves.

        See rmdir(2).

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_remove_dir", *absolute("allow_remove_dir", paths))

    def allow_scratch_dir(self, *paths: "Path") -> "SystemIO":
        """Read, write, create, rename and remove beneath paths.

        For data directories, databases, uploads and temporary files. Contains all other permissions
        of this class that take paths, and allows renaming files and creating links, but not
        devices. Both ends of a link or a rename have to be beneath such paths. Starting programs
        needs `ForkAndExec`, but whatever is read can be mapped and run.

        This needs ABI 2 of landlock(7), which Linux has from 5.19 on. Together with
        `allow_open_readonly` it is not a contradiction: reading is not among its promises.

        Changing modes, owners and times needs `allow_change_metadata`, for every path. Locks of
        multiprocessing are files in `/dev/shm`, and need `allow_map_files`.

        Args:
            paths: Directories, as for `allow_read_path`.

        Raises:
            TypeError: There is no path, or one is of another type.
            ValueError: A path is empty or has a null character.
            OSError: A path is relative, and the working directory cannot be found.
        """
        return self._allow("allow_scratch_dir", *absolute("allow_scratch_dir", paths))

    def allow_python_files(self) -> "SystemIO":
        """Read what Python imports.

        Allows reading the standard library, the directories of packages, the entries of `sys.path`
        except `""`, `"/"` and a home directory, the libraries of the interpreter, those that the
        dynamic loader finds, and `/dev/urandom`.

        The paths are looked up when the context is applied, and those that do not exist are left
        out. `Limits.left_out` lists the entries of `sys.path` that are not allowed. This permission
        promises nothing: together with `allow_open_readonly` it is not a contradiction. In all
        other respects it is like `allow_read_path`.
        """
        return self._allow("allow_python_files")

    def allow_dns_files(self) -> "SystemIO":
        """Read the files that name lookups need.

        Allows reading the files of glibc's resolver, such as `/etc/resolv.conf` and `/etc/hosts`,
        and the modules that nsswitch.conf(5) names. They are looked up as for `allow_python_files`.
        You need it with `Networking.allow_name_lookup`.
        """
        return self._allow("allow_dns_files")

    def allow_ssl_files(self) -> "SystemIO":
        """Read the certificates of certificate authorities.

        Allows reading the paths of `ssl.get_default_verify_paths`, and the certificates of the
        package certifi, if that was imported. They are looked up as for `allow_python_files`.
        """
        return self._allow("allow_ssl_files")

    def allow_timezone_files(self) -> "SystemIO":
        """Read time zone data.

        Allows reading the directories of `zoneinfo.TZPATH`, the package tzdata, and
        `/etc/localtime` with its target. They are looked up as for `allow_python_files`.
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
