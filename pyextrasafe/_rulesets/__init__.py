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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = [
    "BasicCapabilities",
    "ForkAndExec",
    "Networking",
    "RuleSet",
    "SystemIO",
    "Threads",
    "Time",
]


def _rebuild(*_: object) -> "NoReturn":
    """Refuse the pickles of 0.1, which look for this function here."""
    raise TypeError("this rule set was pickled by pyextrasafe 0.1: create it again")
