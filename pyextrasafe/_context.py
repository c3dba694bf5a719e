"""SafetyContext: what was enabled, and how it becomes a filter of the kernel."""

from . import _ffi, _reporting
from ._rulesets import BasicCapabilities, RuleSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import final
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
    library has an older call to fall back to.  A program that calls the kernel as another
    architecture would, is killed.

    :class:`BasicCapabilities` is always contained.  A context can be applied several times, and
    others after it: a call must then be allowed by each.  Another thread may change the context
    while it is applied; what was enabled when the call began counts.

    What this class calls a context is a policy in the C library and its messages.
    """

    def __init__(self) -> None:
        self._rulesets: tuple[RuleSet, ...] = ()

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
        self._rulesets += tuple([ruleset._snapshot() for ruleset in rulesets])
        return self

    def apply_to_current_thread(self) -> None:
        """Load the filter for the calling thread, and for the threads and processes it starts.

        Other threads go on without it.  They share all memory with this one, so code that runs in
        this thread can make them do what it may not do itself: this is no boundary inside a
        process.

        Sets no_new_privs for the thread, see :manpage:`prctl(2)`.  Signals can
        be sent to the calling process only, whose id is put into the filter: a child that is forked
        later may signal this process instead of itself, and its :func:`os.abort` ends by SIGSEGV.

        :raise ExtraSafeError: two rule sets contradict each other, the filter would be too long, an
            :manpage:`io_uring(7)` is open, or the kernel refused the filter.  Nothing has changed
            then, but for no_new_privs if the kernel accepts filters and refused this one.
        """
        self._apply(_ffi.THIS_THREAD)

    def apply_to_all_threads(self) -> None:
        """Load the filter for every thread of the process, and for what they start.

        The kernel does so for all or for none (SECCOMP_FILTER_FLAG_TSYNC).  It is none when a
        thread has a filter of its own, from :meth:`apply_to_current_thread`; the error's ``tid`` is
        the id of that thread.  Otherwise all is as :meth:`apply_to_current_thread` says.

        :raise ExtraSafeError: as for :meth:`apply_to_current_thread`, or a thread could not take
            the filter over
        """
        self._apply(_ffi.ALL_THREADS)

    def __repr__(self) -> str:
        enabled = f".enable({', '.join(map(repr, self._rulesets))})" if self._rulesets else ""
        return f"SafetyContext(){enabled}"

    def _apply(self, threads: int) -> None:
        rulesets = (_BASIC, *self._rulesets)
        # Several rule sets may grant the same permission.
        permissions = dict.fromkeys(
            [entry for ruleset in rulesets for entry in ruleset._permissions()]
        )
        rules = b"".join([ruleset._rules() for ruleset in rulesets])
        _reporting.prepare()
        _ffi.load(permissions, rules, threads)
