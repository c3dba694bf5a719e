"""SafetyContext: what was enabled, and how it becomes a filter of the kernel."""

from . import _digest, _ffi, _late_imports, _limits
from ._rulesets import BasicCapabilities, RuleSet
from ._rulesets.base import united

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, final

    from ._filter import Filter
    from ._rulesets.base import Path
else:
    from ._errors import final

_BASIC = BasicCapabilities()


@final
class SafetyContext:
    """The rule sets that a program is to be limited to.

    Nothing happens before one of the ``apply_to_*`` methods is called.  These compile the rule sets
    into a filter for :manpage:`seccomp(2)` and load it.  The filter cannot be removed again, and
    child processes inherit it, also across :manpage:`execve(2)`.  A system call that is not allowed
    fails with EPERM, which is :class:`PermissionError` in Python, or with ENOSYS where the C
    library has an older call to fall back to; a few have an errno of their own.  A program that
    calls the kernel as another architecture would, is killed.

    :class:`BasicCapabilities` is always contained.  A context can be applied several times, and
    others after it: a call must then be allowed by each.  Any thread, and a signal handler, may
    enable rule sets at any time, and none is lost; what was enabled when the call of an
    ``apply_to_*`` method began counts.

    What this class calls a context is a policy in the C library and its messages.
    """

    def __init__(self) -> None:
        # It only grows, by extend(), which no thread and no signal handler can come in between.
        self._rulesets: list[RuleSet] = []
        self._interrupt = False
        #: The descriptor that denials are explained to, negative: none; None: they are not.
        self._explain: int | None = None

    def enable(self, *rulesets: "RuleSet") -> "SafetyContext":
        """Allow what the rule sets allow.

        They are copied: what is added to a rule set later does not count.

        :param rulesets: any number of rule sets
        :return: this context itself
        :raise TypeError: one of them is not a :class:`RuleSet`; none of them is enabled then
        """
        for position, ruleset in enumerate(rulesets, 1):
            if not isinstance(ruleset, RuleSet):
                kind = type(ruleset).__name__
                raise TypeError(f"enable() argument {position} must be RuleSet, not {kind}")
        self._rulesets.extend([ruleset._snapshot() for ruleset in rulesets])
        return self

    def interrupt_threads(self) -> "SafetyContext":
        """Let paths and ports be limited in every thread, by a signal to each.

        Landlock limits one thread at a time, so :meth:`apply_to_all_threads` raises where a context
        names paths or ports and other threads are running, as those that numpy starts.  Apply
        before they start; or call this method: then each gets signal 33 once, whose handler limits
        it, until no thread is left that was not asked.  Python makes calls again that were
        interrupted, and the filter then judges them as all others: a thread that sleeps needs
        :meth:`Threads.allow_sleep`.  A call of a C library may return early, with EINTR.  Each
        thread then has limits of its own: what one of them starts cannot be traced by another.
        Under an earlier context it works only if that one allows :manpage:`rt_tgsigqueueinfo(2)`,
        by a rule of :class:`Custom`, and lets ``/proc/self/task`` be read; without, applying raises
        and nothing has changed.

        It changes nothing for a context without paths and ports, and for
        :meth:`apply_to_current_thread`.

        :return: this context itself
        """
        self._interrupt = True
        return self

    def explain_denials(self, file: "object | None" = None) -> "SafetyContext":
        """Explain each call that is denied: what it was, where, and what would allow it.

        A call that is denied fails as it does without, and once for each place in the program a
        block is written that says which call it was, which permissions allow it, and where the
        program is.  :func:`denials` returns all of it as data, exceptions that follow have it as a
        note (from Python 3.11 on), and an import that comes too late is named.  What has an errno
        of its own, or a number above 423, is not explained, and what Landlock denies only where no
        path or port that was granted covers it.

        Nothing more is allowed but to write to the descriptor.  The signal SIGSYS belongs to the
        library from then on, in all threads and in children that are forked: what the program does
        with it has no effect, and it cannot be blocked.  :meth:`apply_to_all_threads` interrupts
        all other threads once, by signal 33, so that none blocks it: a call of a C library may
        return early, with EINTR.  Only the C library's calls are explained.
        A program that is started by :manpage:`execve(2)` is denied the same without explanations.
        What is denied takes about 3 microseconds where it was explained before, up to a millisecond
        where not.  Allowed calls take as long as without, but for those that look up paths or ports
        where some are named, and for changes of signal handlers and masks: these take 3
        microseconds more.

        It is an aid for whoever writes the program.  Whatever runs in the process can forge and
        clear explanations; it can do no more by them.

        The same happens to a program that is not changed if ``PYEXTRASAFE_EXPLAIN`` is 1 in its
        environment when a context is applied.  The variable is ignored with ``-E`` and ``-I``, and
        in a program that runs with other privileges than its caller's.  If explaining is not
        possible, such a program is told so on standard error and runs without.

        :param file: a descriptor, or an object that has one (``fileno()``), that blocks are written
            to; None is :data:`sys.stderr` as it is now, False writes nothing
        :return: this context itself
        :raise TypeError: file has no descriptor and is none
        :raise ValueError: the descriptor is negative, or file is closed
        :raise OSError: file has no descriptor
        """
        from . import _explain

        self._explain = _explain.descriptor_of(file)
        return self

    @staticmethod
    def from_file(path: "Path") -> "SafetyContext":
        """Make the context that a policy file describes: see :doc:`policy-files`.

        The whole file is read at once, and imported what that needs.  Nothing in it is run, and
        nothing is asked of the kernel.

        :param path: str, bytes or :class:`os.PathLike`; relative paths in the file count from the
            directory that it is in
        :raise ValueError: the file is not TOML, or says what no policy can; the message is a
            sentence with the file, the key, and what was expected
        :raise OSError: it cannot be read
        :raise ImportError: Python is older than 3.11, and tomli is not installed
        """
        from .formats import _policy_file

        return _policy_file.read(path)

    def to_file(self, path: "Path") -> None:
        """Write a policy file, from which :meth:`from_file` makes an equal context.

        The two have the same :attr:`Filter.digest`.  Paths are written as they were noted, from the
        root.  Rules of a class that was derived from :class:`Custom` come back as :class:`Custom`.

        :param path: str, bytes or :class:`os.PathLike`; a file that exists is replaced
        :raise ValueError: a path of the context is not UTF-8, denials are explained elsewhere than
            on standard error, or the same permission was given ports, and none, which would be a
            contradiction; nothing is written then
        :raise OSError: it cannot be written
        """
        from .formats import _policy_file

        _policy_file.write(self, path)

    def compile(self) -> "Filter":
        """Make the filter without loading it, to be asked what it would do.

        Nothing changes for the process.  :meth:`interrupt_threads` and :meth:`explain_denials` make
        no difference.  The first call imports what it needs, which a context that was applied may
        refuse.

        :raise ExtraSafeError: two rule sets contradict each other, or the filter would be too long
        """
        from ._filter import compile_rulesets

        return compile_rulesets((_BASIC, *self._rulesets))

    def apply_to_current_thread(self) -> None:
        """Load the filter for the calling thread, and for the threads and processes it starts.

        Other threads go on without it.  They share all memory with this one, so code that runs in
        this thread can make them do what it may not do itself: this is no boundary inside a
        process.

        Sets no_new_privs for the thread, see :manpage:`prctl(2)`.  Without :class:`ForkAndExec`,
        signals can be sent to the calling process only, whose id is put into the filter: a child
        that is forked later may signal this process instead of itself, and its :func:`os.abort`
        ends by SIGSEGV.

        What a signal handler raises, such as KeyboardInterrupt, can leave this method before or
        after the filter was loaded.  A program that catches it does not know which: apply again,
        or end.

        :raise ExtraSafeError: two rule sets contradict each other, the filter would be too long, an
            :manpage:`io_uring(7)` is open, a path does not exist, the kernel has no Landlock or one
            that is too old for a path or port, or it refused the filter.  Nothing has changed then,
            but for no_new_privs if the kernel accepts filters and refused this one.  Two codes mean
            that the program must end: ``"half"``, paths and ports are limited without a filter, and
            ``"not-enforced"``, the filter was loaded and does not answer.
        """
        self._apply(_ffi.THIS_THREAD)

    def apply_to_all_threads(self) -> None:
        """Load the filter for every thread of the process, and for what they start.

        The kernel does so for all or for none (SECCOMP_FILTER_FLAG_TSYNC).  It is none when a
        thread has a filter of its own, from :meth:`apply_to_current_thread`; the error's ``tid`` is
        the id of that thread.  A context with paths or ports can be applied to a single thread
        only, or with :meth:`interrupt_threads`; where ``/proc`` does not show the threads, it
        raises.  Otherwise all is as :meth:`apply_to_current_thread` says.

        :raise ExtraSafeError: as for :meth:`apply_to_current_thread`, or a thread could not take
            the filter over (``"thread"``); with the code ``"half"``, the message and ``tid`` name
            the threads in which paths and ports are not limited
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
        if self._explain is None and not _ffi.explanations_are_wanted():
            report = _ffi.load(permissions, rules, threads, self._interrupt, digest, None)
        else:
            from . import _explain

            report = _explain.load(
                permissions, rules, threads, self._interrupt, digest, self._explain
            )
        if report is not None:
            _limits.note(report, asked, left_out)
