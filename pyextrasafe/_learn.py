"""learn(): what a program asks of the kernel, as data and as the permissions that allow it."""

import atexit
import errno
import os
import shutil
import sys
from contextlib import contextmanager

from . import _ffi, _late_imports, _stacks
from ._denials import _frames, _text
from ._errors import ExtraSafeError
from ._ffi import ffi, lib
from ._immutable import Result
from ._status import status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, final

    from ._chain import Chain
    from ._context import SafetyContext
    from ._rulesets.base import Path
else:
    from ._errors import final

_COUNT = ffi.typeof("uint32_t *")
_STATUS = ffi.typeof("int *")
_WORD = ffi.typeof("char[]")
_WORDS = ffi.typeof("char *[]")
_OBSERVATION = ffi.typeof("es_observation *")

#: What a descriptor was, in the order of ES_IS_*.
KINDS = (
    None,
    "a file",
    "a directory",
    "a pipe",
    "a terminal",
    "a device",
    "a TCP socket",
    "a UDP socket",
    "a UNIX stream socket",
    "a UNIX datagram socket",
    "a socket",
    "another descriptor",
    "unknown",
)
_STANDARD = ("standard input", "standard output", "standard error")


@final
class Observation(Result):
    """A call that a program made while it was watched: see `learn`.

    Calls that no permission distinguishes are one observation. It is plain data that does not
    change: you can compare, copy and pickle it, and use it as a key.

    Attributes:
        call: The name of the system call, see syscalls(2).
        arguments: Its arguments in words, as they were the first time, such as `AT_FDCWD,
            "/etc/hosts", O_RDONLY|O_CLOEXEC`. A question mark stands for what no filter sees or no
            permission looks at.
        path: The first path of the call, from the root, or the address of a socket; None if it has
            neither. If no permission limits the path of the call, this is the path of the first
            such call.
        descriptor: What its descriptor was, such as `"standard output"`, `"a file"` or `"a TCP
            socket"`; None if it has none.
        count: How often it was made, by this process and by those that were forked from it.
        failed: How many of these calls failed.
        errno: The error number of the last call that failed, see errno(3); None if none did.
        stack: Where the program was the first time, the innermost frame first: file, line and
            function. Empty if no Python code was running, and if many calls of this kind had been
            seen before.
        thread: The id of the thread that made it the first time, see gettid(2).
        pid: The id of the process that made it the first time: this one, or one that was forked
            from it.
    """

    __slots__ = (
        "_compared",
        "_created",
        "_is_of_first",
        "_number",
        "_paths",
        "_port",
        "_values",
        "arguments",
        "call",
        "count",
        "descriptor",
        "errno",
        "failed",
        "path",
        "pid",
        "stack",
        "thread",
    )

    call: str
    arguments: str
    path: "str | None"
    descriptor: "str | None"
    count: int
    failed: int
    errno: "int | None"
    stack: "tuple[tuple[str, int, str], ...]"
    thread: int
    pid: int
    _number: int
    _values: "tuple[int, ...]"
    _compared: int
    _created: bool
    #: Whether the process made it that a context would be applied in.
    _is_of_first: bool
    _port: "int | None"
    #: Its paths, by the arguments that they are.
    _paths: "tuple[tuple[int, str], ...]"

    _made_by = "learn()"

    def __repr__(self) -> str:
        return f"<Observation {self.call}({self.arguments}) {self.count}x>"

    def _key(self) -> "tuple[object, ...]":
        """Return what tells it from others, in this run and in another one."""
        values = [self._values[i] for i in range(len(self._values)) if self._compared >> i & 1]
        paths = self._paths if self._is_judged() else ()
        return (self._number, self._compared, *values, self._created, self.descriptor, paths)

    def _is_judged(self) -> bool:
        return _to_ask(self).is_judged() or self.call in ("connect", "bind")


