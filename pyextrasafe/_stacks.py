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
    if "t" in sys.abiflags:
        lib.es_tell_free_threaded()
    if _writer is None:
        return
    if not _COUNTS_REFERENCES:
        # What it writes to this descriptor traps as well.
        _writer.register(signal.SIGSYS, lib.ES_TRAP_DESCRIPTOR, all_threads=False)
        return
    # Or what the program has registered would be what es_frames_end() gives back.
    _unregister()
    frames = _here()
    if frames is not None:
        lib.es_frames_begin(frames)


def end() -> None:
    """Write no more stacks, and give SIGSYS back.

    faulthandler gives it back first, also where the program itself registered it meanwhile: what it
    found there is what follows.
    """
    _unregister()
    lib.es_frames_end()


def _unregister() -> None:
    faulthandler = sys.modules.get("faulthandler")
    if faulthandler is not None:
        faulthandler.unregister(signal.SIGSYS)


def _here() -> "Any | None":
    """Return an es_frames, for which this frame shows where everything is.

    None: what the interpreter calls the state of this thread has another frame, as that of the main
    interpreter has in a subinterpreter.
    """
    # Not ctypes.pythonapi, whose functions are the program's as well.
    python, frame = _writer.PyDLL(None), sys._getframe()
    python.PyGILState_GetThisThreadState.restype = _writer.c_void_p
    # At once: a function of Python would have a frame of its own.
    state = ffi.buffer(ffi.cast("char *", python.PyGILState_GetThisThreadState()), _STATE_SIZE)[:]
    in_frame, in_code = _memory_of(frame), _memory_of(frame.f_code)
    header = object.__basicsize__
    try:
        places = {
            "frame": _place_of(frame, state, 0),
            "back": _place_of(frame.f_back, in_frame, header),
            "code": _place_of(frame.f_code, in_frame, header),
            "file": _place_of(frame.f_code.co_filename, in_code, header),
            "name": _place_of(frame.f_code.co_name, in_code, header),
        }
    except ValueError:
        return None
    return ffi.new(
        _FRAMES,
        {
            "size": ffi.sizeof("es_frames"),
            **places,
            "state": _function("void *(*)(void)", python.PyGILState_GetThisThreadState),
            "line": _function("int (*)(void *)", python.PyFrame_GetLineNumber),
            "length": _function("intptr_t (*)(void *)", python.PyUnicode_GetLength),
            "character": _function("uint32_t (*)(void *, intptr_t)", python.PyUnicode_ReadChar),
        },
    )


def _memory_of(value: object) -> bytes:
    return ffi.buffer(ffi.cast("char *", id(value)), type(value).__basicsize__)[:]


def _place_of(value: object, memory: bytes, start: int) -> int:
    """Return where a reference to an object is, in bytes from the beginning."""
    width = ffi.sizeof("void *")
    words = [memory[at : at + width] for at in range(start, len(memory), width)]
    return start + width * words.index(id(value).to_bytes(width, sys.byteorder))


def _function(kind: str, function: object) -> "Any":
    return ffi.cast(kind, _writer.cast(function, _writer.c_void_p).value)
