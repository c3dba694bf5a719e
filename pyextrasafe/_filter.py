"""Filter and Decision: what a context would do, asked without loading it."""

import os

from . import _ask, _digest, _ffi
from ._errors import integer
from ._immutable import Result
from ._rulesets.base import united

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Union, final

    from ._rulesets import RuleSet
    from ._rulesets.base import Argument, Path

    #: What an argument of a call may be told as.
    Told = Union[int, Path, None]
else:
    from ._errors import final

_MIN_NUMBER, _MAX_NUMBER = -(2**31), 2**31 - 1
_MIN_ARGUMENT, _WORD = -(2**63), 2**64
_ERRNO_BITS = 0xFFFF


@final
class Decision(Result):
    """What a `Filter` does with a call.

    A decision is true if the call is allowed. `str()` returns a sentence with the call in words. It
    is plain data that does not change: you can compare, copy and pickle it, and use it as a key.

    Attributes:
        action: `"allow"`, `"errno"` (the call fails), or `"kill_process"`.
        errno: The error number that the call fails with, see errno(3); None for the other actions.
            EACCES and EXDEV come from Landlock.
        allowed_by: What allows the call, as code, such as `"SystemIO().allow_open()"`, the
            narrowest first. Empty if it is not allowed.
        needs: What you could enable to allow the call, as code, the narrowest first: permissions
            that take a descriptor, or a path if the call has one that Landlock checks; then those
            for one standard stream; then those that do not reach beyond the process; then those
            that use connected sockets; then those that connect, bind, start programs, or make any
            request of ioctl(2). Among these, those that allow fewer calls come first, then those
            that come first in the table. Permissions that are not meant for the call are left out
            unless nothing else allows it: those for paths if the call uses none of their rights,
            and those that write if the call opens a file for reading. If the path or port is not
            known, it is written as `...`. What would contradict the context is left out. Empty if
            the call is allowed, if only `Custom` could allow it, or if the answer depends on
            arguments that you did not pass.
    """

    __slots__ = ("_sentence", "action", "allowed_by", "errno", "needs")

    action: str
    errno: "int | None"
    allowed_by: "tuple[str, ...]"
    needs: "tuple[str, ...]"
    _sentence: str

    _made_by = "Filter.decide()"

    def __bool__(self) -> bool:
        return self.action == "allow"

    def __repr__(self) -> str:
        return f"<Decision {self._sentence!r}>"

    def __str__(self) -> str:
        return self._sentence


