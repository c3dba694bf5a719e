"""The digest of a context: 48 bits of a hash of what it means, as it was written.

What applying adds is left out: the own process id, what a name stands for on this machine.
"""

from . import _ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._rulesets import RuleSet


def digest(rulesets: "Iterable[RuleSet]") -> int:
    """Return the digest of rule sets, whatever their order, and however often one says the same."""
    # ascii(), since repr() writes some characters otherwise in newer versions of Python.
    lines = {ascii(entry) for ruleset in rulesets for entry in ruleset._canonical()}
    return _ffi.digest("\n".join(sorted(lines)).encode())


def as_text(number: int) -> str:
    """Return a digest as it is shown."""
    return f"{number:012x}"
