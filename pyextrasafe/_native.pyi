# What _ffi.py uses of the compiled module.  extrasafe.h describes the functions.

from collections.abc import Sequence
from typing import Any, Final, final

@final
class CType: ...

class Pointer:
    # Any, for what a pointer points to is the business of C.
    def __getitem__(self, index: int) -> Any: ...
    def __add__(self, offset: int) -> Pointer: ...

class ArgumentPointer(Pointer):
    kind: Final[int]
    descriptor: Final[int]

class OriginPointer(Pointer):
    kind: Final[int]
    permission: Final[int]
    argument: Final[ArgumentPointer]

class ErrorPointer(Pointer):
    code: Final[int]
    errnum: Final[int]
    tid: Final[int]
    operation: Final[Pointer]
    call: Final[int]
    limited_by: Final[OriginPointer]
    allowed_by: Final[Sequence[OriginPointer]]
    allowed_by_count: Final[int]
    message: Final[Pointer]

class FFI:
    NULL: Final[Pointer]
    def typeof(self, declaration: str) -> CType: ...
    def sizeof(self, declaration: str) -> int: ...
    def new(self, ctype: CType, initial: Sequence[object] = ...) -> Any: ...
    def buffer(self, pointer: Pointer) -> bytes: ...
    def memmove(self, target: Pointer, source: bytes, size: int) -> None: ...
    def from_buffer(self, ctype: CType, data: bytes) -> Pointer: ...
    def string(self, pointer: Pointer) -> bytes: ...

class Lib:
    ES_THIS_THREAD: Final[int]
    ES_ALL_THREADS: Final[int]
    ES_MAX_NR: Final[int]
    ES_DATUM_CONSTANT: Final[int]
    ES_NEGATIVE_DATUM: Final[int]
    ES_NEGATIVE_MASK: Final[int]
    ES_RULE_UNITE: Final[int]
    ES_ORIGIN_SIMPLE: Final[int]
    ES_ORIGIN_CONDITIONAL: Final[int]
    ES_TAKES_DESCRIPTOR: Final[int]
    ES_OK: Final[int]
    ES_ERR_ARGUMENT: Final[int]
    ES_ERR_CONTRADICTION: Final[int]
    ES_ERR_NO_MEMORY: Final[int]
    ES_ERR_UNKNOWN: Final[int]
    ES_ERR_COMPARISON: Final[int]

    def es_version(self) -> Pointer: ...
    def es_status_name(self, status: int) -> Pointer: ...
    def es_ruleset_get(self, index: int, info: Pointer, size: int) -> int: ...
    def es_permission_get(self, index: int, info: Pointer, size: int) -> int: ...
    def es_permission_find(self, ruleset: bytes, permission: bytes) -> int: ...
    def es_syscall_number(self, arch: int, name: bytes) -> int: ...
    def es_syscall_name(self, arch: int, number: int, name: Pointer) -> int: ...
    def es_syscall_nearest(self, name: bytes) -> Pointer: ...
    def es_rule_check(
        self, arch: int, number: int, comparisons: Pointer, count: int, error: ErrorPointer
    ) -> int: ...
    def es_policy_new(self, arch: int, policy: Pointer, error: ErrorPointer) -> int: ...
    def es_policy_free(self, policy: Pointer) -> None: ...
    def es_policy_permit(
        self, policy: Pointer, permission: int, argument: Pointer, error: ErrorPointer
    ) -> int: ...
    def es_policy_allow_packed(
        self, policy: Pointer, rules: Pointer, size: int, error: ErrorPointer
    ) -> int: ...
    def es_prepare(
        self, policy: Pointer, options: Pointer, loadable: Pointer, error: ErrorPointer
    ) -> int: ...
    def es_check_rings(self, error: ErrorPointer) -> int: ...
    def es_commit(self, loadable: Pointer, error: ErrorPointer) -> int: ...
    def es_filter_free(self, loadable: Pointer) -> None: ...
    def es_restrict_privileges(self, done: Pointer, error: ErrorPointer) -> int: ...
    def es_lock_pid_file(
        self,
        path: bytes,
        cloexec: bool,
        mode: int,
        contents: bytes,
        length: int,
        descriptor: Pointer,
        error: ErrorPointer,
    ) -> int: ...

ffi: Final[FFI]
lib: Final[Lib]