@final
class Filter(Result):
    """What a `SafetyContext` means: `SafetyContext.compile` makes one, for you to ask.

    Nothing is loaded, and nothing changes for the process. A filter does not change either: you can
    copy and pickle it, and threads can share it. Two filters are equal if their contexts were
    written with the same grants, in any order. They then have the same digest. `len()` returns the
    number of instructions.

    Attributes:
        digest: 12 hexadecimal digits, which `status` reports once the context is applied.
    """

    __slots__ = (
        "_candidates",
        "_granted",
        "_grants",
        "_policy",
        "_program",
        "_rules",
        "_rulesets",
        "digest",
    )

    digest: str
    _rulesets: "tuple[RuleSet, ...]"
    _granted: "list[tuple[int, Argument]]"
    _rules: bytes
    _policy: "_ask.Policy"
    _program: "_ask.Program"
    _grants: "list[_ask.Grant]"
    #: Made when they are needed: with the paths that permissions find, and without.
    _candidates: "dict[bool, _ask.Candidates]"

    _made_by = "SafetyContext.compile()"

    def _fields(self) -> "tuple[Any, ...]":
        return (self.digest,)

    def __reduce__(self) -> "tuple[object, ...]":
        return compile_rulesets, (self._rulesets,)

    def __repr__(self) -> str:
        return f"<Filter {self.digest} of {len(self)} instructions>"

    def __len__(self) -> int:
        return self._program.length

    def decide(self, call: "int | str", *arguments: "Told") -> "Decision":
        """Decide whether a call would be allowed: by what, or else what it needs.

        Paths are checked as they are written: links are not followed, and a file that the call may
        create is taken to exist, unless the call says O_EXCL. `os.open("/etc/hosts", os.O_RDONLY)`
        is `decide("openat", "AT_FDCWD", "/etc/hosts", "O_RDONLY")`.

        Rules that compare with the process's own id use the id of the calling process. Other
        contexts may limit a thread, too; this method does not take them into account.

        Args:
            call: The name of a system call, see syscalls(2), or a number, -2**31 to 2**31-1.
            arguments: Up to six arguments: ints, -2**63 to 2**64-1; names of flags and the like,
                joined by `|` without spaces; for a path str, bytes or `os.PathLike`, relative to
                the working directory. An argument that is None, or left out, is not known. A call
                whose path is not known counts as allowed if it is allowed for some path, and the
                sentence says so.

        Returns:
            The decision, which is true if the call is allowed.

        Raises:
            TypeError: An argument has another type, or there are more than six.
            ValueError: The name of the call or of a flag is unknown, a number is out of range, or
                the answer depends on an unknown argument other than a path.
        """
        return _Question(self, _told(call, arguments)).answer()

    def disassemble(self) -> str:
        """Return the filter as text, with a line for each instruction.

        Names follow the numbers that they explain. After an empty line, the allowed calls are
        listed, each with its conditions and with what allows it.

        Returns:
            Lines of text, for people to read.
        """
        lines = []
        for number in self._policy.numbers():
            for way in self._policy.ways(number):
                where = f" where {way.condition}" if way.condition else ""
                who = self._who(way) if way.allows else [_ffi.errno_name(way.errno)]
                lines += [f"; {way.call}: {code}{where}" for code in who]
        return self._program.text() + "\n" + "\n".join(dict.fromkeys(lines)) + "\n"

    def _needs(self, call: "_ask.Call", own_pid: int) -> "tuple[list[str], bool]":
        """Return what would allow a call, as code, and whether what is not told decides."""
        finders = _ask.finders(call, own_pid)
        made = self._candidates.get(bool(finders))
        if made is None:
            made = _ask.Candidates(self._granted, self._rules, _found_by(finders))
            self._candidates[bool(finders)] = made
        return made.codes(call, own_pid)

    def _who(self, way: "_ask.Way") -> "list[str]":
        """Return who brought a way, as code, with all its paths and ports."""
        return _codes(
            way.origin, [grant for grant in self._grants if _same(grant.origin, way.origin)]
        )

    def to_bpf(self) -> bytes:
        """Return the instructions as the kernel takes them, of 8 bytes each.

        They are for this machine's architecture and for any process. So they do not contain what
        `BasicCapabilities` allows for the process's own id, or the answers to `status`. bubblewrap
        takes them with its option `--seccomp`: see the page "Formats for other programs" of the
        documentation.

        Returns:
            An array of the kernel's `struct sock_filter`, see seccomp(2).

        Raises:
            ExtraSafeError: The context names paths or ports, which Landlock limits, and not the
                filter: the instructions alone would allow more. The code is `"format"`.
        """
        from .formats._export import refuse_limits

        refuse_limits("BPF", self)
        return self._program.exported()

    def to_oci(self, without: "Iterable[str]" = ()) -> str:
        """Return the object linux.seccomp of a container's config.json, as JSON.

        It is for this machine's architecture. What the format cannot express is an error: see the
        page "Formats for other programs" of the documentation.

        Args:
            without: What to leave out, so that the result allows less than this filter: any of
                `"own process"`, `"conditions"`, `"numbers"` and `"answers"`.

        Returns:
            A JSON object.

        Raises:
            ExtraSafeError: The OCI format cannot express a row of the filter, or the context names
                paths or ports. The code is `"format"`, and the message names the row.
            TypeError: `without` is a string.
            ValueError: `without` contains another word.
        """
        from .formats import _oci

        return _oci.write(self, without)

    def to_systemd(self, without: "Iterable[str]" = ()) -> str:
        """Return lines for the section [Service] of a unit of systemd.

        What a unit cannot express is an error: see the page "Formats for other programs" of the
        documentation, and systemd.exec(5).

        Args:
            without: What to leave out, so that the result allows less than this filter: any of
                `"own process"`, `"conditions"`, `"numbers"` and `"answers"`.

        Returns:
            Lines of text.

        Raises:
            ExtraSafeError: A unit cannot express a row of the filter, or the context names paths or
                ports. The code is `"format"`, and the message names the row.
            TypeError: `without` is a string.
            ValueError: `without` contains another word.
        """
        from .formats import _systemd

        return _systemd.write(self, without)

    def diff(self, other: "Filter") -> "list[str]":
        """Return what another filter allows that this one does not, and the other way round.

        Conditions are compared by their meaning, however they are written, and paths as they are
        written. Conditions that are very hard to compare count as different.

        Args:
            other: The filter to compare with.

        Returns:
            Lines such as `"+ openat: SystemIO().allow_open()"`, with `+` for what only the other
            one allows and `-` for what only this one does. For limits on paths and ports, the line
            names a right instead of a call.

        Raises:
            TypeError: `other` is not a `Filter`.
        """
        if not isinstance(other, Filter):
            raise TypeError(f"other must be Filter, not {type(other).__name__}")
        lost = [f"- {line}" for line in _beyond(self, other)]
        return lost + [f"+ {line}" for line in _beyond(other, self)]


