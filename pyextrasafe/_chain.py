"""From the calls that a program made to the shortest chain of permissions that allows them.

Paths come first: what calls did on them says which permissions name which. What these do not allow
is covered by permissions without paths, the cheapest that together do; what no permission allows
becomes rules of Custom.
"""

import errno
import os
import socket
import sys

from . import _ask, _cover, _ffi, _files, _learnt_paths, _rulesets
from ._context import SafetyContext
from ._custom import CompareOp, Custom, Rule
from ._errors import ExtraSafeError
from ._ffi import lib
from ._learn import first_place
from ._learnt_paths import ask
from ._rulesets.base import united
from .formats._toml import comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from ._learn import Observation
    from ._rulesets import RuleSet

_PORTS_ABI = 4

#: The kernel says so with and without a filter, or C libraries take it for an answer: what fails in
#: this way needs nothing.
_SAME = frozenset((errno.EPERM, errno.ENOSYS))
#: Questions whose refusal is taken for the answer that they got.
_PROBES = frozenset(
    (
        ("ioctl", errno.ENOTTY),  # isatty() of each file that is opened
        ("lseek", errno.ESPIPE),  # whether a stream can seek
        ("fsync", errno.EINVAL),
    )
)
#: Whether a shell was started over a network: it takes a refusal for a yes. A rule allows less than
#: what is for sockets.
_NO_SOCKET = ("getpeername", errno.ENOTSOCK)
#: Files that libraries ask for a hint, and do without.
_HINTS = (
    "/proc/self/fd",  # which descriptors a program that is started has to close
    "/proc/sys/vm/overcommit_memory",  # malloc
    "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/possible",
)
#: What reads one of these looks up names.
_RESOLVER = ("/etc/hosts", "/etc/resolv.conf")
#: Where glibc asks a daemon for names.
_NSCD = ("/var/run/nscd/socket", "/run/nscd/socket")
#: Who asks the kernel for the addresses of this machine, and does without.
_LOOKUP = "getaddrinfo"
#: What reaches beyond the process: nothing but necessity.
_STARTING = ""
_FAR = 1000
#: Rules with the calls and requests that were made allow less.
_TOO_WIDE = ("allow_ioctl", "everything")
#: Permissions that are too wide for these alone: sqlite, as root, gives what it makes to an owner.
_RULED = {"allow_change_metadata": {"fchown"}}
#: Where paths can be named, a file that is not there is not worth these.
_UNLIMITED = ("allow_open", "allow_open_readonly")
#: No socket, no permission for sockets, though these allow other things as well.
_SOCKETS_ONLY = 100
#: What permissions for the sockets of a kind are named by.
_SOCKETS = {
    "a TCP socket": "tcp",
    "a UDP socket": "udp",
    "a UNIX stream socket": "unix",
    "a UNIX datagram socket": "datagrams",
}
_ON_PORTS = ("connect", "bind")
#: What changes from one run to the next: processes, and what else the kernel counts.
_COUNTED = (
    *("pid", "tgid", "tid", "pid1", "pid2", "pgid", "who"),
    *("wd", "semid", "shmid", "msqid", "timer"),
)
_GROUPS = (0, 2**32 - 1)  # of processes: one's own, and all
_ON_UNIX = ("connect", "bind", "listen", "accept", "accept4", "sendmsg", "recvmsg")
_DNS = 53
_EPHEMERAL = 32768  # Linux's default, see ip(7)
_ORDER = ("SystemIO", "Networking", "Threads", "ForkAndExec", "Time", "Custom")
_LOOKED_UP = _rulesets.SystemIO._looked_up
_INDENT = "    "
_SAME_OR_NOT = {CompareOp.Equal: "==", CompareOp.NotEqual: "!="}


def _literal(value: object) -> str:
    """Return a value as code, with double quotes where that is as simple."""
    if isinstance(value, str) and value.isprintable() and not {'"', "\\"} & set(value):
        return f'"{value}"'
    if isinstance(value, (tuple, list)):
        first, last = "()" if isinstance(value, tuple) else "[]"
        return f"{first}{', '.join(map(_literal, value))}{last}"
    return repr(value)


