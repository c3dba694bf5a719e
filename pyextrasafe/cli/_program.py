"""A program that is named on the command line, and run as Python would do it, in this process."""

import _thread
import builtins
import gc
import importlib.util
import io
import os
import sys
import types
from contextlib import suppress
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

_UNCAUGHT = 1  # how Python ends
_STREAM = io.IOBase.__mro__[1]  # which is no abstract class


class Program:
    """A script or a module, with its arguments, which is run here; or a command."""

    def __init__(self, words: "Sequence[str]") -> None:
        """Take the words that name a program; ValueError where they do not."""
        first = words[0] if words else None
        self.is_command = first == "--"
        self.is_module = first == "-m"
        self.words = list(words[1:] if self.is_command or self.is_module else words)
        if not self.words:
            what = "a command" if self.is_command else "a module" if self.is_module else "a program"
            raise ValueError(f"the name of {what} is missing")

    def load(self) -> "Callable[[], int]":
        """Find and compile the program, and make everything look as if Python had started it.

        Returns:
            A function that runs it, and returns the exit status if it ends by itself.

        Raises:
            ImportError: There is no such module.
            OSError: The script cannot be read.
            SyntaxError: It is not Python.
        """
        module = types.ModuleType("__main__")
        module.__dict__["__builtins__"] = builtins  # exec() would add its dict
        code = self._of_module(module) if self.is_module else self._of_script(module)
        sys.modules["__main__"] = module
        return lambda: _run(code, module)

    def _of_script(self, module: "types.ModuleType") -> "CodeType":
        path = os.path.abspath(self.words[0])
        loader = SourceFileLoader("__main__", path)
        code: CodeType = loader.source_to_code(loader.get_data(path), path)
        module.__file__ = path
        module.__loader__ = loader
        self._set_up(self.words[0], os.path.dirname(os.path.realpath(path)))
        return code

    def _of_module(self, module: "types.ModuleType") -> "CodeType":
        name = self.words[0]
        self._set_up("-m", os.getcwd())
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
        loader: Any = spec and spec.loader
        code: CodeType | None = None
        if spec is not None and hasattr(loader, "get_code"):
            code = loader.get_code(spec.name)
        if spec is None or code is None:
            raise ImportError(f"there is no module {name} that can be run")
        module.__file__ = spec.origin
        module.__loader__ = loader
        module.__spec__ = spec
        module.__package__ = spec.parent
        sys.argv[0] = spec.origin or name
        return code

    def _set_up(self, name: str, folder: str) -> None:
        sys.argv[:] = [name, *self.words[1:]]
        if not getattr(sys.flags, "safe_path", sys.flags.isolated):
            sys.path[0] = folder


def let_go() -> None:
    """Let go of what the program has left, as Python does when it ends: files are written then."""
    # Threads that go on would miss it: Python stops them first.
    if not _thread._count():
        sys.modules["__main__"].__dict__.clear()
        gc.collect()
    # By its type: what stands for another object may not be asked.
    for stream in [one for one in gc.get_objects() if issubclass(type(one), _STREAM)]:
        with suppress(OSError, ValueError):  # closed
            stream.flush()


def _run(code: "CodeType", module: "types.ModuleType") -> int:
    try:
        exec(code, module.__dict__)
    except Exception as error:  # noqa: BLE001
        # Its traceback begins with the program, and not here.
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        return _UNCAUGHT
    return 0
