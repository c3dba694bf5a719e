"""The only importer of the compiled module.

Plain Python data goes in; plain Python data or an exception comes out. What is needed later is
looked up here, at import, because a filter may refuse it later.
"""

import os
import sys
from _thread import RLock

from ._errors import ExtraSafeError

try:
    from ._native import ffi as ffi
    from ._native import lib as lib
except ImportError as error:
    from ._missing import explain

    raise explain(error) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from ._native import ArgumentPointer, ErrorPointer, GatePointer, OriginPointer, Pointer

    #: One comparison: the fields of an es_comparison, in their order.
    Comparison = tuple[int, int, int, int, int, int]
    #: What a permission is told.
    Argument = int | str | None

STANDARD_ERROR = 2

ARCH = lib.es_arch_native()
THIS_THREAD = lib.ES_THIS_THREAD
ALL_THREADS = lib.ES_ALL_THREADS
MAX_NUMBER = lib.ES_MAX_NR
NEGATIVE_DATUM = lib.ES_NEGATIVE_DATUM
NEGATIVE_MASK = lib.ES_NEGATIVE_MASK
DATUM_CONSTANT = lib.ES_DATUM_CONSTANT
REFER = lib.ES_RIGHT_REFER
TRUNCATE = lib.ES_RIGHT_TRUNCATE
IOCTL_DEV = lib.ES_RIGHT_IOCTL_DEV

_EPERM = 1  # the module errno would be one more to load
_ERROR = ffi.typeof("es_error *")
_ARGUMENT = ffi.typeof("es_argument *")
_OPTIONS = ffi.typeof("es_options *")
_GATE = ffi.typeof("es_gate *")
_CANDIDATES = ffi.typeof("es_candidates **")
_ANSWERS = ffi.typeof("es_answers *")
_PERMISSION = ffi.typeof("es_permission_info *")
_RULESET = ffi.typeof("es_ruleset_info *")
_POLICY = ffi.typeof("es_policy **")
_FILTER = ffi.typeof("es_filter **")
_COMPARISONS = ffi.typeof("es_comparison[]")
_RULE = ffi.typeof("es_packed_rule *")
_BYTES = ffi.typeof("char[]")
_INT = ffi.typeof("int *")
_NAME = ffi.typeof("char[64]")

#: One thread at a time may interrupt the others; its signal handlers may apply as well.
COMMIT = RLock()

#: After these a filter is loaded, or may be.
_LOADED = frozenset((lib.ES_OK, lib.ES_ERR_HALF, lib.ES_ERR_NOT_ENFORCED))

_NATIVE_ARCH = 0
_NO_SUCH_NAME = -1
_NO_CALL = -1
_VALUE_ERRORS = frozenset((lib.ES_ERR_ARGUMENT, lib.ES_ERR_UNKNOWN, lib.ES_ERR_COMPARISON))


def _new_error() -> "ErrorPointer":
    error: ErrorPointer = ffi.new(_ERROR, (ffi.sizeof("es_error"),))
    return error


def _text(pointer: "Pointer") -> str:
    return ffi.string(pointer).decode("utf-8", "replace")


def _origin(origin: "OriginPointer", call: str) -> str:
    """Return the code that allows the call."""
    if origin.kind == lib.ES_ORIGIN_SIMPLE:
        return f"Custom().add_simple({call})"
    if origin.kind == lib.ES_ORIGIN_CONDITIONAL:
        return f"Custom().add_conditional(Rule({call}, ...))"
    ruleset, name = permission_names(_permission_info(origin.permission))
    argument = ""
    if origin.argument.kind == lib.ES_TAKES_DESCRIPTOR:
        argument = str(origin.argument.descriptor)
    elif origin.argument.kind == lib.ES_TAKES_PORT:
        argument = str(origin.argument.port)
    elif origin.argument.kind == lib.ES_TAKES_PATH:
        argument = repr(_path(origin))
    return spell(ruleset, name, argument)


