"""Declare what a program still needs; the Linux kernel denies it everything else.

Enable rule sets in a `SafetyContext`, and apply it before you read the first untrusted byte:

>>> SafetyContext().enable(SystemIO().allow_stdout().allow_stderr()).apply_to_all_threads()

From then on the kernel denies every other system call. Python raises `PermissionError` for most of
them. There is no way back: another context can only take away more.

Importing the package is cheap, starts nothing, and asks the kernel for nothing.
"""

from . import _ffi, _late_imports
from ._context import SafetyContext
from ._custom import Compare, CompareOp, Custom, Rule
from ._denials import Denial, denials
from ._errors import ExtraSafeError
from ._limits import Limits
from ._process import lock_pid_file, restrict_privileges
from ._rulesets import (
    BasicCapabilities,
    ForkAndExec,
    Networking,
    RuleSet,
    SystemIO,
    Threads,
    Time,
)
from ._status import Status, status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._filter import Decision, Filter
    from ._learn import Observation, Observations, learn, learn_command
__all__ = [
    "BasicCapabilities",
    "Compare",
    "CompareOp",
    "Custom",
    "Decision",
    "Denial",
    "ExtraSafeError",
    "Filter",
    "ForkAndExec",
    "Limits",
    "Networking",
    "Observation",
    "Observations",
    "Rule",
    "RuleSet",
    "SafetyContext",
    "Status",
    "SystemIO",
    "Threads",
    "Time",
    "denials",
    "learn",
    "learn_command",
    "lock_pid_file",
    "restrict_privileges",
    "status",
]

__version__ = _ffi.VERSION


if not TYPE_CHECKING:  # which would take every name for one of the package

    def __getattr__(name: str) -> object:
        """Import what few programs use when it is asked for."""
        with _late_imports.first_use(f"{__name__}.{name}"):
            if name in ("Decision", "Filter"):
                from . import _filter as module
            elif name in ("Observation", "Observations", "learn", "learn_command"):
                from . import _learn as module
            else:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(module, name))

    def __dir__() -> list:
        """Return the public names, which help() and completion show."""
        return [*__all__, "__version__"]


del TYPE_CHECKING
