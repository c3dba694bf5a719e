"""What a policy means, asked of the core: plain data of its ways, grants and decisions."""

from . import _ffi
from ._ffi import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from ._ffi import Argument

    Breadth = tuple[bool, int, int]

ALLOW = lib.ES_ACTION_ALLOW
KILL_PROCESS = lib.ES_ACTION_KILL_PROCESS
YES = lib.ES_YES
UNDECIDED = lib.ES_UNDECIDED
TAKES_DESCRIPTOR = lib.ES_TAKES_DESCRIPTOR
TAKES_PATH = lib.ES_TAKES_PATH
TAKES_PORT = lib.ES_TAKES_PORT
TAKES_FILES = lib.ES_TAKES_FILES

ARGUMENTS = 6
_ERRNO_BITS = 0xFFFF
_FOR_RULES = -1  # in the place of a permission's index

_CALL = ffi.typeof("es_call *")
_WAY = ffi.typeof("es_way *")
_GRANT = ffi.typeof("es_grant_info *")
_POLICY = ffi.typeof("es_policy **")
_PROGRAM = ffi.typeof("es_program **")
_INSTRUCTIONS = ffi.typeof("es_instruction[]")
_WORD = ffi.typeof("uint64_t *")
_CHARS = ffi.typeof("char[]")
_NAME = ffi.typeof("char[64]")


# ---- Calls ----


class Call:
    """A system call with the arguments that are known."""

    def __init__(self, number: int) -> None:
        self.number = number
        #: Bit n: argument n is known.
        self.known = 0
        self.pointer: Any = ffi.new(_CALL, {"nr": number, "arch": _ffi.ARCH})

    def set(self, position: int, value: int) -> None:
        """Tell an argument."""
        self.pointer.args[position] = value
        self.known |= 1 << position

    def get(self, position: int) -> "int | None":
        """Return an argument, or None where it is not known."""
        return self.pointer.args[position] if self.known >> position & 1 else None

    def is_question(self) -> bool:
        """Tell whether every filter answers the call, whatever it allows: see status()."""
        question = (self.get(0) or 0) % 2**32 - lib.ES_QUESTION
        return self.name() == "seccomp" and 0 <= question < lib.ES_QUESTIONS

    def parse(self, position: int, words: str) -> int:
        """Return the value of words as "O_WRONLY|O_CREAT"."""
        error, value = _ffi._new_error(), ffi.new(_WORD)
        text = words.encode("utf-8", "surrogatepass")
        if b"\0" in text:
            raise ValueError("embedded null character")
        if lib.es_word_parse(self.pointer, self.known, position, text, value, error):
            raise _ffi._failure(error)
        return int(value[0])

    def takes_path(self, position: int) -> bool:
        """Tell whether an argument is the name of a file."""
        return bool(lib.es_syscall_takes_path(self.pointer.arch, self.number, position))

    def argument_name(self, position: int) -> str:
        """Return the name of an argument, or its place where it has none."""
        name = ffi.new(_NAME)
        if lib.es_syscall_argument(self.pointer.arch, self.number, position, name) != lib.ES_OK:
            return f"argument {position}"
        return _ffi._text(name)

    def words(self) -> str:
        """Return the call in words, with a question mark for what is not known."""
        return _written(lambda place, size: lib.es_word_call(self.pointer, self.known, place, size))

    def name(self) -> str:
        """Return the name of the call, or syscall_1000 where it has none."""
        return self.words().partition("(")[0]


def _written(write: "Any") -> str:
    """Return what a function writes as snprintf(3) does."""
    size = write(ffi.NULL, 0) + 1
    place = ffi.new(_CHARS, size)
    write(place, size)
    return _ffi._text(place)


# ---- Permissions of the table ----