def _permission_info(index: int) -> "Any":
    """Return the es_permission_info of a permission."""
    info = ffi.new(_PERMISSION)
    lib.es_permission_get(index, info, ffi.sizeof("es_permission_info"))
    return info


def permission_names(info: "Any") -> "tuple[str, str]":
    """Return the names of its rule set, and of a permission."""
    ruleset = ffi.new(_RULESET)
    lib.es_ruleset_get(info.ruleset, ruleset, ffi.sizeof("es_ruleset_info"))
    return _text(ruleset.name), _text(info.name)


def errno_name(errnum: int) -> str:
    """Return the name of an error number, or the number where it has none."""
    name = lib.es_errno_name(errnum)
    return _text(name) if name else str(errnum)


def right_words(right: int) -> str:
    """Return what one right lets a program do."""
    return _text(lib.es_right_words(right))


def call_code(number: int) -> str:
    """Return a call as code: its name, or the number where it has none."""
    name = ffi.new(_NAME)
    if lib.es_syscall_name(_NATIVE_ARCH, number, name) != lib.ES_OK:
        return str(number)
    return f'"{_text(name)}"'


def _path(origin: "OriginPointer") -> str:
    return os.fsdecode(ffi.string(origin.argument.path))


def spell(ruleset: str, permission: str, argument: str = "") -> str:
    """Return a permission as code; "" is what the rule set itself grants."""
    if not permission:
        return f"{ruleset}()"
    # everything() has no object before it: it makes one.
    made = "" if permission == "everything" else "()"
    return f"{ruleset}{made}.{permission}({argument})"


def _lifted_rights(error: "ErrorPointer") -> str:
    """Return the sentence about a right on paths or ports that something grants everywhere."""
    call = call_code(error.call)
    limited_by, everywhere = _origin(error.limited_by, call), _origin(error.allowed_by[0], call)
    words = right_words(error.right)
    if error.right & (lib.ES_RIGHT_PAST_PATHS | lib.ES_RIGHT_PAST_PORTS):
        return (
            f"contradiction: {limited_by} limits the program, but it may {words} by {everywhere}; "
            f"remove {limited_by}, or, to keep the limit, remove {everywhere}"
        )
    return (
        f"contradiction: {limited_by} says where the program may {words}, but {everywhere} lets "
        f"it do so everywhere; remove {limited_by}, or, to keep the limit, remove {everywhere}"
    )


def _contradiction(error: "ErrorPointer") -> str:
    if error.right:
        return _lifted_rights(error)
    code = call_code(error.call)
    call = code.strip('"') if code.startswith('"') else f"system call {code}"
    limited_by, names = _origin(error.limited_by, code), _allowed_by(error, code)
    if len(names) > 1:
        allows = f"{', '.join(names[:-1])} and {names[-1]} together allow"
        advice = "narrow or remove the rules of Custom"
    else:
        allows = f"{names[0]} allows"
        advice = f"remove {limited_by}, or, to keep the limit, remove {names[0]}"
    if names == ["BasicCapabilities()"]:
        advice = f"remove {limited_by}, since {names[0]} is always contained"
    if error.limited_by.kind == lib.ES_ORIGIN_CONDITIONAL:
        advice += "; a rule that need not be a promise says unite=True"
    return (
        f"contradiction: {limited_by} limits {call}, but {allows} it whatever its arguments; "
        f"{advice}"
    )


def _allowed_by(error: "ErrorPointer", call: str) -> "list[str]":
    """Return who allows all of a call: one alone, or several together."""
    shown = max(1, min(error.allowed_by_count, len(error.allowed_by)))
    names = [_origin(error.allowed_by[i], call) for i in range(shown)]
    if error.allowed_by_count > shown:
        names.append("others")
    elif shown == 1 and error.allowed_by[0].kind == lib.ES_ORIGIN_CONDITIONAL:
        names.append("others like it")
    return names