class Permission:
    """A permission of the table."""

    def __init__(self, index: int) -> None:
        info = _ffi._permission_info(index)
        self.index = index
        self.ruleset, self.name = _ffi.permission_names(info)
        self.takes: int = info.takes
        self.is_public = bool(info.is_public)
        self.cost: int = lib.es_permission_size(index)
        self.cost += _FAR * (self.name == _STARTING)
        self.cost += _SOCKETS_ONLY * (self.ruleset == "Networking")

    def __str__(self) -> str:
        """Return what tells it from others that cost as much, the same in each run."""
        return f"{self.ruleset}.{self.name}"

    def accepts(self, call: "_ask.Call", pid: int) -> bool:
        """Tell whether its rows accept a call, wherever the path leads."""
        argument: int | str | None = None
        if self.takes in (lib.ES_TAKES_PATH, lib.ES_TAKES_FILES):
            argument = "/..."
        elif self.takes == lib.ES_TAKES_PORT and self.is_limited:
            argument = 1
        alive: list[Any] = []
        given = _ffi._argument(self.index, argument, alive)
        answer = lib.es_permission_accepts(self.index, call.pointer, call.known, given, pid)
        return answer == lib.ES_YES

    #: Whether it is given ports.
    is_limited = False
    #: Whether it would allow all ports, of which the calls use none.
    is_for_all_ports = False

    def price(self) -> int:
        """Return what it costs to allow this much."""
        return self.cost + _FAR * self.is_for_all_ports

    def is_for(self, observation: "Observation", kinds: "set[str]") -> bool:
        """Tell whether it is about sockets of the kind that the call used, of those there are."""
        kind = _SOCKETS.get(observation.descriptor or "")
        if kind is None:
            return True
        if kind != "udp" and observation.call in _ON_PORTS and observation._port != _DNS:
            return self._topic() == kind  # others allow every peer
        if kind == "unix" and observation.call not in _ON_UNIX:
            return self._topic() in (None, *kinds)  # every event loop has a pair of them
        return self._topic() in (None, kind)

    def _topic(self) -> "str | None":
        """Return the kind of sockets that it is named by."""
        return next(
            (kind for kind in ("datagrams", "tcp", "udp", "unix") if kind in self.name), None
        )


class Entry:
    """A part of the chain: a permission with what it is given, or a rule."""

    def __init__(
        self,
        ruleset: str,
        name: str,
        arguments: "Iterable[Any]",
        because: "Observation | None",
    ) -> None:
        self.ruleset = ruleset
        self.name = name
        self.arguments = list(arguments)
        self.because = because

    def code(self) -> str:
        """Return the method call."""
        if self.name == "add_conditional":
            (rule,) = self.arguments
            compares = [(one.arg, _SAME_OR_NOT[one.op], one.datum) for one in rule.comparators]
            return f".{self.name}({_literal((rule.syscall, compares))}, unite=True)"
        return f".{self.name}({', '.join(map(_literal, self.arguments))})"

    def what(self) -> "str | Rule":
        """Return the name of the permission, or the rule."""
        if self.name == "add_conditional":
            rule: Rule = self.arguments[0]
            return rule
        return Rule(self.arguments[0], ()) if self.name == "add_simple" else self.name

    def add_to(self, rulesets: "dict[str, RuleSet]") -> None:
        """Grant it."""
        if self.ruleset == "Custom":
            ruleset = rulesets.setdefault("Custom", Custom())
        else:
            ruleset = rulesets.setdefault(self.ruleset, getattr(_rulesets, self.ruleset)())
        if self.name == "add_conditional":
            assert isinstance(ruleset, Custom)
            ruleset.add_conditional(*self.arguments, unite=True)
        elif self.name:
            getattr(ruleset, self.name)(*self.arguments)


