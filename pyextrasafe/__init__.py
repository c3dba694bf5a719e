"""Say what a program still needs; the Linux kernel refuses it everything else."""

from . import _ffi
from ._context import SafetyContext
from ._custom import Compare, CompareOp, Custom, Rule
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

__all__ = [
    "BasicCapabilities",
    "Compare",
    "CompareOp",
    "Custom",
    "ExtraSafeError",
    "ForkAndExec",
    "Limits",
    "Networking",
    "Rule",
    "RuleSet",
    "SafetyContext",
    "Status",
    "SystemIO",
    "Threads",
    "Time",
    "lock_pid_file",
    "restrict_privileges",
    "status",
]

__version__ = _ffi.VERSION
