"""What the interpreter would import late, imported before the lock-down.

After it such an import is refused. Whoever handles one exception, by printing or logging it, would
get another one; and a permission would not do what it is for.
"""

import os
import sys
from _thread import get_ident

from . import _ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from _typeshed.importlib import MetaPathFinderProtocol

# For errors. What these import themselves comes along. tests/kernel/test_reporting.py finds out
# what is missing; the order is that of need, should one of them fail.
_MODULES = ["traceback", "tokenize", "warnings"]
if sys.version_info >= (3, 11):
    _MODULES += ["unicodedata", "_colorize"]
if sys.version_info >= (3, 13):
    _MODULES += ["ast"]
if sys.version_info >= (3, 14):
    _MODULES += ["codeop", "difflib"]
if sys.version_info >= (3, 15):
    _MODULES += ["inspect"]

# For a host that is a str, also where it is an address. Without it, what nothing allows would be a
# LookupError, and not the refusal that it is.
HOST_NAMES = "encodings.idna"

# What multiprocessing imports when it forks a process.
_OF_FORKS = ("multiprocessing.popen_fork", "multiprocessing.resource_tracker")

# Programs that bring their own interpreter may have no such folder.
_LIBRARY = os.path.dirname(getattr(os, "__file__", ""))
_OF_OTHERS = ("site-packages", "dist-packages")


def _is_standard(spec: "ModuleSpec") -> bool:
    """Whether a module belongs to the standard library, by where it was found."""
    if spec.origin in ("built-in", "frozen"):
        return True
    if not spec.origin or not _LIBRARY or not spec.origin.startswith(_LIBRARY + os.sep):
        return False
    return spec.origin[len(_LIBRARY) + 1 :].split(os.sep)[0] not in _OF_OTHERS


class first_use:  # noqa: N801
    """Lets an import of this package say that a context does not allow it any more."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        # Without a name it says itself what to do.
        if isinstance(error, ImportError) and error.name and _ffi.is_confined():
            raise type(error)(
                "a context was applied before, which does not allow importing what "
                f"{self._name} needs: use {self._name} once before that",
                name=error.name,
                path=error.path,
            ) from error


class _StandardLibrary:
    """A finder that, for one thread, finds nothing but the standard library.

    A token.py beside the program would otherwise run because tokenize imports token.
    """

    def __init__(self, finders: "list[MetaPathFinderProtocol]") -> None:
        self._finders = finders
        self._thread = get_ident()

    def find_spec(
        self,
        name: str,
        path: "Sequence[str] | None",
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Return where a module is; other threads shall ask the next finder."""
        if get_ident() != self._thread:
            return None
        for finder in self._finders:
            spec = finder.find_spec(name, path, target)
            if spec is not None and _is_standard(spec):
                return spec
            if spec is not None:
                break
        raise ModuleNotFoundError(f"{name} is not of the standard library", name=name)


def of_forks() -> "Sequence[str]":
    """Return what is imported when the program forks a process, as far as it can tell now."""
    return _OF_FORKS if "multiprocessing.context" in sys.modules else ()


def prepare(modules: "Iterable[str]") -> None:
    """Import these modules, and the first time what is needed later to report errors.

    What cannot be imported is left out: the program gets on without it as well as before.
    """
    wanted = [name for name in modules if name not in sys.modules] + _MODULES
    if "socket" in sys.modules and HOST_NAMES not in sys.modules:
        wanted.append(HOST_NAMES)
    if not wanted:
        return
    before = sys.meta_path
    standard = _StandardLibrary(list(before))
    sys.meta_path = [standard, *before]
    try:
        for name in wanted:
            try:
                __import__(name)
            except Exception:  # noqa: BLE001
                continue
        _MODULES.clear()
    finally:
        # What another thread has done to the list meanwhile stays.
        before[:] = [finder for finder in sys.meta_path if finder is not standard]
        sys.meta_path = before
    _expect_refusals()


def _expect_refusals() -> None:
    """Let a hint of CPython 3.15 be left out where it cannot be had.

    For an import that failed, traceback looks through the folders of sys.path, and raises what it
    gets there instead of the traceback.
    """
    traceback = sys.modules.get("traceback")
    look = getattr(traceback, "_find_incompatible_extension_module", None)
    if look is None:
        return

    def hint(name: str) -> object:
        try:
            return look(name)
        except Exception:  # noqa: BLE001
            return None

    traceback._find_incompatible_extension_module = hint  # type: ignore[union-attr]
