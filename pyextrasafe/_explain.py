"""Denials that are explained: what surrounds the handler of SIGSYS, which is C.

Everything here is imported and set up before the lock-down.
"""

import _thread
import atexit
import sys
import threading
from contextlib import contextmanager, nullcontext, suppress

from . import _denials, _ffi, _files, _stacks
from ._errors import ExtraSafeError, integer
from ._ffi import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import CodeType
    from typing import Any

NOWHERE = -1  # in the place of a descriptor

#: Codes of errors after which a context is loaded, or half of it.
_IN_FORCE = ("half", "not-enforced")

#: Whether what lasts is set up: it is so once.
_lasting: "list[object]" = []


def descriptor_of(file: object) -> int:
    """Return the descriptor that explanations are written to, or NOWHERE."""
    if file is None:
        file = sys.stderr
    if file is False or file is None:
        return NOWHERE
    if hasattr(file, "fileno"):
        file = file.fileno()
    descriptor = integer(file)
    if not 0 <= descriptor < lib.ES_TRAP_DESCRIPTOR:
        raise ValueError(
            f"file must be a descriptor from 0 to {lib.ES_TRAP_DESCRIPTOR - 1}, not {descriptor}"
        )
    return descriptor


def load(
    permissions: "Collection[tuple[int, _ffi.Argument]]",
    rules: bytes,
    threads: int,
    interrupt: bool,
    digest: int,
    descriptor: "int | None",
) -> "_ffi.Report | None":
    """Load a context as _ffi.load() does, and explain what it denies.

    Args:
        permissions: As for _ffi.load().
        rules: As for _ffi.load().
        threads: As for _ffi.load().
        interrupt: As for _ffi.load().
        digest: As for _ffi.load().
        descriptor: Where blocks are written to. None: the environment asks for explanations, and if
            denials cannot be explained, this says so and goes on without.
    """
    to = _ffi.STANDARD_ERROR if descriptor is None else descriptor
    if to == _ffi.STANDARD_ERROR and sys.__stderr__ is None:
        to = NOWHERE  # it was closed when Python began: what has the number now is another file
    try:
        with _explaining(to) as explanation:
            report = _ffi.load(permissions, rules, threads, interrupt, digest, explanation)
    except (ExtraSafeError, MemoryError) as error:
        if descriptor is not None or getattr(error, "code", None) in _IN_FORCE:
            raise
        why = error
    else:
        _set_up()
        return report
    # What is wrong with the context itself is raised below.
    _ffi.tell_unexplained(why)
    return _ffi.load(permissions, rules, threads, interrupt, digest, None)


@contextmanager
def _explaining(descriptor: int) -> "Iterator[_ffi.Explanation]":
    """Prepare to explain the denials of a context that is loaded meanwhile."""
    gate = _start()
    try:
        yield _ffi.Explanation(descriptor, gate, _looked_up())
    finally:
        _stop()


def _start() -> "Any":
    """Take over SIGSYS; return the gate that says which calls trap."""
    error, gate = _ffi._new_error(), _ffi.new_gate()
    if not _stacks.are_possible():
        raise ExtraSafeError(
            f"denials cannot be explained without the module {_stacks.NEEDED}, which writes stacks",
            code="unsupported",
        )
    if lib.es_check_explainable(error):
        raise _ffi._failure(error)
    with _ffi.COMMIT:
        started = lib.es_explain_is_started()
        if not started:
            # Or what the program has begun would stay below our handler, and leave what was there
            # before.
            _stacks.end()
        if lib.es_explain_start(gate, error):
            raise _ffi._failure(error)
        if not started:
            _stacks.begin()
            lib.es_explain_stacks(1)
    return gate


def _stop() -> None:
    """Give SIGSYS back, unless a context is explained, or about to be in another thread."""
    with _ffi.COMMIT:
        if lib.es_explain_stop():
            _stacks.end()
            lib.es_explain_give_back()


def _looked_up() -> "dict[str, list[str]]":
    """Return what the permissions find that look up their paths."""
    names = ["allow_python_files", "allow_dns_files", "allow_timezone_files"]
    if "ssl" in sys.modules:
        names.append("allow_ssl_files")
    found = {}
    for name in names:
        # Without, it is only not named as what would allow a call.
        with suppress(ImportError, OSError):
            found[name] = _files.find(name)
    return found


