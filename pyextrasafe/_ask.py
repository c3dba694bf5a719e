"""What a policy means, asked of the core: plain data of its ways, grants and decisions."""

import os

from . import _ffi
from ._ffi import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from ._ffi import Argument

ALLOW = lib.ES_ACTION_ALLOW
KILL_PROCESS = lib.ES_ACTION_KILL_PROCESS
YES = lib.ES_YES
UNDECIDED = lib.ES_UNDECIDED
TAKES_PATH = lib.ES_TAKES_PATH
TAKES_PORT = lib.ES_TAKES_PORT
TAKES_FILES = lib.ES_TAKES_FILES

ARGUMENTS = 6
_ERRNO_BITS = 0xFFFF
_FOR_RULES = -1  # in the place of a permission's index
_WIDE = 2**63  # how broad what has no condition is, before its calls are counted
_ON_PORTS = lib.ES_RIGHT_CONNECT_TCP | lib.ES_RIGHT_BIND_TCP
_AT_FDCWD = 2**32 - 100

_CALL = ffi.typeof("es_call *")
_TOLD = ffi.typeof("es_told *")
_USES = ffi.typeof("es_use[]")
_WAY = ffi.typeof("es_way *")
_GRANT = ffi.typeof("es_grant_info *")
_POLICY = ffi.typeof("es_policy **")
_PROGRAM = ffi.typeof("es_program **")
_CANDIDATES = ffi.typeof("es_candidates **")
_FOUND = ffi.typeof("es_candidate[]")
_INT = ffi.typeof("int *")
_INSTRUCTIONS = ffi.typeof("es_instruction[]")
_WORD = ffi.typeof("uint64_t *")
_CHARS = ffi.typeof("char[]")
_NAME = ffi.typeof("char[64]")


# ---- Calls ----


class Use:
    """Rights of landlock(7) that a call uses on a path, or on a port, which no filter sees."""

    def __init__(self, pointer: "Any") -> None:
        self.rights: int = pointer.rights
        self.position: int = pointer.argument
        self.on_parent = bool(pointer.on_parent)
        self.on_port = bool(pointer.rights & _ON_PORTS)


class Call:
    """A system call with the arguments and paths that are known."""

    def __init__(self, number: int, arch: int = _ffi.ARCH) -> None:
        self.number = number
        #: Bit n: argument n is known.
        self.known = 0
        self.pointer: Any = ffi.new(_CALL, {"nr": number, "arch": arch})
        #: Its paths from the root; None where it is not known which one is meant.
        self.whole: dict[int, str | None] = {}
        self.told: Any = ffi.new(_TOLD, {"size": ffi.sizeof("es_told"), "port": -1})
        self._alive: list[Any] = []

    def set(self, position: int, value: int) -> None:
        """Tell an argument."""
        self.pointer.args[position] = value
        self.known |= 1 << position

    def get(self, position: int) -> "int | None":
        """Return an argument, or None where it is not known."""
        return self.pointer.args[position] if self.known >> position & 1 else None

    def set_path(self, position: int, path: str) -> None:
        """Tell a path, after the arguments before it."""
        whole = self._whole(position, path)
        self.whole[position] = whole
        self.told.paths[position] = self._keep(path)
        if whole is not None:
            self.told.whole[position] = self._keep(whole)

    def _keep(self, path: str) -> "Any":
        self._alive.append(ffi.new(_CHARS, os.fsencode(path)))
        return self._alive[-1]

    def _whole(self, position: int, path: str) -> "str | None":
        """Return a path from the root; None where it is not known which one is meant."""
        if not path:
            return None
        if path.startswith("/"):
            return join("/", path)
        if position and self.argument_name(position - 1).endswith("dirfd"):
            directory = self.get(position - 1)
            if directory is None or directory % 2**32 != _AT_FDCWD:
                return None
        try:
            return join(os.getcwd(), path)
        except FileNotFoundError:  # the directory was removed
            return None

    def uses(self) -> "list[Use]":
        """Return the rights that it uses; ValueError where flags that decide are not known."""
        uses = ffi.new(_USES, lib.ES_USES)
        count = lib.es_call_uses(self.pointer, self.known, uses)
        if count < 0:
            name = self.argument_name(-1 - count)
            raise ValueError(f"{self.name()}: the answer depends on {name}, which is not given")
        return [Use(uses[i]) for i in range(count)]

    def is_judged(self) -> bool:
        """Tell whether Landlock judges the path of the call."""
        uses = ffi.new(_USES, lib.ES_USES)
        count = lib.es_call_uses(self.pointer, self.known, uses)
        return count < 0 or (count > 0 and not Use(uses[0]).on_port)

    def is_question(self) -> bool:
        """Tell whether every filter answers the call, whatever it allows: see status()."""
        question = (self.get(0) or 0) % 2**32 - lib.ES_QUESTION
        return self.name() == "seccomp" and 0 <= question < lib.ES_QUESTIONS

    def parse(self, position: int, words: str) -> int:
        """Return the value of words as "O_WRONLY|O_CREAT"."""
        return self._parsed(lib.es_word_parse, position, words)

    def parse_mask(self, position: int, words: str) -> int:
        """Return the bits of words as "O_ACCMODE|O_CREAT"."""
        return self._parsed(lib.es_word_parse_mask, position, words)

    def _parsed(self, parse: "Any", position: int, words: str) -> int:
        error, value = _ffi._new_error(), ffi.new(_WORD)
        text = words.encode("utf-8", "surrogatepass")
        if b"\0" in text:
            raise ValueError("embedded null character")
        if parse(self.pointer, self.known, position, text, value, error):
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
        return _written(
            lambda place, size: lib.es_word_call_told(
                self.pointer, self.known, self.told, place, size
            )
        )

    def name(self) -> str:
        """Return the name of the call, or syscall_1000 where it has none."""
        return self.words().partition("(")[0]