class Observations:
    """What a program did while it was watched: see `learn` and `learn_command`.

    You can copy and pickle it. While the program is still being watched, it shows what was seen so
    far.

    Attributes:
        returncode: How the command ended: its exit status, or -N if signal N killed it, like
            `subprocess.Popen.returncode`. None from `learn`.
    """

    returncode: "int | None" = None

    def __init__(self) -> None:
        """Make observations of nothing, to which others can be added."""
        self._calls: list[Observation] = []
        self._missed = 0
        self._is_live = False
        #: Whether other threads were running when it began.
        self._has_threads = False
        #: Whether programs that were started were watched as well.
        self._saw_programs = False
        #: What was added to sys.path meanwhile.
        self._late: list[str] = []

    @property
    def calls(self) -> "list[Observation]":
        """The calls, as a list of `Observation`, in the order in which they were first made."""
        if self._is_live:
            self._calls, self._missed = _read()
        return self._calls[:]

    @property
    def missed(self) -> int:
        """The number of calls that are missing.

        There was no room for them, or, in a command, they could not be read: calls of another
        architecture, and paths in memory that cannot be read. If this is not 0, the resulting
        context may allow too little.
        """
        if self._is_live:
            self._calls, self._missed = _read()
        return self._missed

    def merge(self, other: "Observations") -> "Observations":
        """Add what another run has shown, since a program does not do everything in each run.

        Args:
            other: Observations of the same program, for example of another process that pickled
                them.

        Returns:
            This object, so that calls can be chained.

        Raises:
            TypeError: `other` is not `Observations`.
        """
        if not isinstance(other, Observations):
            raise TypeError(f"other must be Observations, not {type(other).__name__}")
        found = {observation._key(): observation for observation in self.calls}
        for observation in other.calls:
            known = found.get(observation._key())
            found[observation._key()] = observation if known is None else _sum(known, observation)
        self._missed = self.missed + other.missed
        self._has_threads = self._has_threads or other._has_threads
        self._saw_programs = self._saw_programs and other._saw_programs
        self._late = [*self._late, *other._late]
        self._is_live = False
        self._calls = list(found.values())
        return self

    def context(self) -> "SafetyContext":
        """Return a context that allows what was seen, with the permissions of `as_code`.

        It is like one that you wrote by hand: you can enable more rule sets. The paths that it
        names have to exist when you apply it.

        Returns:
            A new context.
        """
        return self._chain().context()

    def as_code(self) -> str:
        """Return code that makes the same context, with the reason for each permission.

        A comment above each permission says which call needs it, and the first place in the program
        that made that call. Comments at the end list what could not be seen.

        Returns:
            Lines of Python that import what they need and apply the context.
        """
        return self._chain().code(self.missed)

    def to_file(self, path: "Path") -> None:
        """Write the same context to a policy file, with the comments of `as_code`.

        `SafetyContext.from_file` makes an equal context of it.

        Args:
            path: The file, as str, bytes or `os.PathLike`. An existing file is replaced.

        Raises:
            TypeError: `path` is of another type.
            ValueError: A path that was seen is not UTF-8. Nothing is written then.
            OSError: The file cannot be written.
        """
        self._write_to(path, None)

    def _write_to(self, path: "Path", merged: "SafetyContext | None") -> None:
        """Write the context, or one that it was merged into."""
        from .formats._policy_file import write

        chain = self._chain()
        write(merged or chain.context(), path, chain.reasons(), chain.remarks(self.missed))

    def _chain(self) -> "Chain":
        from ._chain import Chain

        return Chain(self.calls, self._has_threads, self._saw_programs, self._late)

    def __repr__(self) -> str:
        return f"<Observations of {len(self.calls)} calls>"

    def __getstate__(self) -> "dict[str, Any]":
        return {**self.__dict__, "_calls": self.calls, "_is_live": False}


def _sum(one: "Observation", other: "Observation") -> "Observation":
    fields = dict(zip(Observation.__slots__, one._fields()))
    fields["count"] += other.count
    fields["failed"] += other.failed
    fields["errno"] = one.errno if other.errno is None else other.errno
    fields["_is_of_first"] = one._is_of_first and other._is_of_first
    return Observation._make(**fields)


