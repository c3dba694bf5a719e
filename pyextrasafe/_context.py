"""SafetyContext: what was enabled, and how it becomes a filter of the kernel."""

from . import _digest, _ffi, _late_imports, _limits, _rulesets
from ._rulesets import BasicCapabilities, RuleSet
from ._rulesets.base import united

TYPE_CHECKING = False
if TYPE_CHECKING:
    from builtins import staticmethod as of_class
    from typing import Any, final

    from ._filter import Filter
    from ._rulesets.base import Path
else:
    from ._errors import final, of_class

_BASIC = BasicCapabilities()


@final
class SafetyContext:
    """The rule sets that a program is limited to.

    A context does nothing until you call `apply_to_all_threads` or `apply_to_current_thread`. These
    compile the rule sets into a filter, see seccomp(2), and load it. If the context names paths or
    ports, they also limit these with landlock(7).

    A filter cannot be removed. Threads and child processes that start later inherit it, and it
    persists across execve(2). A system call that it denies fails with EPERM, which Python raises as
    `PermissionError`. Newer calls fail with ENOSYS, so C libraries fall back to older ones. A few
    calls fail with another errno. A program that makes a system call of another architecture is
    killed.

    Every context contains `BasicCapabilities`. You can apply a context several times, and others
    after it: each of them must then allow a call.

    Any thread, and any signal handler, may enable rule sets at any time, and none of them is lost.
    Applying uses the rule sets that were enabled when the call began.

    The C library and its messages call a context a policy.
    """

    def __init__(self) -> None:
        # It only grows, by extend(), which no thread and no signal handler can come in between.
        self._rulesets: list[RuleSet] = []
        self._interrupt = False
        #: The descriptor that denials are explained to, negative: none; None: they are not.
        self._explain: int | None = None

    def enable(self, *rulesets: "RuleSet") -> "SafetyContext":
        """Allow what the rule sets allow.

        The rule sets are copied: what you add to one later has no effect on this context.

        Args:
            rulesets: Any number of rule sets.

        Returns:
            This context, so that calls can be chained.

        Raises:
            TypeError: One of them is not a `RuleSet`. In that case none of them is enabled.
        """
        for position, ruleset in enumerate(rulesets, 1):
            if not isinstance(ruleset, RuleSet):
                kind = type(ruleset).__name__
                raise TypeError(
                    f"enable() argument {position} must be RuleSet, not {kind}{_instead(ruleset)}"
                )
        self._rulesets.extend([ruleset._snapshot() for ruleset in rulesets])
        return self

    def interrupt_threads(self) -> "SafetyContext":
        """Limit paths and ports in all threads, by sending each of them a signal.

        Landlock limits one thread at a time. So `apply_to_all_threads` raises if the context names
        paths or ports and other threads are running, such as those that numpy starts. Apply the
        context before they start, or call this method. Then each thread gets signal 33 once, and
        the handler limits that thread. Threads that start meanwhile get it, too.

        Python repeats calls that the signal interrupts, and the filter then checks them like all
        others: a thread that sleeps needs `Threads.allow_sleep`. A call in a C library may return
        early with EINTR.

        Afterwards each thread has its own limits, so one thread cannot trace the processes that
        another starts. Under an earlier context, this works only if that context allows
        rt_tgsigqueueinfo(2), by a rule of `Custom`, and reading `/proc/self/task`. Otherwise
        applying raises, and nothing has changed.

        This method makes no difference to a context without paths and ports, or to
        `apply_to_current_thread`.

        Returns:
            This context, so that calls can be chained.
        """
        self._interrupt = True
        return self

    def explain_denials(self, file: "object | None" = None) -> "SafetyContext":
        """Explain each denied call: what it was, where it came from, and what would allow it.

        A denied call fails as it does without explanations. Once for each place in the program and
        each path or address, the library writes a block that names the call, the permissions that
        would allow it, and the lines of the program that led to it; it stops after eight blocks
        about one place. `denials` returns the same as data. Exceptions that follow from a denial
        carry the block as a note (from Python 3.11 on). The block also names an import that comes
        too late.

        Calls that fail with another errno, and calls whose number is above 423, are not explained.
        What Landlock denies is explained only if no granted path or port covers it. Only calls that
        the C library makes are explained. A program that is started by execve(2) is denied the same
        calls, without explanations.

        The only thing that this allows in addition is writing to the descriptor. From then on the
        library uses SIGSYS, in all threads and in forked child processes: a handler that the
        program installs is not called, and the signal cannot be blocked, except by ppoll(2) and
        similar calls while they wait. `apply_to_all_threads` interrupts all other threads once,
        with signal 33, so that none of them blocks SIGSYS: a call in a C library may return early
        with EINTR.

        A denied call takes about 3 microseconds if it was explained before, and up to a millisecond
        otherwise. Allowed calls take no longer than without explanations, except those that look up
        paths or ports if the context names any, and changes of signal handlers and masks: these
        take 3 microseconds longer.

        Use explanations to write a program, and not as a record of attacks. Code that runs in the
        process can forge and clear them, but gains nothing else by that.

        To explain denials of a program that you do not change, set `PYEXTRASAFE_EXPLAIN=1` in its
        environment before it applies a context. The variable has no effect with Python's options
        `-E` and `-I`, and in a program that runs with other privileges than its caller. If denials
        cannot be explained, a line on standard error says so, and the program runs without
        explanations.

        Args:
            file: Where to write: a file descriptor, or an object with a method `fileno()`. None
                stands for the current `sys.stderr`; with False, nothing is written.

        Returns:
            This context, so that calls can be chained.

        Raises:
            TypeError: `file` is neither a descriptor nor an object with one.
            ValueError: The descriptor is negative or too large, or `file` is closed.
            OSError: `file.fileno()` fails, since the object has no descriptor.
        """
        with _late_imports.first_use("SafetyContext.explain_denials"):
            from . import _explain

        self._explain = _explain.descriptor_of(file)
        return self

    @of_class
    def from_file(path: "Path") -> "SafetyContext":
        """Make the context that a policy file describes.

        The page "Policy files" of the documentation describes the format. The file is read at once.
        Nothing in it is run, and the kernel is not asked anything. The first call imports what it
        needs.

        Args:
            path: The file, as str, bytes or `os.PathLike`. Relative paths inside the file are
                resolved against the directory that the file is in.

        Returns:
            A new context.

        Raises:
            TypeError: `path` has another type, or you call this on a context with enabled rule
                sets, which would be dropped.
            ValueError: The file is not TOML, or is not a valid policy. The message names the file,
                the key, and what was expected there.
            OSError: The file cannot be read.
            ImportError: Python is older than 3.11, and the package tomli is not installed.
        """
        with _late_imports.first_use("SafetyContext.from_file"):
            from .formats import _policy_file

            return _policy_file.read(path)

    def to_file(self, path: "Path") -> None:
        """Write a policy file from which `from_file` makes an equal context.

        Both contexts have the same `Filter.digest`. Paths are written in full, from the root. Rules
        of a class that you derived from `Custom` are read back as rules of `Custom`.

        Args:
            path: The file, as str, bytes or `os.PathLike`. An existing file is replaced.

        Raises:
            TypeError: `path` is of another type.
            ValueError: A path of the context is not UTF-8, denials are explained somewhere other
                than on standard error, or the same permission was given once with ports and once
                without, which is a contradiction. In these cases nothing is written.
            OSError: The file cannot be written.
        """
        with _late_imports.first_use("SafetyContext.to_file"):
            from .formats import _policy_file

            _policy_file.write(self, path)

    def compile(self) -> "Filter":
        """Make the filter without loading it, to ask what it would do.

        Nothing changes for the process. `interrupt_threads` and `explain_denials` make no
        difference to the filter. The first call imports what it needs, so make it before the
        lock-down.

        Returns:
            A filter, which you can query, compare and export.

        Raises:
            ExtraSafeError: Two rule sets contradict each other, or the filter would be too long.
        """
        with _late_imports.first_use("SafetyContext.compile"):
            from ._filter import compile_rulesets

        return compile_rulesets((_BASIC, *self._rulesets))

    def apply_to_current_thread(self) -> None:
        """Load the filter for the calling thread, and for the threads and processes that it starts.

        Other threads go on without the filter. They share all memory with this thread, so code that
        runs in this thread can make them do what it may not do itself. This is not a boundary
        inside a process.

        The call sets no_new_privs for the thread, see prctl(2). Without `ForkAndExec`, signals can
        be sent only to the calling process, whose id is part of the filter. A child process that is
        forked later may therefore signal this process instead of itself, and its `os.abort` ends
        with SIGSEGV.

        A signal handler can raise an exception, such as `KeyboardInterrupt`, before or after the
        filter is loaded. If you catch it, you do not know which: apply again, or end the program.

        Raises:
            ExtraSafeError: Two rule sets contradict each other, the filter would be too long, an
                io_uring(7) is open, a path does not exist, the kernel has no Landlock or one that
                is too old for a path or port, `explain_denials` was called and denials cannot be
                explained, or the kernel refused the filter. In these cases nothing has changed,
                except that no_new_privs stays set if the kernel supports filters and refused this
                one. With two values of `ExtraSafeError.code` the program must end: `"half"` (paths
                and ports are limited, but there is no filter) and `"not-enforced"` (the filter was
                loaded, but does not answer).
        """
        self._apply(_ffi.THIS_THREAD)

    def apply_to_all_threads(self) -> None:
        """Load the filter for every thread of the process, and for what they start.

        The kernel loads it into all threads or into none (SECCOMP_FILTER_FLAG_TSYNC, see
        seccomp(2)). It loads none if another thread has its own filter, from
        `apply_to_current_thread`; `ExtraSafeError.tid` is then the id of that thread.

        A context that names paths or ports needs a process with a single thread, or
        `interrupt_threads`. If /proc does not show the threads, applying such a context raises. In
        all other respects this method is like `apply_to_current_thread`.

        Raises:
            ExtraSafeError: As for `apply_to_current_thread`, or a thread could not take over the
                filter (the code is `"thread"`). If the code is `"half"`, the message and
                `ExtraSafeError.tid` name the threads in which paths and ports are not limited.
        """
        self._apply(_ffi.ALL_THREADS)

    def __repr__(self) -> str:
        rulesets = ", ".join([repr(ruleset) for ruleset in tuple(self._rulesets)])
        interrupt = ".interrupt_threads()" if self._interrupt else ""
        explain = "" if self._explain is None else f".explain_denials({self._explained_to()})"
        enabled = f".enable({rulesets})" if rulesets else ""
        return f"SafetyContext(){interrupt}{explain}{enabled}"

    def _explained_to(self) -> "int | None":
        return self._explain if self._explain is None or self._explain >= 0 else False

    def __getstate__(self) -> "dict[str, object]":
        return {
            "_rulesets": tuple(self._rulesets),
            "_interrupt": self._interrupt,
            "_explain": self._explain,
        }

    def __setstate__(self, state: "dict[str, Any]") -> None:
        # A copy grows on its own.
        self._rulesets = list(state["_rulesets"])
        self._interrupt = state["_interrupt"]
        self._explain = state["_explain"]

    def _apply(self, threads: int) -> None:
        with _ffi.quiet():
            self._load(threads)

    def _load(self, threads: int) -> None:
        rulesets = (_BASIC, *self._rulesets)
        permissions, rules = united(rulesets)
        _late_imports.prepare([name for ruleset in rulesets for name in ruleset._late_imports()])
        asked = [code for ruleset in rulesets for code in ruleset._limits()]
        left_out = [sentence for ruleset in rulesets for sentence in ruleset._left_out()]
        digest = _digest.digest(rulesets)
        if self._can_explain():
            from . import _explain

            report = _explain.load(
                permissions, rules, threads, self._interrupt, digest, self._explain
            )
        else:
            report = _ffi.load(permissions, rules, threads, self._interrupt, digest, None)
        if report is not None:
            _limits.note(report, asked, left_out)

    def _can_explain(self) -> bool:
        """Tell whether to explain denials; importing what that takes may fail.

        So it does after setuid(2), where the new user may not read the standard library.
        """
        if self._explain is None and not _ffi.explanations_are_wanted():
            return False
        try:
            from . import _explain  # noqa: F401
        except (ImportError, OSError) as error:
            if self._explain is not None:
                raise
            _ffi.tell_unexplained(error)
            return False
        return True


def _instead(given: object) -> str:
    """Return what to write where a class or a method was given, but not called."""
    if isinstance(given, type) and issubclass(given, RuleSet):
        return f": write {given.__name__}()"
    kind, _, name = getattr(given, "__qualname__", "").rpartition(".")
    is_method = callable(given) and isinstance(getattr(_rulesets, kind, None), type)
    return f": write {kind}().{name}()" if is_method else ""
