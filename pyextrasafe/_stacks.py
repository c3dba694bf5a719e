"""Who writes the Python stack of a thread that gets SIGSYS, for the core to read.

CPython's faulthandler does. But in 3.9 and 3.10 it counts references to code objects, also in
threads that do not hold the GIL: when two threads do so at once, a count is wrong, and code is
freed that is still used. There the core writes the stack by itself: see es_frames in extrasafe.h.
"""

import signal
import sys

from ._ffi import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FRAMES = ffi.typeof("es_frames *")

#: A part of a thread state, in bytes, that holds its innermost frame.
_STATE_SIZE = 64

_COUNTS_REFERENCES = sys.implementation.name == "cpython" and (3, 9) <= sys.version_info < (3, 11)

_writer: "Any"
try:
    if _COUNTS_REFERENCES:
        import ctypes as _writer
    else:
        import faulthandler as _writer
except ImportError:  # an interpreter that is embedded may lack it
    _writer = None

#: The module that stacks need.
NEEDED = "ctypes" if _COUNTS_REFERENCES else "faulthandler"


def are_possible() -> bool:
    """Tell whether stacks can be written."""
    return _writer is not None


def begin() -> None:
    """Write stacks, where possible, until end()."""
    if _writer is None:
        return
    if _COUNTS_REFERENCES:
        lib.es_frames_begin(_here())
    else:
        # What it writes to this descriptor traps as well.
        _writer.register(signal.SIGSYS, lib.ES_TRAP_DESCRIPTOR, all_threads=False)


def end() -> None:
    """Give SIGSYS back, also where the program itself had begun to write stacks at it."""
    if _COUNTS_REFERENCES:
        lib.es_frames_end()
    faulthandler = sys.modules.get("faulthandler")
    if faulthandler is not None:
        faulthandler.unregister(signal.SIGSYS)


def _here() -> "Any":
    """Return an es_frames, for which this frame shows where everything is."""
    python, frame = _writer.pythonapi, sys._getframe()
    python.PyGILState_GetThisThreadState.restype = _writer.c_void_p
    # At once: a function of Python would have a frame of its own.
    state = ffi.buffer(ffi.cast("char *", python.PyGILState_GetThisThreadState()), _STATE_SIZE)[:]
    in_frame, in_code = _memory_of(frame), _memory_of(frame.f_code)
    return ffi.new(
        _FRAMES,
        {
            "size": ffi.sizeof("es_frames"),
            "frame": _place_of(frame, state),
            "back": _place_of(frame.f_back, in_frame),
            "code": _place_of(frame.f_code, in_frame),
            "file": _place_of(frame.f_code.co_filename, in_code),
            "name": _place_of(frame.f_code.co_name, in_code),
            "state": _function("void *(*)(void)", python.PyGILState_GetThisThreadState),
            "line": _function("int (*)(void *)", python.PyFrame_GetLineNumber),
            "length": _function("intptr_t (*)(void *)", python.PyUnicode_GetLength),
            "character": _function("uint32_t (*)(void *, intptr_t)", python.PyUnicode_ReadChar),
        },
    )


def _memory_of(value: object) -> bytes:
    return ffi.buffer(ffi.cast("char *", id(value)), type(value).__basicsize__)[:]


def _place_of(value: object, memory: bytes) -> int:
    """Return where a reference to an object is, in bytes from the beginning."""
    return memory.index(id(value).to_bytes(ffi.sizeof("void *"), sys.byteorder))


def _function(kind: str, function: object) -> "Any":
    return ffi.cast(kind, _writer.cast(function, _writer.c_void_p).value)
