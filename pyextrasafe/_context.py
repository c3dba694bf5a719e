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
    compile the rule sets into a filter, see seccomp(2), and load it. Where the context names paths
    or ports, they limit these by landlock(7) as well.

    A filter cannot be removed. Threads and child processes that start later inherit it, and it
    stays across execve(2). A system call that it denies fails with EPERM, which Python raises as
    `PermissionError`; or with ENOSYS where the C library has an older call to fall back to. A few
    calls fail with an errno of their own. A program that makes a system call of another
    architecture is killed.

    Every context contains `BasicCapabilities`. You can apply a context several times, and others
    after it: from then on a call must be allowed by each of them.

    Any thread, and a signal handler, may enable rule sets at any time, and none of them is lost.
    Applying uses what was enabled when the call began.

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
            TypeError: One of them is not a `RuleSet`. None of them is enabled then.
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
        """Let paths and ports be limited in all threads, by sending each of them a signal.

        Landlock limits one thread at a time. So `apply_to_all_threads` raises if the context names
        paths or ports and other threads are running, such as those that numpy starts. Apply the
        context before they start, or call this method. Then each thread gets signal 33 once, whose
        handler limits that thread. Threads that start meanwhile get it too.

        Python repeats calls that the signal interrupts, and the filter then judges them like all
        others: a thread that sleeps needs `Threads.allow_sleep`. A call that a C library makes may
        return early with EINTR.

        Afterwards each thread has limits of its own, so what one of them starts cannot be traced by
        another. Under an earlier context this works only if that one allows rt_tgsigqueueinfo(2),
        by a rule of `Custom`, and lets `/proc/self/task` be read. Otherwise applying raises, and
        nothing has changed.

        This method makes no difference to a context without paths and ports, or to
        `apply_to_current_thread`.

        Returns:
            This context, so that calls can be chained.
        """
        self._interrupt = True
        return self

    def explain_denials(self, file: "object | None" = None) -> "SafetyContext":
        """Explain each denied call: what it was, where it came from, and what would allow it.

        A denied call fails as it does without explanations. Once for each place in the program, a
        block is written that names the call, the permissions that would allow it, and the lines of
        the program that led to it. `denials` returns the same as data. Exceptions that follow from
        a denial carry the block as a note (from Python 3.11 on), and an import that comes too late
        is named.

        Not explained are calls that fail with an errno of their own, and those whose number is
        above 423. What Landlock denies is explained only where no path or port that was granted
        covers it. Only calls that the C library makes are explained. A program that is started by
        execve(2) is denied the same, without explanations.

        The only thing that this allows in addition is writing to the descriptor. From then on
        SIGSYS belongs to the library, in all threads and in forked child processes: a handler that
        the program installs is not called, and the signal cannot be blocked, except by ppoll(2) and
        similar calls while they wait. `apply_to_all_threads` interrupts all other threads once, by
        signal 33, so that none of them blocks SIGSYS: a call that a C library makes may return
        early with EINTR.

        A denied call takes about 3 microseconds if it was explained before, and up to a millisecond
        if not. Allowed calls take as long as without explanations, except those that look up paths
        or ports in a context that names some, and changes of signal handlers and masks: these take
        3 microseconds longer.

        Explanations help you to write a program; they are no record of attacks. Code that runs in
        the process can forge and clear them, but can do nothing else by that.

        To explain denials of a program that you do not change, set `PYEXTRASAFE_EXPLAIN=1` in its
        environment before it applies a context. The variable has no effect with Python's options
        `-E` and `-I`, and in a program that runs with other privileges than its caller. If
        explaining is not possible, such a program says so on standard error and runs without it.

        Args:
            file: Where to write: a file descriptor, or an object that has one by `fileno()`. None
                is `sys.stderr` as it is now, and False writes nothing.

        Returns:
            This context, so that calls can be chained.

        Raises:
            TypeError: `file` is neither a descriptor nor an object with one.
            ValueError: The descriptor is negative or too large, or `file` is closed.
            OSError: The method `fileno()` of `file` fails, since the object has no descriptor.
        """
        with _late_imports.first_use("SafetyContext.explain_denials"):
            from . import _explain

        self._explain = _explain.descriptor_of(file)
        return self

    @of_class
    def from_file(path: "Path") -> "SafetyContext":
        """Make the context that a policy file describes.

        The format is on the page "Policy files" of the documentation. The file is read at once.
        Nothing in it is run, and nothing is asked of the kernel. The first call imports what it
        needs.

        Args:
            path: The file, as str, bytes or `os.PathLike`. Relative paths inside the file count
                from the directory that the file is in.

        Returns:
            A new context.

        Raises:
            TypeError: `path` is of another type, or this is called on a context that has something
                enabled, which would be dropped.
            ValueError: The file is not TOML, or it says what no policy can say. The message names
                the file, the key, and what was expected there.
            OSError: The file cannot be read.
            ImportError: Python is older than 3.11, and the package tomli is not installed.
        """
        with _late_imports.first_use("SafetyContext.from_file"):
            from .formats import _policy_file

            return _policy_file.read(path)

    def to_file(self, path: "Path") -> None:
        """Write a policy file from which `from_file` makes an equal context.

        Both contexts have the same `Filter.digest`. Paths are written as they were noted, from the
        root. Rules of a class that you derived from `Custom` come back as rules of `Custom`.

        Args:
            path: The file, as str, bytes or `os.PathLike`. An existing file is replaced.

        Raises:
            TypeError: `path` is of another type.
            ValueError: A path of the context is not UTF-8, denials are explained elsewhere than on
                standard error, or the same permission was given once with ports and once without,
                which is a contradiction. Nothing is written then.
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
            A filter, which you can question, compare and export.

        Raises:
            ExtraSafeError: Two rule sets contradict each other, or the filter would be too long.
        """
        with _late_imports.first_use("SafetyContext.compile"):
            from ._filter import compile_rulesets

        return compile_rulesets((_BASIC, *self._rulesets))

    def apply_to_current_thread(self) -> None:
        """Load the filter for the calling thread, and for the threads and processes that it starts.

        Other threads go on without the filter. They share all memory with this thread, so code that
        runs in this thread can make them do what it may not do itself. This is no boundary inside a
        process.

        The call sets no_new_privs for the thread, see prctl(2). Without `ForkAndExec`, signals can
        be sent to the calling process only, whose process id is part of the filter. A child process
        that is forked later may therefore signal this process instead of itself, and its `os.abort`
        ends by SIGSEGV.

        An exception of a signal handler, such as `KeyboardInterrupt`, can leave this method before
        or after the filter was loaded. If you catch it, you do not know which: apply again, or end
        the program.

        Raises:
            ExtraSafeError: Two rule sets contradict each other, the filter would be too long, an
                io_uring(7) is open, a path does not exist, the kernel has no Landlock or one that
                is too old for a path or port, `explain_denials` was called and denials cannot be
                explained, or the kernel refused the filter. Nothing has changed then, except that
                no_new_privs stays set if the kernel supports filters and refused this one. With two
                values of `ExtraSafeError.code` the program must end: `"half"` (paths and ports are
                limited, but there is no filter) and `"not-enforced"` (the filter was loaded, but
                does not answer).
        """
        self._apply(_ffi.THIS_THREAD)

    def apply_to_all_threads(self) -> None:
        """Load the filter for every thread of the process, and for what they start.

        The kernel loads it into all threads or into none (SECCOMP_FILTER_FLAG_TSYNC, see
        seccomp(2)). It is none if another thread has a filter of its own, from
        `apply_to_current_thread`; then `ExtraSafeError.tid` is the id of that thread.

        A context that names paths or ports needs a process with a single thread, or
        `interrupt_threads`. Where /proc does not show the threads, applying such a context raises.
        In everything else this method is like `apply_to_current_thread`.

        Raises:
            ExtraSafeError: As for `apply_to_current_thread`, or a thread could not take the filter
                over (the code is `"thread"`). If the code is `"half"`, the message and
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