def _bytes(write: "Any") -> bytes:
    """Return what a function writes as snprintf(3) does."""
    size = write(ffi.NULL, 0) + 1
    place = ffi.new(_CHARS, size)
    write(place, size)
    return ffi.string(place)


def _written(write: "Any") -> str:
    return _bytes(write).decode("utf-8", "replace")


def join(directory: str, path: str) -> str:
    """Return a path from the root, beneath the directory unless it is absolute."""
    one, other = os.fsencode(directory), os.fsencode(path)
    return os.fsdecode(_bytes(lambda place, size: lib.es_path_join(one, other, place, size)))


def covers(granted: str, path: str) -> bool:
    """Tell whether a path from the root is another one, or beneath it."""
    return bool(lib.es_path_covers(os.fsencode(granted), os.fsencode(path)))


# ---- Policies ----


class Origin:
    """Who allows something: a permission, or a rule of Custom about a call."""

    def __init__(self, pointer: "Any", call: str) -> None:
        self.code = _ffi._origin(pointer, call)
        self.is_rule: bool = pointer.kind != lib.ES_ORIGIN_PERMISSION
        self.permission: int = _FOR_RULES if self.is_rule else pointer.permission
        self.is_ready_made: bool = pointer.argument.kind == TAKES_FILES
        self.descriptor: int = pointer.argument.descriptor
        self.port: int | None = None
        self.path: str | None = None
        if pointer.argument.kind == TAKES_PORT:
            self.port = pointer.argument.port
        elif pointer.argument.kind in (TAKES_PATH, TAKES_FILES):
            self.path = _ffi._path(pointer)
        self._is_wide: bool = pointer.kind == lib.ES_ORIGIN_SIMPLE

    def breadth(self, by_path: bool) -> int:
        """Return what sorts the narrowest first; rules come before permissions of their kind."""
        if self.is_rule:
            return _WIDE if self._is_wide else 0
        return lib.es_permission_breadth(self.permission, by_path)


class Comparison:
    """One comparison of a way."""

    def __init__(self, pointer: "Any", descriptor: int) -> None:
        self.argument: int = pointer.argument
        self.op: int = pointer.op
        self.negative: int = pointer.negative
        self.mask: int = pointer.mask
        self.datum: int = descriptor if pointer.source == lib.ES_DATUM_GIVEN else pointer.datum
        self.is_own_process: bool = pointer.source == lib.ES_DATUM_OWN_PID


