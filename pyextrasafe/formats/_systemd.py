"""systemd: lines of a unit, which can name calls and no arguments."""

from pyextrasafe import _ffi

from ._export import EPERM, Export, row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyextrasafe import Filter

# A list of what is allowed begins with calls that systemd takes to be harmless, execve(2) among
# them. They are removed before those of the filter are added.
_LINES = """\
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@default
SystemCallFilter=~@default
"""


def write(filter: "Filter", without: "Iterable[str]") -> str:  # noqa: A002
    """Return lines for a unit's section [Service]."""
    export = Export("systemd", filter, without)
    allowed = []
    for number, name in export.calls().items():
        if _is_allowed(export, number):
            allowed.append(name)
        else:
            _answer(export, number, name)
    return _LINES + "".join([f"SystemCallFilter={name}\n" for name in sorted(allowed)])


def _is_allowed(export: "Export", number: int) -> bool:
    for way in export.ways(number):
        if way.allows and not way.comparisons:
            return True
        export.cannot_say(row(way), "conditions" if way.allows else "answers")
    return False


def _answer(export: "Export", number: int, name: str) -> None:
    errnum = export.refusal(number, ())
    if errnum not in (EPERM, None):
        export.cannot_say(f"that {name} fails with {_ffi.errno_name(errnum or 0)}", "answers")
