"""The only importer of the compiled module.

Plain Python data goes in; plain Python data or an exception comes out.  What is needed later is
looked up here, at import, because a filter may refuse it later.
"""

import os

from ._errors import ExtraSafeError
from ._native import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._native import ErrorPointer

    #: One comparison: the fields of an es_comparison, in their order.
    Comparison = tuple[int, int, int, int, int, int]

THIS_THREAD = lib.ES_THIS_THREAD
ALL_THREADS = lib.ES_ALL_THREADS
MAX_NUMBER = lib.ES_MAX_NR
NEGATIVE_DATUM = lib.ES_NEGATIVE_DATUM
NEGATIVE_MASK = lib.ES_NEGATIVE_MASK
DATUM_CONSTANT = lib.ES_DATUM_CONSTANT
#: What stands for the descriptor of a permission that takes none.
NOTHING = -1

_ERROR = ffi.typeof("es_error *")
_POLICY = ffi.typeof("es_policy **")
_FILTER = ffi.typeof("es_filter **")
_COMPARISONS = ffi.typeof("es_comparison[]")
_RULE = ffi.typeof("es_packed_rule *")
_BYTES = ffi.typeof("char[]")
_INT = ffi.typeof("int *")

_NATIVE_ARCH = 0
_NO_SUCH_NAME = -1
_NO_CALL = -1
_VALUE_ERRORS = frozenset((lib.ES_ERR_ARGUMENT, lib.ES_ERR_UNKNOWN, lib.ES_ERR_COMPARISON))


def _failure(error: "ErrorPointer") -> "Exception":
    message = ffi.string(error.message).decode("utf-8", "replace")
    if error.code in _VALUE_ERRORS:
        return ValueError(message)
    if error.code == lib.ES_ERR_NO_MEMORY:
        return MemoryError(message)
    failure = ExtraSafeError(message, errno=error.errnum or None, tid=error.tid or None)
    if error.errnum:
        failure.__cause__ = OSError(error.errnum, os.strerror(error.errnum))
    return failure


def permission(ruleset: str, name: str) -> "int | None":
    """Return the index of a public permission; "" is what the rule set itself grants."""
    index = lib.es_permission_find(ruleset.encode(), name.encode())
    return None if index < 0 else index


def syscall_number(name: str) -> int:
    """Return the number of a system call, which is negative where only others have it."""
    encoded = name.encode("utf-8", "surrogatepass")
    # C would stop reading at the first NUL.
    number = _NO_SUCH_NAME if b"\0" in encoded else lib.es_syscall_number(_NATIVE_ARCH, encoded)
    if number != _NO_SUCH_NAME:
        return number
    nearest = lib.es_syscall_nearest(encoded)
    hint = f"; did you mean {ffi.string(nearest).decode()!r}?" if nearest else ""
    raise ValueError(f"unknown system call {name!r}{hint}")


def check_comparison(comparison: "Comparison") -> None:
    """Refuse a comparison that cannot be made of any call."""
    _check_comparisons(_NO_CALL, ffi.new(_COMPARISONS, [comparison]), 1)


def pack_rule(number: "int | None", comparisons: "list[Comparison]") -> bytes:
    """Return a rule as load() takes it.  None: a call that this machine does not have."""
    packed = ffi.new(_COMPARISONS, comparisons)
    _check_comparisons(_NO_CALL if number is None else number, packed, len(comparisons))
    if number is None:
        return b""
    return bytes(ffi.buffer(ffi.new(_RULE, (number, len(comparisons))))) + bytes(ffi.buffer(packed))


def _check_comparisons(number: int, comparisons: "Any", count: int) -> None:
    error = ffi.new(_ERROR)
    for position in range(count):
        if lib.es_comparison_check(_NATIVE_ARCH, number, comparisons + position, error):
            raise _failure(error)


def load(permissions: "Iterable[tuple[int, int]]", rules: bytes, threads: int) -> None:
    """Compile a filter and load it.

    permissions: index and descriptor (or NOTHING).  rules: what pack_rule() returned, joined.
    """
    error = ffi.new(_ERROR)
    policy = ffi.new(_POLICY)
    program = ffi.new(_FILTER)
    try:
        if lib.es_policy_new(_NATIVE_ARCH, policy, error):
            raise _failure(error)
        handle = policy[0]
        for index, given in permissions:
            if lib.es_policy_permit(handle, index, given, error):
                raise _failure(error)
        if rules:
            packed = ffi.from_buffer(_BYTES, rules)
            if lib.es_policy_allow_packed(handle, packed, len(rules), error):
                raise _failure(error)
        if lib.es_prepare(handle, threads, program, error):
            raise _failure(error)
        if lib.es_commit(program[0], error):
            raise _failure(error)
    finally:
        lib.es_filter_free(program[0])
        lib.es_policy_free(policy[0])


def lock_pid_file(path: bytes, cloexec: bool, mode: int, contents: bytes) -> int:
    """Return the descriptor of the locked file."""
    error = ffi.new(_ERROR)
    descriptor = ffi.new(_INT)
    if lib.es_lock_pid_file(path, cloexec, mode, contents, len(contents), descriptor, error):
        raise _failure(error)
    return int(descriptor[0])


def restrict_privileges() -> None:
    """Take every step; the message of a failure names what failed and what was done."""
    error = ffi.new(_ERROR)
    if lib.es_restrict_privileges(ffi.NULL, error):
        raise _failure(error)