def _failure(error: "ErrorPointer") -> "Exception":
    message = _text(error.message)
    path = None
    if error.code == lib.ES_ERR_CONTRADICTION:
        message = _contradiction(error)
    if error.code == lib.ES_ERR_PATH:
        path = _path(error.limited_by)
        message = f"{_origin(error.limited_by, '')}: {os.strerror(error.errnum)}: {path!r}"
        if error.errnum == _EPERM and is_confined():
            message += ": a context that was applied before does not allow opening it"
    if error.abi_needed:
        message = (
            f"{_origin(error.limited_by, '')} needs ABI {error.abi_needed} of Landlock, which "
            f"Linux {_text(lib.es_linux_of_abi(error.abi_needed))} has; only ABI {error.abi} is "
            "available"
        )
    if error.code in _VALUE_ERRORS:
        return ValueError(message)
    if error.code == lib.ES_ERR_NO_MEMORY:
        return MemoryError(message)
    failure = ExtraSafeError(
        message,
        errno=error.errnum or None,
        tid=error.tid or None,
        code=_text(lib.es_status_name(error.code)),
        operation=_text(error.operation) if error.operation else None,
        path=path,
    )
    if error.errnum:
        failure.__cause__ = OSError(error.errnum, os.strerror(error.errnum), path)
    return failure


VERSION = _text(lib.es_version())


def _forget_the_lock() -> None:
    """Make a new lock: another thread, which the child does not have, may hold the old one."""
    global COMMIT
    COMMIT = RLock()


os.register_at_fork(after_in_child=_forget_the_lock)


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
    """Refuse a comparison that no call satisfies."""
    _check_rule(_NO_CALL, ffi.new(_COMPARISONS, [comparison]), 1)


def pack_rule(number: "int | None", comparisons: "list[Comparison]") -> bytes:
    """Return a rule as load() takes it. None: a call that this machine does not have."""
    packed = ffi.new(_COMPARISONS, comparisons)
    _check_rule(_NO_CALL if number is None else number, packed, len(comparisons))
    if number is None:
        return b""
    rule = ffi.new(_RULE, (number, len(comparisons)))
    return bytes(ffi.buffer(rule)) + bytes(ffi.buffer(packed))


def uniting(packed: bytes) -> bytes:
    """Return what pack_rule() returned, as a rule whose condition is no promise."""
    if not packed:
        return packed
    rule = ffi.new(_RULE)
    size = len(ffi.buffer(rule))
    ffi.memmove(rule, packed, size)
    rule.flags = lib.ES_RULE_UNITE
    return bytes(ffi.buffer(rule)) + packed[size:]


def _check_rule(number: int, comparisons: "Any", count: int) -> None:
    error = _new_error()
    if lib.es_rule_check(_NATIVE_ARCH, number, comparisons, count, error):
        raise _failure(error)


def _argument(index: int, argument: "Argument", alive: "list[Pointer]") -> "Pointer":
    """Return an es_argument; what it points to is added to alive."""
    if argument is None:
        return ffi.NULL
    info = _permission_info(index)
    given: ArgumentPointer = ffi.new(
        _ARGUMENT, {"size": ffi.sizeof("es_argument"), "kind": info.takes}
    )
    if isinstance(argument, str):
        alive.append(ffi.new(_BYTES, os.fsencode(argument)))
        given.path = alive[-1]
    elif info.takes == lib.ES_TAKES_PORT:
        given.port = argument
    else:
        given.descriptor = argument
    return given


def _fill(handle: "Pointer", permissions: "Iterable[tuple[int, Argument]]", rules: bytes) -> None:
    """Grant all of these to a policy."""
    error = _new_error()
    alive: list[Pointer] = []
    for index, argument in permissions:
        if lib.es_policy_permit(handle, index, _argument(index, argument, alive), error):
            raise _failure(error)
    if rules:
        packed = ffi.from_buffer(_BYTES, rules)
        if lib.es_policy_allow_packed(handle, packed, len(rules), error):
            raise _failure(error)