class Permission:
    """A public permission of the table."""

    def __init__(self, index: int) -> None:
        info = _ffi._permission_info(index)
        self.index = index
        self.is_public = bool(info.is_public)
        self.takes: int = info.takes
        self.ruleset, self.name = _ffi.permission_names(info)
        self._size: int = lib.es_permission_size(index)
        #: What the rule set grants as soon as it is enabled, if it does.
        itself = _ffi.permission(self.ruleset, "")
        self.itself: list[tuple[int, Argument]] = [] if itself is None else [(itself, None)]

    def code(self, argument: str = "") -> str:
        """Return it as code, with the argument as it is to be written."""
        return _ffi.spell(self.ruleset, self.name, argument)

    def breadth(self, on_paths: bool) -> "Breadth":
        """Return what sorts the narrowest first, for a call that is judged by its path or not.

        That is what is limited to a descriptor, or to paths where these count; then what allows
        fewer calls, then what stands first in the table.
        """
        limited = self.takes == TAKES_DESCRIPTOR or (
            on_paths and self.takes in (TAKES_PATH, TAKES_FILES)
        )
        return not limited, self._size, self.index

    def accepts(self, call: "Call", argument: "Argument", own_pid: int) -> int:
        """Tell whether it would allow the call: YES, UNDECIDED, or 0."""
        alive: list[Any] = []
        given = _ffi._argument(self.index, argument, alive)
        asked = [(self.index, given), *[(index, ffi.NULL) for index, _ in self.itself]]
        answers = [
            lib.es_permission_accepts(index, call.pointer, call.known, told, own_pid)
            for index, told in asked
        ]
        return YES if YES in answers else max(answers)


def permissions() -> "list[Permission]":
    """Return the public permissions."""
    found = [Permission(index) for index in range(lib.es_permission_count())]
    return [permission for permission in found if permission.is_public]


# ---- Policies ----


class Origin:
    """Who allows something: a permission, or a rule of Custom about a call."""

    def __init__(self, pointer: "Any", call: str) -> None:
        self.code = _ffi._origin(pointer, call)
        self.is_rule: bool = pointer.kind != lib.ES_ORIGIN_PERMISSION
        self.permission: int = _FOR_RULES if self.is_rule else pointer.permission
        self.is_ready_made: bool = pointer.argument.kind == TAKES_FILES
        self.port: int | None = None
        self.path: str | None = None
        if pointer.argument.kind == TAKES_PORT:
            self.port = pointer.argument.port
        elif pointer.argument.kind in (TAKES_PATH, TAKES_FILES):
            self.path = _ffi._path(pointer)
        self._is_wide: bool = pointer.kind == lib.ES_ORIGIN_SIMPLE

    def breadth(self, on_paths: bool) -> "Breadth":
        """Return what sorts the narrowest first; rules come before permissions of their kind."""
        if self.is_rule:
            return self._is_wide, 0, _FOR_RULES
        return Permission(self.permission).breadth(on_paths)


class Way:
    """One way in which a policy allows a call, or answers it with an errno of its own."""

    def __init__(self, index: int, pointer: "Any") -> None:
        self.index = index
        self.number: int = pointer.number
        self.allows = pointer.action == ALLOW
        self.errno: int = pointer.action & _ERRNO_BITS
        self.call = Call(pointer.number).name()
        self.compares = {pointer.comparisons[i].argument for i in range(pointer.comparison_count)}
        self.condition = _written(
            lambda place, size: lib.es_word_condition(
                0, pointer.number, pointer.comparisons, pointer.comparison_count, place, size
            )
        )
        self.origin = Origin(pointer.origin, _ffi.call_code(pointer.number))


class Grant:
    """Rights of landlock(7) that somebody has: on a path, on a port, or everywhere."""

    def __init__(self, pointer: "Any") -> None:
        call = "" if pointer.number < 0 else _ffi.call_code(pointer.number)
        self.rights: int = pointer.rights
        self.everywhere = bool(pointer.everywhere)
        self.origin = Origin(pointer.origin, call)