class Chain:
    """The permissions that allow some calls, in the order of the code."""

    def __init__(
        self,
        observations: "list[Observation]",
        has_threads: bool,
        saw_programs: bool,
        late: "list[str]",
    ) -> None:
        self._observations = observations
        self._has_threads = has_threads
        self._saw_programs = saw_programs
        self._late = late
        self._permissions = [
            permission
            for permission in map(Permission, range(lib.es_permission_count()))
            if permission.is_public and permission.takes != lib.ES_TAKES_DESCRIPTOR
        ]
        abi = _ffi._kernel_abi()
        self._has_ports = abi >= _PORTS_ABI
        self._needed = _without_nscd([one for one in observations if _needs_something(one)])
        names = self._find("Networking", "allow_name_lookup")
        if _looks_up_names(observations):
            self._needed = _without_netlink(self._needed)
            names.cost = 0  # others could do as well, and allow every peer
        else:
            self._permissions.remove(names)
        #: What fails, and is not worth a permission.
        self.left_out: list[Observation] = []
        #: What is not allowed, since no rule can allow it beside the rest.
        self.contradicting: list[Observation] = []
        entries = self._with_paths() if abi else None
        self.entries = self._without_paths() if entries is None else entries

    # ---- What it is made of

    def _with_paths(self) -> "list[Entry] | None":
        """Return the entries if paths can be named; None where that contradicts what is needed."""
        entries = []
        named = _learnt_paths.named(self._needed, self._saw_programs, self._late)
        for name, paths, because in named:
            ruleset = "ForkAndExec" if name == "allow_execute_path" else "SystemIO"
            entries.append(Entry(ruleset, name, paths, because))
        entries += self._opening_nothing(entries)
        plain = [
            one
            for one in self._permissions
            if one.name == "allow_python_files"
            or (
                one.takes in (lib.ES_TAKES_NOTHING, lib.ES_TAKES_PORT)
                and one.name not in ("", *_TOO_WIDE)
            )
        ]
        return self._without_contradictions(self._complete(entries, plain, _UNLIMITED))

    def _opening_nothing(self, entries: "list[Entry]") -> "list[Entry]":
        """Return what lets a file be opened that needs no path, or be missed."""
        given = [self._find(one.ruleset, one.name) for one in entries]
        added: list[Entry] = []
        for one in self._needed:
            is_missed = one.count == one.failed
            if one.call not in ("open", "openat") or not (
                is_missed or _learnt_paths.needs_no_path(one)
            ):
                continue
            call = ask(one)
            for name in ("allow_read_path", "allow_write_file")[: 1 if is_missed else 2]:
                permission = self._find("SystemIO", name)
                if any(able.accepts(call, one.pid) for able in given):
                    break
                if permission.accepts(call, one.pid):
                    given.append(permission)
                    added.append(Entry("SystemIO", name, [os.devnull], one))
        return added

    def _without_contradictions(self, entries: "list[Entry]") -> "list[Entry] | None":
        """Return the entries without rules that contradict them; None where that is not enough."""
        if _is_sound(entries):
            return entries
        kept = [one for one in entries if one.ruleset != "Custom"]
        if not _is_sound(kept):
            return None
        for one in entries:
            if one.ruleset != "Custom":
                continue
            if _is_sound([*kept, one]):
                kept.append(one)
            elif one.because is not None:
                self.contradicting.append(one.because)
        return kept

    def _without_paths(self) -> "list[Entry]":
        """Return the entries where no path is named."""
        plain = [
            one
            for one in self._permissions
            if one.takes in (lib.ES_TAKES_NOTHING, lib.ES_TAKES_PORT) and one.name not in _TOO_WIDE
        ]
        entries = self._complete([], plain, ())
        return self._without_contradictions(entries) or entries

    def _complete(
        self, entries: "list[Entry]", plain: "list[Permission]", too_much: "Collection[str]"
    ) -> "list[Entry]":
        """Return entries with all that they lack, from permissions or by rules.

        Args:
            entries: What there is.
            plain: The permissions that can be added.
            too_much: The names of those that a call which fails is not worth.
        """
        given = [self._find("BasicCapabilities", "")]
        given += [self._find(one.ruleset, one.name) for one in entries]
        given += [self._find("ForkAndExec", "")] * any(
            one.ruleset == "ForkAndExec" for one in entries
        )
        for permission in plain:
            takes_port = self._has_ports and permission.takes == lib.ES_TAKES_PORT
            permission.is_limited = takes_port and bool(self._ports(permission))
            permission.is_for_all_ports = takes_port and not permission.is_limited
        wanted: dict[int, frozenset[Permission]] = {}
        rules: list[Observation] = []
        self.left_out = []
        self.contradicting = []
        kinds = {_SOCKETS[one.descriptor] for one in self._needed if one.descriptor in _SOCKETS}
        for position, observation in enumerate(self._needed):
            call = ask(observation)
            if any(one.accepts(call, observation.pid) for one in given):
                continue
            if (observation.call, observation.errno) == _NO_SOCKET:
                rules.append(observation)
                continue
            able = [one for one in plain if one.accepts(call, observation.pid)]
            able = [one for one in able if one.is_for(observation, kinds)] or able
            if observation.count == observation.failed:
                able = [one for one in able if one.name not in too_much]
            if able:
                wanted[position] = frozenset(able)
            elif observation.count > observation.failed:
                rules.append(observation)
            else:
                self.left_out.append(observation)
        return self._chosen(entries, wanted, rules)

    def _chosen(
        self,
        entries: "list[Entry]",
        wanted: "dict[int, frozenset[Permission]]",
        rules: "list[Observation]",
    ) -> "list[Entry]":
        conflicts = _Conflicts(entries)
        possible = {
            position: frozenset(one for one in able if not conflicts.of(one))
            for position, able in wanted.items()
        }
        for position, able in possible.items():
            one = self._needed[position]
            if not able:
                (rules if one.count > one.failed else self.left_out).append(one)
        possible = {position: able for position, able in possible.items() if able}
        chosen = _cover.cheapest(possible, Permission.price, conflicts.between) or set()
        chosen = {one for one in chosen if not self._is_left_out(one, chosen, possible)}
        rules += [self._needed[at] for at, able in possible.items() if not able & chosen]
        entries = entries + self._errors(chosen, conflicts)
        for permission in chosen:
            reasons = self._needing(permission, chosen, wanted)
            reasons = reasons or self._needing(permission, {permission}, wanted)
            because = next((one for one in reasons if one.stack), reasons[0])
            ports = self._ports(permission) if self._has_ports else []
            entries.append(Entry(permission.ruleset, permission.name, ports, because))
        entries += _rules(rules)
        order = {one: position for position, one in enumerate(self._observations)}
        last = len(order)
        entries.sort(
            key=lambda one: (
                _ORDER.index(one.ruleset),
                order[one.because] if one.because else last,
                one.name,
            )
        )
        return entries

    def _needing(
        self,
        permission: "Permission",
        chosen: "set[Permission]",
        able: "dict[int, frozenset[Permission]]",
    ) -> "list[Observation]":
        """Return what only this one of those that were chosen allows."""
        return [self._needed[at] for at, those in able.items() if those & chosen == {permission}]

    def _is_left_out(
        self,
        permission: "Permission",
        chosen: "set[Permission]",
        possible: "dict[int, frozenset[Permission]]",
    ) -> bool:
        """Tell whether the others do without one that costs nothing, or rules do better."""
        calls = {one.call for one in self._needing(permission, chosen, possible)}
        if permission.name in _RULED:
            return calls <= _RULED[permission.name]
        return permission.cost == 0 and not calls

    def _errors(self, chosen: "Iterable[Permission]", conflicts: "_Conflicts") -> "list[Entry]":
        """Return what lets errors be told, where this run had none."""
        permission = self._find("SystemIO", "allow_stderr")
        call = _ask.Call(lib.es_syscall_number(0, b"write"))
        call.set(0, _ffi.STANDARD_ERROR)
        pid = os.getpid()
        if any(one.accepts(call, pid) for one in chosen) or conflicts.of(permission):
            return []
        return [Entry(permission.ruleset, permission.name, [], None)]

    def _ports(self, permission: "Permission") -> "list[int]":
        """Return the ports that a permission is given."""
        call = {"allow_start_tcp_clients": "connect", "allow_start_tcp_servers": "bind"}
        return sorted(
            {
                one._port
                for one in self._needed
                if one.call == call.get(permission.name)
                and one.descriptor == "a TCP socket"
                and one._port is not None
            }
        )

    def _find(self, ruleset: str, name: str) -> "Permission":
        return next(one for one in self._permissions if (one.ruleset, one.name) == (ruleset, name))

    # ---- What it becomes

    def context(self) -> "SafetyContext":
        """Return the context."""
        context = SafetyContext().enable(*_made(self.entries))
        return context.interrupt_threads() if self._interrupts() else context

    def _interrupts(self) -> bool:
        """Tell whether paths or ports have to be limited in threads that run already."""
        return self._has_threads and any(
            one.arguments or one.name in _LOOKED_UP
            for one in self.entries
            if one.ruleset != "Custom"
        )

    def reasons(self) -> "dict[tuple[str, str | Rule], list[str]]":
        """Return why each permission is there, by rule set and name, and each rule of Custom."""
        found: dict[tuple[str, str | Rule], list[str]] = {}
        for entry in self.entries:
            told = found.setdefault((entry.ruleset, entry.what()), [])
            reason = _reason(entry.because)
            if reason not in told:
                told.append(reason)
        return found

    def code(self, missed: int) -> str:
        """Return the code that makes the context and applies it."""
        used = [name for name in _ORDER if any(one.ruleset == name for one in self.entries)]
        imports = sorted([*used, "SafetyContext"])
        lines = [f"from pyextrasafe import {', '.join(imports)}", ""]
        if used:
            interrupt = ".interrupt_threads()" * self._interrupts()
            lines.append(f"SafetyContext(){interrupt}.enable(")
            for name in used:
                lines += self._code_of(name)
            lines.append(").apply_to_all_threads()")
        else:
            lines.append("SafetyContext().apply_to_all_threads()")
        remarks = [comment(line) for line in self.remarks(missed)]
        return "\n".join([*lines, *remarks, ""])

    def _code_of(self, ruleset: str) -> "list[str]":
        lines = [f"{_INDENT}{ruleset}()"]
        for entry in self.entries:
            if entry.ruleset == ruleset:
                lines.append(f"{_INDENT}{comment(_reason(entry.because))}")
                if entry.name:
                    lines.append(f"{_INDENT}{entry.code()}")
        return [*lines[:-1], lines[-1] + ","]

    def remarks(self, missed: int) -> "list[str]":
        """Return lines on what was not seen, and what is not allowed."""
        started = sorted(
            {
                one.path
                for one in self._needed
                if one.call == "execve" and one.path and not one.errno
            }
        )
        lines = [
            "Not seen: what this run did not do, and reading clocks, which needs no call if the",
            "vDSO answers.",
        ]
        if started and not self._saw_programs:
            lines.append(f"Nor what these programs did: {', '.join(started)}.")
        for one in self.left_out:
            name = errno.errorcode.get(one.errno or 0, "an error")
            lines.append(f"Not allowed, since it failed with {name}: {_words(one)}")
        ruled = [one.because for one in self.entries if one.ruleset == "Custom" and one.because]
        lines += [
            f"Allowed on every path, since no permission names paths for it: {_words(one)}"
            for one in ruled
            if one._is_judged()
        ]
        folder = "" if self._saw_programs or not sys.path else sys.path[0]
        reads_python = any(one.name == "allow_python_files" for one in self.entries)
        if reads_python and folder[:1] == "/" and not _files.is_too_wide(folder):
            lines.append(f"allow_python_files includes sys.path, with all that is in {folder}.")
        lines += [
            f"Wide, since a home directory is in it: {path}"
            for one in self.entries
            for path in one.arguments
            if isinstance(path, str) and path[:1] == "/" and _files.is_too_wide(path)
        ]
        if any(one.call == "bind" and one._port == 0 for one in self._needed):
            lines += [
                f"The kernel may have chosen this port, which is another one next time: {port}"
                for one in self.entries
                for port in one.arguments
                if isinstance(port, int) and port >= _EPHEMERAL
            ]
        lines += [
            f"Allowed for every process, since their numbers change: {_words(one)}"
            for one in ruled
            if one.call in ("kill", "tkill", "tgkill")
        ]
        lines += [
            f"Not allowed, since it would bypass the other limits: {_words(one)}"
            for one in self.contradicting
        ]
        if missed:
            lines.append(f"{missed} calls are missing here: no room for them, or not readable.")
        return lines


