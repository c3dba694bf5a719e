"""TOML: read by Python's own module, or by tomli before there was one, and written."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_WIDTH = 100
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def parse(data: bytes) -> "dict[str, Any]":
    """Return what a document says; ValueError for whatever is no TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ModuleNotFoundError:
            raise ImportError(
                "policy files are TOML, and before 3.11 Python needs the package tomli to read it: "
                "pip install 'pyextrasafe[cli]'"
            ) from None
    try:
        return tomllib.loads(data.decode())
    except RecursionError:
        raise ValueError("not TOML that can be read, since it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not TOML: {error}") from None


def string(text: str) -> str:
    """Return a string as it is written, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join([_escaped(letter) for letter in escaped])}"'


def key(name: str) -> str:
    """Return a key as it is written, on one line."""
    return name if name and _BARE.issuperset(name) else string(name)


def line(name: str, items: "Iterable[str]") -> str:
    """Return a key and its array, whose items are written already."""
    items = list(items)
    short = f"{name} = [{', '.join(items)}]"
    if len(short) <= _WIDTH:
        return short
    return f"{name} = [\n" + "".join([f"    {item},\n" for item in items]) + "]"


def comment(text: str) -> str:
    """Return a comment as it is written, on one line."""
    return "# " + "".join([_escaped(letter) for letter in text])


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"