@contextmanager
def learn() -> "Iterator[Observations]":
    """Watch what the program asks of the kernel within a with-block.

    All threads are watched, those that are already running and those that start, and processes that
    are forked meanwhile. Programs that are started by execve(2) are not. Each call is made as it
    would be otherwise, and takes about 2 microseconds longer; the first call of each kind takes up
    to a millisecond. Nothing stays behind afterwards: no filter is loaded, and no setting of
    prctl(2) remains.

    Within the block the library uses SIGSYS, in all threads and in forked child processes: a
    handler that the program installs is not called, and the signal cannot be blocked. Threads are
    interrupted with signal 33 when the block begins and when it ends, and the main thread with
    SIGSYS whenever another thread has handled a signal. Python repeats its interrupted calls; those
    of C libraries may return early with EINTR. vfork(2) acts like fork(2), and Python writes no
    compiled modules.

    Inside another sandbox, calls that the sandbox refuses fail as they do otherwise.

    Returns:
        A context manager that returns `Observations` when it is entered. The exceptions below are
        raised then.

    Raises:
        NotImplementedError: The kernel is older than Linux 5.11, or the architecture is not x86_64.
        RuntimeError: The process is already being watched, or denials are explained, which needs
            the same signal.
        ExtraSafeError: A context of this library was applied (the code is `"unsupported"`), another
            sandbox refuses it (`"outer-sandbox"`), or a thread blocks SIGSYS (`"thread"`).
    """
    with _watching() as observations:
        # What applying a context imports is no need of the program.
        _late_imports.prepare([_late_imports.HOST_NAMES, *_late_imports.of_forks()])
        observations._has_threads = _start()
        observations._is_live = True
        # Threads that go on while the interpreter ends have no stack that could be written.
        atexit.register(_stacks.end)
        found, writes_no_code = sys.path[:], sys.dont_write_bytecode
        # Or a program that is compiled now could write where it lies ever after.
        sys.dont_write_bytecode = True
        try:
            yield observations
        finally:
            sys.dont_write_bytecode = writes_no_code
            observations._late = [
                path for path in sys.path if isinstance(path, str) and path not in found
            ]
            atexit.unregister(_stacks.end)
            is_over = lib.es_learn_stop()
            observations._calls, observations._missed = _read()
            observations._is_live = False
            if is_over:
                _stacks.end()


def learn_command(arguments: "Sequence[str]") -> "Observations":
    """Run a command, and watch what it and all programs that it starts ask of the kernel.

    This function returns when all of them have ended, including those in the background. Before
    each of their calls, a filter of the child process asks a supervisor in the calling thread, see
    seccomp_unotify(2). So the child process cannot gain privileges, and set-user-ID programs run
    without theirs.

    What calls return is not seen. Calls that fail are observed as if they had succeeded, except for
    paths that do not exist, and questions whether something is a terminal, is a socket, or can
    seek. There are no stacks. A signal whose handler was installed without SA_RESTART, see
    sigaction(2), may interrupt any call of the command with EINTR.

    Ctrl-C goes to the command, and so do SIGTERM and SIGHUP, unless you handle them. If the calling
    thread ends, the command is killed, and in other processes that it started all calls fail. If
    another thread applies a context meanwhile, that ends the command, too.

    Args:
        arguments: The program, which is searched for in PATH if it has no slash, and its arguments.

    Returns:
        What was seen, with `Observations.returncode`.

    Raises:
        TypeError: `arguments` is not a sequence of str or `os.PathLike`.
        ValueError: `arguments` is empty, or a word contains a null character.
        FileNotFoundError: There is no such program.
        OSError: The program cannot be started.
        NotImplementedError: The kernel is older than Linux 5.9.
        RuntimeError: The process is already being watched, or denials are explained.
        ExtraSafeError: A context of this library was applied (the code is `"unsupported"`), or
            another sandbox refuses it (`"outer-sandbox"`).
    """
    if isinstance(arguments, (str, bytes)):
        raise TypeError("arguments must be a list of words, not one text")
    words = [os.fspath(word) for word in arguments]
    if not words:
        raise ValueError("arguments must begin with a program")
    with _watching() as observations:
        _run(words, observations)
    return observations


def _run(words: "list[str]", observations: "Observations") -> None:
    path = shutil.which(words[0]) if os.sep not in words[0] else words[0]
    if path is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), words[0])
    encoded = [os.fsencode(word) for word in words]
    if any(b"\0" in word for word in encoded):
        raise ValueError("a word of arguments contains a 0")
    alive = [ffi.new(_WORD, word) for word in encoded]
    pointers = ffi.new(_WORDS, [*alive, ffi.NULL])
    error, ended = _ffi._new_error(), ffi.new(_STATUS)
    code = lib.es_learn_command(os.fsencode(path), pointers, ended, error)
    if code:
        raise _failure_of_command(code, error, path)
    observations._calls, observations._missed = _read()
    observations._saw_programs = True
    observations.returncode = _returncode(ended[0])