class Way:
    """One way in which a policy allows a call, or answers it with an errno of its own."""

    def __init__(self, index: int, pointer: "Any") -> None:
        self.index = index
        self.number: int = pointer.number
        self.allows = pointer.action == ALLOW
        self.errno: int = pointer.action & _ERRNO_BITS
        self.call = Call(pointer.number).name()
        self.condition = _written(
            lambda place, size: lib.es_word_condition(
                0, pointer.number, pointer.comparisons, pointer.comparison_count, place, size
            )
        )
        self.origin = Origin(pointer.origin, _ffi.call_code(pointer.number))
        self.comparisons = [
            Comparison(pointer.comparisons[i], self.origin.descriptor)
            for i in range(pointer.comparison_count)
        ]
        self.compares = {comparison.argument for comparison in self.comparisons}
        self.is_own_process = any(told.is_own_process for told in self.comparisons)


class Grant:
    """Rights of landlock(7) that somebody has: on a path, on a port, or everywhere."""

    def __init__(self, pointer: "Any") -> None:
        call = "" if pointer.number < 0 else _ffi.call_code(pointer.number)
        self.rights: int = pointer.rights
        self.everywhere = bool(pointer.everywhere)
        self.origin = Origin(pointer.origin, call)


class Policy:
    """What rule sets mean on this machine. Nothing changes it: threads may share it."""

    def __init__(self, granted: "Collection[tuple[int, Argument]]", rules: bytes) -> None:
        place = ffi.new(_POLICY)
        try:
            report = _ffi._policy(place, granted, rules)
        except BaseException:
            lib.es_policy_free(place[0])
            raise
        self._handle = ffi.gc(place[0], lib.es_policy_free)
        limited = lib.es_policy_limited_rights(self._handle)
        #: Whether paths or ports are limited, on whatever kernel.
        self.is_limited = report is not None
        #: The rights that Landlock limits here.
        self.limited = limited & lib.es_rights_of_abi(report.abi) if report else 0
        self.everywhere: int = lib.es_policy_rights_everywhere(self._handle)
        self._indexes = self._sorted_indexes()

    def decide(self, call: "Call", own_pid: int) -> int:
        """Return the action, as the kernel knows it; what is not known of the call is 0."""
        return int(lib.es_policy_decide(self._handle, call.pointer, own_pid))

    def refuses(self, call: "Call") -> int:
        """Return the errno by which Landlock refuses the call, or 0; unknown paths are not."""
        return lib.es_policy_refuses(self._handle, call.pointer, call.known, call.told)

    def refusal(self, call: "Call") -> "int | None":
        """Return the error number of a call, or None where it is allowed to any process."""
        action = self.decide(call, 0)
        return None if action == ALLOW else action & _ERRNO_BITS

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


class Candidates:
    """What could be added to a policy. Nothing changes it: threads may share it."""

    def __init__(
        self,
        granted: "Collection[tuple[int, Argument]]",
        rules: bytes,
        files: "Mapping[int, list[str]]",
    ) -> None:
        error, place = _ffi._new_error(), ffi.new(_CANDIDATES)
        # With what is added, Landlock may have to limit what it does not limit without.
        self._policy = _ffi._policy_for_kernel(granted, rules)
        if lib.es_candidates_new(self._policy, place, error):
            raise _ffi._failure(error)
        self._handle = ffi.gc(place[0], lib.es_candidates_free)
        for permission, paths in files.items():
            for path in paths:
                encoded = os.fsencode(path)
                if lib.es_candidates_add_file(self._handle, permission, encoded, error):
                    raise _ffi._failure(error)

    def codes(self, call: "Call", own_pid: int) -> "tuple[list[str], bool]":
        """Return what allows a call, as code, and whether what is not known of it decides."""
        room, undecided = lib.es_permission_count(), ffi.new(_INT)
        found = ffi.new(_FOUND, room)
        count = lib.es_candidates_for(
            self._handle, call.pointer, call.known, call.told, own_pid, found, room, undecided
        )
        return [_code(found + i, call) for i in range(count)], bool(undecided[0])


def _code(candidate: "Any", call: "Call") -> str:
    return _written(lambda place, size: lib.es_candidate_code(candidate, call.told, place, size))


def finders(call: "Call", own_pid: int) -> "dict[int, str]":
    """Return the permissions that find files and would allow a call, with their names."""
    found = {}
    for index in range(lib.es_permission_count()):
        info = _ffi._permission_info(index)
        if info.takes != TAKES_FILES:
            continue
        if lib.es_permission_accepts(index, call.pointer, call.known, ffi.NULL, own_pid) == YES:
            found[index] = _ffi._text(info.name)
    return found


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