def _needs_something(observation: "Observation") -> bool:
    if observation.path in _HINTS and observation.call in ("open", "openat"):
        return False
    if lib.es_is_done_without(ask(observation).pointer):
        return False
    if _learnt_paths.writes_compiled_modules(observation):
        return False
    if observation.failed < observation.count:
        return True
    probe = (observation.call, observation.errno)
    return observation.errno not in _SAME and probe not in _PROBES


def _without_nscd(observations: "list[Observation]") -> "list[Observation]":
    """Return the same without a daemon that glibc asks first, and does without.

    That it is not there is known only after a socket was made for it.
    """
    asked = [one for one in observations if one.call == "connect" and one.path in _NSCD]
    others = [
        one
        for one in observations
        if one not in asked and (one.call != "socket" or one._values[0] != socket.AF_UNIX)
    ]
    if not asked or any(one.failed < one.count for one in asked):
        return observations
    uses_unix = any(
        one.call in ("connect", "bind") and "UNIX" in (one.descriptor or "") for one in others
    )
    return observations if uses_unix else others


def _looks_up_names(observations: "list[Observation]") -> bool:
    """Tell whether a name server was asked, or which of several addresses comes first."""
    reads = any(one.path in _RESOLVER and one.call in ("open", "openat") for one in observations)
    return any(
        one._port == _DNS or (reads and one.call == "connect" and one.descriptor == "a UDP socket")
        for one in observations
    )