def compile_rulesets(rulesets: "tuple[RuleSet, ...]") -> "Filter":
    """Return the filter of rule sets that nobody else can change."""
    granted, rules = united(rulesets)
    policy = _ask.Policy(granted, rules)
    return Filter._make(
        digest=_digest.as_text(_digest.digest(rulesets)),
        _rulesets=rulesets,
        _granted=granted,
        _rules=rules,
        _policy=policy,
        _program=policy.compile(),
        _grants=list(policy.grants()),
        _candidates={},
    )


def _found_by(finders: "dict[int, str]") -> "dict[int, list[str]]":
    """Return the paths that permissions find."""
    if not finders:
        return {}
    from . import _files

    return {index: _files.find(name) for index, name in finders.items()}


# ---- What was asked ----


def _told(name: "int | str", arguments: "Sequence[Told]") -> "_ask.Call":
    """Return the call, with all that is told of it."""
    call = _ask.Call(_number(name))
    if len(arguments) > _ask.ARGUMENTS:
        raise TypeError(f"a system call has at most {_ask.ARGUMENTS} arguments")
    paths, words = [], []
    for position, told in enumerate(arguments):
        if told is None:
            continue
        if isinstance(told, (str, bytes)) or hasattr(told, "__fspath__"):
            if call.takes_path(position):
                paths.append((position, _path(told)))
            elif isinstance(told, str):
                words.append((position, told))
            else:
                raise TypeError(f"{call.argument_name(position)} of {call.name()} is not a path")
        else:
            call.set(position, _integer(told))
    for position, text in words:
        call.set(position, call.parse(position, text))
    for position, path in paths:
        call.set_path(position, path)
    return call


def _number(name: "int | str") -> int:
    if isinstance(name, str):
        number = _ffi.syscall_number(name)
        if number < 0:
            raise ValueError(f"this machine has no system call {name!r}")
        return number
    number = integer(name)
    if not _MIN_NUMBER <= number <= _MAX_NUMBER:
        raise ValueError(f"call must be from {_MIN_NUMBER} to {_MAX_NUMBER}, not {number}")
    return number


def _integer(told: object) -> int:
    number = integer(told)
    if not _MIN_ARGUMENT <= number < _WORD:
        raise ValueError(f"an argument must be from {_MIN_ARGUMENT} to {_WORD - 1}, not {number}")
    return number % _WORD


def _path(told: "Any") -> str:
    path = os.fsdecode(told)
    if "\0" in path:
        raise ValueError("embedded null character in a path")
    return path


# ---- The answer ----