class Policy:
    """What rule sets mean on this machine.  Nothing changes it: threads may share it."""

    def __init__(self, granted: "Collection[tuple[int, Argument]]", rules: bytes) -> None:
        place = ffi.new(_POLICY)
        try:
            report = _ffi._policy(place, granted, rules)
        except BaseException:
            lib.es_policy_free(place[0])
            raise
        self._handle = ffi.gc(place[0], lib.es_policy_free)
        limited = lib.es_policy_limited_rights(self._handle)
        #: The rights that Landlock limits here.
        self.limited = limited & lib.es_rights_of_abi(report.abi) if report else 0
        self._indexes = self._sorted_indexes()

    def check(self) -> None:
        """Raise ExtraSafeError for a contradiction."""
        error = _ffi._new_error()
        if lib.es_policy_check(self._handle, error):
            raise _ffi._failure(error)

    def decide(self, call: "Call", own_pid: int) -> int:
        """Return the action, as the kernel knows it; what is not known of the call is 0."""
        return int(lib.es_policy_decide(self._handle, call.pointer, own_pid))

    def ways(self, number: int) -> "list[Way]":
        """Return the ways of a call, in the order in which they were granted."""
        place, found = ffi.new(_WAY), []
        for index in self._indexes.get(number, ()):
            lib.es_policy_way_get(self._handle, index, place, ffi.sizeof("es_way"))
            found.append(Way(index, place))
        return found

    def numbers(self) -> "list[int]":
        """Return the calls that have ways, the lowest first."""
        return sorted(self._indexes)

    def _sorted_indexes(self) -> "dict[int, list[int]]":
        """Return the indexes of the ways of each call."""
        place, index = ffi.new(_WAY), 0
        found: dict[int, list[int]] = {}
        while lib.es_policy_way_get(self._handle, index, place, ffi.sizeof("es_way")) == lib.ES_OK:
            found.setdefault(place.number, []).append(index)
            index += 1
        return found

    def accepts(self, way: "Way", call: "Call", own_pid: int) -> int:
        """Tell whether a way accepts a call: YES, UNDECIDED, or 0."""
        return int(
            lib.es_policy_way_accepts(self._handle, way.index, call.pointer, call.known, own_pid)
        )

    def is_within(self, way: "Way", other: "Policy") -> bool:
        """Tell whether another policy allows all that a way allows."""
        return bool(lib.es_policy_way_within(self._handle, way.index, other._handle))

    def grants(self) -> "Iterator[Grant]":
        """Yield all grants that count."""
        info, index = ffi.new(_GRANT), 0
        size = ffi.sizeof("es_grant_info")
        while lib.es_policy_grant_get(self._handle, index, info, size) == lib.ES_OK:
            if info.rights:
                yield Grant(info)
            index += 1

    def compile(self) -> "Program":
        """Return the program; ExtraSafeError for a contradiction, and one that is too long."""
        error, place = _ffi._new_error(), ffi.new(_PROGRAM)
        if lib.es_compile(self._handle, place, error):
            raise _ffi._failure(error)
        return Program(ffi.gc(place[0], lib.es_program_free))


class Program:
    """A compiled policy."""

    def __init__(self, handle: "Any") -> None:
        self._handle = handle
        self.length: int = lib.es_program_length(handle)

    def text(self) -> str:
        """Return a line an instruction."""
        return _written(lambda place, size: lib.es_program_disassemble(self._handle, place, size))

    def exported(self) -> bytes:
        """Return the instructions that can leave this process."""
        instructions = ffi.new(_INSTRUCTIONS, self.length)
        lib.es_program_export(self._handle, instructions, self.length)
        return bytes(ffi.buffer(instructions))


def errno_name(errnum: int) -> str:
    """Return the name of an error number, or the number where it has none."""
    name = lib.es_errno_name(errnum)
    return _ffi._text(name) if name else str(errnum)
