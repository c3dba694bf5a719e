"""The rule sets that come with the library: one method for each permission of its table.

The first line of a docstring is the summary that stands in the table; a test compares them.
"""

from .base import RuleSet
from .basic_capabilities import BasicCapabilities
from .fork_and_exec import ForkAndExec
from .networking import Networking
from .system_io import SystemIO
from .threads import Threads
from .time import Time

__all__ = [
    "BasicCapabilities",
    "ForkAndExec",
    "Networking",
    "RuleSet",
    "SystemIO",
    "Threads",
    "Time",
]