def _without_netlink(observations: "list[Observation]") -> "list[Observation]":
    """Return the same without the socket by which getaddrinfo() asks for our own addresses."""

    def is_asking(one: "Observation") -> bool:
        made = one.call == "socket" and one._values[0] == socket.AF_NETLINK
        return made or one.descriptor == "a socket"

    asking = [one for one in observations if is_asking(one)]
    if any(one.stack and one.stack[0][2] != _LOOKUP for one in asking):
        return observations
    return [one for one in observations if one not in asking]


def _words(observation: "Observation") -> str:
    return f"{observation.call}({observation.arguments})"


def _reason(observation: "Observation | None") -> str:
    if observation is None:
        return "this run had no errors; a later one can tell them"
    place = first_place(observation.stack)
    words = _words(observation)
    if place is None:
        return words
    file, line, function = place
    return f"{file}:{line} in {function}: {words}"


def _made(entries: "Iterable[Entry]") -> "list[RuleSet]":
    rulesets: dict[str, RuleSet] = {}
    for entry in entries:
        entry.add_to(rulesets)
    return [rulesets[name] for name in _ORDER if name in rulesets]


def _is_sound(entries: "Iterable[Entry]") -> bool:
    try:
        SafetyContext().enable(*_made(entries)).compile()
    except ExtraSafeError:
        return False
    return True