def _failure_of_command(code: int, error: "Any", path: str) -> Exception:
    failure = _ffi._failure(error)
    if code == lib.ES_ERR_UNSUPPORTED:
        return NotImplementedError(str(failure))
    if code == lib.ES_ERR_KERNEL:
        return OSError(error.errnum, os.strerror(error.errnum), path)
    return failure


def _returncode(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


#: What is being seen.
_running: "list[Observations]" = []


@contextmanager
def _watching() -> "Iterator[Observations]":
    """Let nobody else watch meanwhile; refuse what cannot be watched, and say why."""
    observations = Observations()
    with _ffi.COMMIT:
        if _running:
            raise RuntimeError("learn() is already watching this process")
        _running.append(observations)
    try:
        _check()
        yield observations
    finally:
        _running.clear()


def _check() -> None:
    if lib.es_explain_is_started():
        raise RuntimeError("learn() cannot be used with explain_denials(): both need one signal")
    if status().confined:
        raise ExtraSafeError(
            "learn() works only before a context is applied: status() says that this process is "
            "confined, and what the context denies could not be seen",
            code="unsupported",
        )


def _start() -> bool:
    """Begin, in all threads; tell whether there are others."""
    error, others = _ffi._new_error(), ffi.new(_COUNT)
    _stacks.begin()
    code = lib.es_learn_start(others, error)
    if not code:
        return bool(others[0])
    _stacks.end()
    failure = _ffi._failure(error)
    if code == lib.ES_ERR_UNSUPPORTED:
        raise NotImplementedError(str(failure)) from failure
    raise failure


# ---- What was seen ----


def _read() -> "tuple[list[Observation], int]":
    """Return all that was seen, and how much there was no room for."""
    place = ffi.new(_OBSERVATION)
    size = ffi.sizeof("es_observation")
    found = [
        (place.order, _observation(place))
        for index in range(lib.ES_OBSERVATIONS)
        if lib.es_observation_get(index, place, size) == lib.ES_OK
    ]
    found.sort(key=lambda pair: pair[0])
    for _, observation in found:
        observation._set(_is_of_first=observation.pid == found[0][1].pid)
    return [observation for _, observation in found], lib.es_observations_missed()


def _observation(place: "Any") -> "Observation":
    paths = [(place.path_arguments[i], _text(place.paths[i])) for i in range(place.path_count)]
    values = tuple(place.call.args)
    observation = Observation._make(
        call="",
        arguments="",
        path=next((path for _, path in paths if path), None),
        descriptor=_descriptor(place, values),
        count=place.count,
        failed=place.failed,
        errno=place.errnum or None,
        stack=_frames(_text(place.stack)),
        thread=place.thread,
        pid=place.process,
        _number=place.call.nr,
        _values=values,
        _compared=place.compared,
        _created=bool(place.created),
        _is_of_first=True,
        _port=place.port if place.port >= 0 else None,
        _paths=tuple(paths),
    )
    call, _, arguments = _to_ask(observation).words().partition("(")
    observation._set(call=call, arguments=arguments[:-1])
    return observation


def _descriptor(place: "Any", values: "tuple[int, ...]") -> "str | None":
    if place.descriptor >= len(values):
        return None
    number = values[place.descriptor] % 2**32
    if number < len(_STANDARD):
        return _STANDARD[number]
    return KINDS[place.kind]


def _to_ask(observation: "Observation") -> "Any":
    """Return the call, to be asked about: what differs from run to run is not known of it."""
    from . import _ask

    call = _ask.Call(observation._number)
    for position, value in enumerate(observation._values):
        call.pointer.args[position] = value
    call.known = observation._compared
    for position in range(_ask.ARGUMENTS):
        if call.argument_name(position).endswith("dirfd"):
            call.known |= 1 << position
    for position, path in observation._paths:
        call.set_path(position, path)
    return call


def first_place(
    stack: "Iterable[tuple[str, int, str]]",
) -> "tuple[str, int, str] | None":
    """Return the innermost frame that is of the program itself, and not of a library."""
    import sysconfig

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    libraries = tuple({f"{sysconfig.get_path(name)}/" for name in names})
    frames = list(stack)
    own = [
        frame for frame in frames if not frame[0].startswith((*libraries, "<frozen", "<builtin>"))
    ]
    return next(iter(own or frames), None)