def _set_up() -> None:
    """Set up what lasts, once something is explained."""
    if not _lasting:
        sys.meta_path.insert(0, _Imports())
        _lasting.append(sys.meta_path[0])
        atexit.register(lib.es_explain_stacks, 0)
        _wrap_hooks(notes=hasattr(BaseException, "add_note") and not _note_when_raised())


# ---- Late imports ----


class _Imports:
    """A finder that finds nothing, and notes what is looked for."""

    def find_spec(self, name: str, *_: object) -> None:
        """Note what is about to be imported."""
        lib.es_explain_import(name.encode("utf-8", "replace"))


# ---- Notes ----


def _note_when_raised() -> bool:
    """Let exceptions that follow from a denial say so; False where Python cannot."""
    monitoring: Any = getattr(sys, "monitoring", None)
    for tool in (3, 4) if monitoring else ():  # of those without a purpose
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, "pyextrasafe")
            monitoring.set_events(tool, monitoring.events.RAISE)
            monitoring.register_callback(tool, monitoring.events.RAISE, _on_raise)
            return True
    return False


def _on_raise(code: "CodeType", _offset: int, exception: BaseException) -> None:
    if isinstance(exception, (OSError, ImportError, RuntimeError)):
        # An exception may have an errno of its own that raises.
        with suppress(Exception):
            _note(exception, code)


#: The last late import of each thread: Python takes the denial for a module that is not there.
_of_thread = threading.local()


def _note(exception: BaseException, code: "CodeType | None") -> None:
    """Add the last denial of this thread to an exception of this code that follows from it."""
    index = lib.es_denial_fresh()
    denial = None if index < 0 else _denials.at(index)
    if denial is not None and denial.late_import is not None:
        _of_thread.late_import = denial
    if isinstance(exception, ImportError):
        denial = getattr(_of_thread, "late_import", None)
    if denial is not None and _follows_from(exception, code, denial):
        note = str(denial)
        if note not in getattr(exception, "__notes__", ()):
            exception.add_note(note)


def _follows_from(
    exception: BaseException, code: "CodeType | None", denial: "_denials.Denial"
) -> bool:
    if isinstance(exception, ImportError):
        return denial.late_import == exception.name
    # Another one may have been swallowed.
    if code is None or not denial.stack or denial.stack[0][::2] != _place(code):
        return False
    if isinstance(exception, OSError):
        if exception.errno != denial.errno:
            return False
        named = exception.filename
        return not isinstance(named, str) or denial.path is None or named == denial.path
    return denial.call in ("clone", "clone3")  # "can't start new thread"


def _place(code: "CodeType") -> "tuple[str, str]":
    return code.co_filename, code.co_name


def _innermost(exception: BaseException) -> "CodeType | None":
    """Return the code that an exception comes from."""
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return None if traceback is None else traceback.tb_frame.f_code


def _wrap_hooks(*, notes: bool) -> None:
    """Let what nobody catches be printed without explaining that; with notes, if asked for."""
    sys.excepthook = _wrapped(sys, "excepthook", lambda arguments: arguments[1], notes)
    for module, name in ((threading, "excepthook"), (sys, "unraisablehook")):
        if hasattr(module, name):  # Python 3.7 has none
            hook = _wrapped(module, name, lambda arguments: arguments[0].exc_value, notes)
            setattr(module, name, hook)


def _wrapped(module: "Any", name: str, exception_of: "Callable[[Any], Any]", notes: bool) -> "Any":
    hook = getattr(module, name)
    # Before 3.10, threading has only the function that this one is.
    own = getattr(module, f"__{name}__", getattr(_thread, "_excepthook", None))
    # Python's own hooks read lines of source. Those of others may do more, which is explained.
    context = _ffi.quiet() if hook is own else nullcontext()

    def wrapper(*arguments: object) -> object:
        exception = exception_of(arguments)
        if notes and isinstance(exception, (OSError, ImportError, RuntimeError)):
            with suppress(Exception):
                _note(exception, _innermost(exception))
        with context:
            return hook(*arguments)

    return wrapper