class _Conflicts:
    """Which permissions contradict each other, or some that are given."""

    def __init__(self, given: "list[Entry]") -> None:
        self._given = given
        self._known: dict[frozenset[Permission], bool] = {}

    def of(self, permission: "Permission") -> bool:
        return self._ask(permission)

    def between(self, one: "Permission", other: "Permission") -> bool:
        return self._ask(one, other)

    def _ask(self, *permissions: "Permission") -> bool:
        key = frozenset(permissions)
        if key not in self._known:
            entries: list[Any] = [*self._given]
            rulesets: dict[str, RuleSet] = {}
            for entry in entries:
                entry.add_to(rulesets)
            granted, rules = united([_rulesets.BasicCapabilities(), *rulesets.values()])
            for one in permissions:
                port = 1 if one.is_limited else None
                granted.append((one.index, "/..." if one.takes == lib.ES_TAKES_FILES else port))
            handle = _ffi._policy_for_kernel(granted, rules)
            self._known[key] = bool(lib.es_policy_check(handle, _ffi._new_error()))
        return self._known[key]


# ---- Rules ----


def _rules(observations: "list[Observation]") -> "list[Entry]":
    """Return rules for calls that no permission allows."""
    found: dict[Rule, Entry] = {}
    for one in observations:
        rule = _rule(one)
        found.setdefault(rule, _entry(rule, one))
    return list(found.values())


def _entry(rule: "Rule", because: "Observation") -> "Entry":
    if not rule.comparators:
        return Entry("Custom", "add_simple", [rule.syscall], because)
    return Entry("Custom", "add_conditional", [rule], because)


def _is_counted(observation: "Observation", position: int) -> bool:
    name = ask(observation).argument_name(position)
    return name in _COUNTED and observation._values[position] % 2**32 not in _GROUPS


def _rule(observation: "Observation") -> "Rule":
    comparisons: list[Any] = []
    for position, value in enumerate(observation._values):
        if not observation._compared >> position & 1 or _is_counted(observation, position):
            continue
        width = lib.es_syscall_width(0, observation._number, position)
        if width == lib.ES_WIDTH_POINTER:
            comparisons.append((position, "!=" if value else "==", 0))
        elif width in (lib.ES_WIDTH_32, lib.ES_WIDTH_VARIES):
            comparisons.append((position, "==", value % 2**32))
        elif width == lib.ES_WIDTH_64:
            comparisons.append((position, "==", value))
    name = _ffi.call_code(observation._number).strip('"')
    call = observation._number if name.isdigit() else name
    try:
        return Rule(call, comparisons)
    except ValueError:  # as of a call whose arguments are not known
        return Rule(call, [])