class Report:
    """What Landlock limits, as far as the kernel's ABI can."""

    def __init__(self, handle: "Pointer", abi: int) -> None:
        limited = lib.es_policy_limited_rights(handle)
        free = lib.es_policy_rights_everywhere(handle) | ~limited
        missing = limited & ~lib.es_rights_of_abi(abi)
        self.abi = abi
        #: Whether "/" can be read, so that trying it shows nothing.
        self.reads_root = bool(free & lib.ES_RIGHT_READ_DIR)
        #: The rights that the ABI cannot limit.
        self.missing = [1 << bit for bit in range(32) if missing >> bit & 1]


def _make_policy(
    place: "Pointer", permissions: "Collection[tuple[int, Argument]]", rules: bytes, abi: int
) -> None:
    """Make a policy for an ABI of Landlock."""
    error = _new_error()
    if lib.es_policy_new(_NATIVE_ARCH, place, error):
        raise _failure(error)
    if lib.es_policy_set_landlock_abi(place[0], abi, error):
        raise _failure(error)
    _fill(place[0], permissions, rules)


def _kernel_abi() -> int:
    return lib.es_kernel_landlock_abi(not sys.flags.ignore_environment)


def _policy_for_kernel(permissions: "Collection[tuple[int, Argument]]", rules: bytes) -> "Pointer":
    """Return a policy for the ABI of Landlock that the kernel has, whatever it limits."""
    place = ffi.new(_POLICY)
    try:
        _make_policy(place, permissions, rules, _kernel_abi())
    except BaseException:
        lib.es_policy_free(place[0])
        raise
    return ffi.gc(place[0], lib.es_policy_free)


def _policy(
    place: "Pointer", permissions: "Collection[tuple[int, Argument]]", rules: bytes
) -> "Report | None":
    """Make a policy, and tell what Landlock has to limit for it."""
    _make_policy(place, permissions, rules, lib.ES_LANDLOCK_ABI)
    if not lib.es_policy_limited_rights(place[0]):
        return None
    abi = _kernel_abi()
    if abi != lib.ES_LANDLOCK_ABI:
        # What the kernel's ABI cannot limit is not allowed at all: another policy.
        lib.es_policy_free(place[0])
        place[0] = ffi.NULL
        _make_policy(place, permissions, rules, abi)
    return Report(place[0], abi)


class quiet:  # noqa: N801
    """Attempts of this library within it are not explained where they are denied."""

    def __enter__(self) -> None:
        lib.es_explain_quiet(1)

    def __exit__(self, *exception: object) -> None:
        lib.es_explain_quiet(0)


def explanations_are_wanted() -> bool:
    """Tell whether the environment asks for denials to be explained."""
    return not sys.flags.ignore_environment and bool(lib.es_explain_wanted())


def tell_unexplained(why: Exception) -> None:
    """Write that the environment asks for explanations in vain, while it may be written."""
    line = f"pyextrasafe: denials are not explained: {why}\n"
    try:
        os.write(STANDARD_ERROR, line.encode("utf-8", "replace"))
    except OSError:
        return


def new_gate() -> "GatePointer":
    """Return an es_gate to be filled in."""
    gate: GatePointer = ffi.new(_GATE, (ffi.sizeof("es_gate"),))
    return gate