class _Question:
    """A call that a filter is asked about."""

    def __init__(self, asked: "Filter", call: "_ask.Call") -> None:
        self._asked = asked
        self._call = call
        self._own_pid = os.getpid()
        #: Whether what is not known of the call decides what it needs.
        self._is_open = False

    def answer(self) -> "Decision":
        """Return the decision, with who could change it."""
        ways = self._accepting()
        action, errnum = self._judge()
        allowed_by: list[str] = []
        needs: list[str] = []
        if action == "allow":
            allowed_by = self._origins(ways)
        elif action == "errno" and not self._call.is_question():
            needs, self._is_open = self._asked._needs(self._call, self._own_pid)
        return Decision._make(
            _sentence=self._sentence(action, errnum, allowed_by, needs),
            action=action,
            allowed_by=tuple(allowed_by),
            errno=errnum,
            needs=tuple(needs),
        )

    def _judge(self) -> "tuple[str, int | None]":
        """Return action and errno."""
        policy = self._asked._policy
        action = policy.decide(self._call, self._own_pid)
        if action == _ask.KILL_PROCESS:
            return "kill_process", None
        if action != _ask.ALLOW:
            return "errno", action & _ERRNO_BITS
        if policy.limited:
            self._call.uses()  # its flags have to be told
        refused = policy.refuses(self._call)
        return ("errno", refused) if refused else ("allow", None)

    def _accepting(self) -> "list[_ask.Way]":
        """Return the ways that accept the call."""
        call, policy = self._call, self._asked._policy
        ways = policy.ways(call.number)
        answers = [policy.accepts(way, call, self._own_pid) for way in ways]
        accepting = [way for way, answer in zip(ways, answers) if answer == _ask.YES and way.allows]
        open_ones = [way for way, answer in zip(ways, answers) if answer == _ask.UNDECIDED]
        missing = {position for way in open_ones for position in way.compares}
        if call.name() == "seccomp":  # whose questions are answered before all
            missing.add(0)
        missing = {position for position in missing if call.get(position) is None}
        if missing and (not accepting or call.name() == "seccomp"):
            names = ", ".join([call.argument_name(position) for position in sorted(missing)])
            raise ValueError(f"{call.name()}: the answer depends on {names}, which is not given")
        return accepting

    # ---- Paths ----

    def _uses(self) -> "list[tuple[str | None, int]]":
        """Return the places that the call uses limited rights on; None: not known."""
        found, limited = [], self._asked._policy.limited
        for use in self._call.uses() if limited else ():
            path = self._call.whole.get(use.position)
            if path is not None and use.on_parent:
                path = os.path.dirname(path)
            if use.rights & limited and not use.on_port:
                found.append((path, use.rights & limited))
        return found

    def _what_decides(self) -> "str | None":
        """Return what a filter does not see and Landlock judges, in a word."""
        policy = self._asked._policy
        if any(path is None and rights & ~policy.everywhere for path, rights in self._uses()):
            return "path"
        if policy.limited and any(
            use.on_port and use.rights & policy.limited for use in self._call.uses()
        ):
            return "port"
        return None

    def _origins(self, ways: "list[_ask.Way]") -> "list[str]":
        """Return who allows the call, the narrowest first, with the paths that do so."""
        grants, used, by_path = self._asked._grants, self._uses(), self._call.is_judged()
        found: dict[str, int] = {}
        others: dict[str, int] = {}
        for origin in [way.origin for way in ways]:
            own = [grant for grant in grants if _same(grant.origin, origin)]
            fitting = [grant for grant in own if _contributes(grant, used)]
            codes = _codes(origin, fitting if used else own)
            place = found if not used or fitting or origin.is_rule else others
            place.update(dict.fromkeys(codes, origin.breadth(by_path)))
        found = found or others
        return sorted(found, key=lambda code: found[code])

    # ---- Words ----

    def _sentence(
        self, action: str, errnum: "int | None", allowed_by: "list[str]", needs: "list[str]"
    ) -> str:
        call = self._call.words()
        if action == "kill_process":
            return f"{call} ends the process: it is a system call of another architecture"
        if action == "allow":
            decides = self._what_decides()
            condition = f", if its {decides} is one that is granted" if decides else ""
            return f"{call} is allowed by {' and by '.join(allowed_by)}{condition}"
        name = _ffi.errno_name(errnum or 0)
        if self._call.is_question():
            return f"{call} is a question, which every filter answers: here with {name}"
        if needs:
            return f"{call} is denied with {name}: it needs {' or '.join(needs)}"
        if self._is_open:
            return f"{call} is denied with {name}: what it needs depends on what is not given"
        return f"{call} is denied with {name}: no permission allows it"


def _same(one: "_ask.Origin", other: "_ask.Origin") -> bool:
    return not one.is_rule and one.permission == other.permission


def _contributes(grant: "_ask.Grant", used: "list[tuple[str | None, int]]") -> bool:
    return any(
        grant.rights & rights
        and (
            grant.everywhere
            or path is None
            or (grant.origin.path is not None and _ask.covers(grant.origin.path, path))
        )
        for path, rights in used
    )


def _codes(origin: "_ask.Origin", grants: "list[_ask.Grant]") -> "list[str]":
    """Return an origin as code, with the paths or ports of grants of the same permission."""
    return list(dict.fromkeys([grant.origin.code for grant in grants])) or [origin.code]


# ---- Differences ----


def _beyond(one: "Filter", other: "Filter") -> "list[str]":
    """Return what one filter allows and another does not."""
    found: dict[str, None] = {}
    for number in one._policy.numbers():
        for way in one._policy.ways(number):
            if way.allows and not one._policy.is_within(way, other._policy):
                found.update(dict.fromkeys([f"{way.call}: {code}" for code in one._who(way)]))
    for right in [1 << bit for bit in range(32)]:
        for grant in [grant for grant in one._grants if grant.rights & right]:
            theirs = [granted for granted in other._grants if granted.rights & right]
            if not any(_is_as_wide(granted, grant) for granted in theirs):
                found[f"{_ffi.right_words(right)}: {grant.origin.code}"] = None
    return list(found)


def _is_as_wide(granted: "_ask.Grant", wanted: "_ask.Grant") -> bool:
    """Tell whether one grant reaches wherever another does."""
    if granted.everywhere or wanted.everywhere:
        return granted.everywhere
    one, other = granted.origin, wanted.origin
    if other.is_ready_made:
        return one.code == other.code
    if other.path is None or one.path is None or one.is_ready_made:
        return one.path is other.path is None and one.port == other.port
    if ".." in other.path.split("/"):
        return one.path == other.path
    return _ask.covers(one.path, other.path) and ".." not in one.path.split("/")