class Explanation:
    """How the denials of a policy are explained."""

    def __init__(self, descriptor: int, gate: "GatePointer", files: "dict[str, list[str]]") -> None:
        #: Where blocks are written to; negative: nowhere.
        self.descriptor = descriptor
        self._gate = gate
        #: What permissions find that look up their paths.
        self._files = files

    def allow_writing(self, policy: "Pointer") -> None:
        """Allow writing the blocks."""
        if self.descriptor < 0:
            return
        error = _new_error()
        is_it = ffi.new(_COMPARISONS, [(0, lib.ES_EQUAL, DATUM_CONSTANT, 0, 0, self.descriptor)])
        number = syscall_number("write")
        if lib.es_policy_allow(policy, number, is_it, 1, lib.ES_RULE_UNITE, error):
            raise _failure(error)

    def candidates(self, policy: "Pointer", place: "Pointer") -> None:
        """Find out what could be added to a policy."""
        error = _new_error()
        if lib.es_candidates_new(policy, place, error):
            raise _failure(error)
        for name, paths in self._files.items():
            index = lib.es_permission_find(b"SystemIO", name.encode())
            for path in paths:
                if lib.es_candidates_add_file(place[0], index, os.fsencode(path), error):
                    raise _failure(error)

    def gate(self, policy: "Pointer") -> "GatePointer":
        """Return which calls trap."""
        self._gate.places = bool(lib.es_policy_limited_rights(policy))
        return self._gate


def load(
    permissions: "Collection[tuple[int, Argument]]",
    rules: bytes,
    threads: int,
    interrupt: bool,
    digest: int,
    explanation: "Explanation | None",
) -> "Report | None":
    """Compile a filter and load it; tell what Landlock limits, if it limits something.

    Args:
        permissions: Index of each, and what it is told, if it is told something.
        rules: What pack_rule() returned, joined.
        threads: THIS_THREAD or ALL_THREADS.
        interrupt: Whether to limit paths and ports in all threads, by a signal to each.
        digest: What the filter answers when it is asked for its digest.
        explanation: How denials are explained, or None.
    """
    error = _new_error()
    policy, candidates = ffi.new(_POLICY), ffi.new(_CANDIDATES)
    program = ffi.new(_FILTER)
    try:
        report = _policy(policy, permissions, rules)
        options = ffi.new(_OPTIONS, (ffi.sizeof("es_options"), threads, interrupt, digest))
        if explanation is not None:
            explanation.allow_writing(policy[0])
            explanation.candidates(policy[0], candidates)
            options.gate = explanation.gate(policy[0])
        if lib.es_prepare(policy[0], options, program, error):
            raise _failure(error)
        if lib.es_check_rings(error):
            raise _failure(error)
        with COMMIT:
            if explanation is not None:
                if lib.es_explain_add(policy[0], candidates[0], explanation.descriptor, error):
                    raise _failure(error)
                policy[0], candidates[0] = ffi.NULL, ffi.NULL
            status = lib.es_commit(program[0], error)
            if explanation is not None and status not in _LOADED:
                lib.es_explain_drop()
        if status:
            raise _failure(error)
    finally:
        lib.es_filter_free(program[0])
        lib.es_candidates_free(candidates[0])
        lib.es_policy_free(policy[0])
    return report


def ask() -> "tuple[int, int, int, int]":
    """Return the seccomp mode, no_new_privs (-1: refused), layer (0: none), and digest."""
    answers = ffi.new(_ANSWERS)
    lib.es_ask(answers, ffi.sizeof("es_answers"))
    return answers.mode, answers.no_new_privs, answers.layer, answers.digest


def is_confined() -> bool:
    """Tell whether a context was applied to this thread."""
    with quiet():
        return ask()[2] > 0


def digest(data: bytes) -> int:
    """Return the first 48 bits of the SHA-256."""
    return lib.es_digest(data, len(data))


def lock_pid_file(path: bytes, cloexec: bool, mode: int, contents: bytes) -> int:
    """Return the descriptor of the locked file."""
    error = _new_error()
    descriptor = ffi.new(_INT)
    if lib.es_lock_pid_file(path, cloexec, mode, contents, len(contents), descriptor, error):
        raise _failure(error)
    return int(descriptor[0])


def restrict_privileges() -> None:
    """Take every step; the message of a failure names what failed and what was done."""
    error = _new_error()
    if lib.es_restrict_privileges(ffi.NULL, error):
        raise _failure(error)
