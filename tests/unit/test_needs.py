"""Every permission is named where it is needed, unless others are meant for the call."""

import os

import pytest

import pyextrasafe
from pyextrasafe import SafetyContext, _files
from pyextrasafe._ffi import ffi, lib

PATH, ELSEWHERE = "/told/file", "/elsewhere"
DESCRIPTOR, OTHER = 5, 7
PORT = 443


def info_of(name, get, index):
    info = ffi.new(f"{name} *")
    assert get(index, info, ffi.sizeof(name)) == lib.ES_OK
    return info


def text(pointer):
    return ffi.string(pointer).decode()


def rows_of(permission, port):
    """The rows of a permission, and of all it includes."""
    for index in range(lib.es_row_count()):
        row = info_of("es_row_info", lib.es_row_get, index)
        if row.permission != permission or row.kind in (lib.ES_ROW_ENOSYS, lib.ES_ROW_ERRNO):
            continue
        if row.kind == lib.ES_ROW_INCLUDE:
            yield from rows_of(row.included, port)
        elif text(row.syscall):
            yield row


def rights_of(permission):
    """The rights of landlock(7) that a permission grants, with all it includes."""
    rights = 0
    for index in range(lib.es_row_count()):
        row = info_of("es_row_info", lib.es_row_get, index)
        if row.permission == permission:
            is_other = row.kind == lib.ES_ROW_INCLUDE
            rights |= rights_of(row.included) if is_other else row.rights
    return rights


BY_SOCKETS = {"accept", "accept4", "sendmsg", "recvmsg"}
BEYOND = {"connect", "bind", "listen", "execve"}


def reach_of(permission):
    """How far beyond the process a permission reaches."""
    rows = list(rows_of(permission, None))
    calls = {text(row.syscall) for row in rows}
    any_request = any(
        text(row.syscall) == "ioctl"
        and not any(
            row.comparisons[i].argument == 1 and row.comparisons[i].op == lib.ES_EQUAL
            for i in range(row.comparison_count)
        )
        for row in rows
    )
    return 2 if any_request or calls & BEYOND else 1 if calls & BY_SOCKETS else 0


def call_of(row):
    """A call that a row accepts."""
    arguments = [0] * 6
    for i in range(row.comparison_count):
        made = row.comparisons[i]
        if made.source == lib.ES_DATUM_GIVEN:
            arguments[made.argument] = DESCRIPTOR
        elif made.op in (lib.ES_EQUAL, lib.ES_MASKED_EQUAL, lib.ES_GREATER_EQUAL):
            arguments[made.argument] |= made.datum
        elif made.source == lib.ES_DATUM_OWN_PID:
            arguments[made.argument] = os.getpid()
    return text(row.syscall), arguments


NOTHING = SafetyContext().compile()


def public():
    for index in range(lib.es_permission_count()):
        info = info_of("es_permission_info", lib.es_permission_get, index)
        ruleset = text(info_of("es_ruleset_info", lib.es_ruleset_get, info.ruleset).name)
        if info.is_public and ruleset != "BasicCapabilities":
            yield pytest.param(index, info, ruleset, id=f"{ruleset}.{text(info.name)}")


TOLD = {
    lib.ES_TAKES_DESCRIPTOR: str(DESCRIPTOR),
    lib.ES_TAKES_PATH: "...",
    lib.ES_TAKES_PORT: "...",
    lib.ES_TAKES_FILES: "",
    lib.ES_TAKES_NOTHING: "",
}


READING = lib.ES_RIGHT_READ_FILE | lib.ES_RIGHT_READ_DIR | lib.ES_RIGHT_EXECUTE
ON_PORTS = lib.ES_RIGHT_CONNECT_TCP | lib.ES_RIGHT_BIND_TCP
CHANGING = ~(READING | ON_PORTS | lib.ES_RIGHT_IOCTL_DEV | lib.ES_RIGHT_REFER)


def used_on_paths(call, arguments):
    """The rights that a call uses on paths; reading where it opens one without any."""
    uses = ffi.new("es_use[]", lib.ES_USES)
    asked = ffi.new("es_call *", {"nr": lib.es_syscall_number(0, call.encode())})
    asked.args = [0 if isinstance(told, str) else told for told in arguments]
    used = 0
    for i in range(lib.es_call_uses(asked, 0x3F, uses)):
        used |= uses[i].rights or READING
    return used & ~ON_PORTS


class Permission:
    """A public permission, and how it is written for a path or for what the calls are not about."""

    def __init__(self, index, info, ruleset):
        self.index = index
        self.takes = info.takes
        self.name = text(info.name)
        self.ruleset = ruleset
        self.rights = rights_of(index)
        limited = self.takes == lib.ES_TAKES_DESCRIPTOR
        by_path = limited or self.takes in (lib.ES_TAKES_PATH, lib.ES_TAKES_FILES)
        extent = reach_of(index), lib.es_permission_size(index)
        kind = 1 if self.name in ("allow_stdin", "allow_stdout", "allow_stderr") else 2
        self.breadth = {
            False: (0 if limited else kind, *extent, index),
            True: (0 if by_path else kind, *extent, index),
        }

    def is_meant(self, call, arguments):
        """Tell whether it is meant for a call that it allows."""
        used = used_on_paths(call, arguments)
        has_path = self.takes == lib.ES_TAKES_FILES and any(isinstance(a, str) for a in arguments)
        is_for_paths = self.takes in (lib.ES_TAKES_PATH, lib.ES_TAKES_FILES)
        if is_for_paths and not used & self.rights and not has_path:
            return False
        return not used or used & CHANGING or not self.rights & CHANGING

    def is_left_out(self, call, arguments, needs):
        """Tell whether others are meant for a call, and this one is not."""
        return not self.is_meant(call, arguments) and any(
            other.is_meant(call, arguments)
            for other in PERMISSIONS
            if any(other.is_in(code) for code in needs)
        )

    def made(self, *told):
        """Return a rule set with this permission."""
        kind = getattr(pyextrasafe, self.ruleset)
        if not self.name:
            return kind()
        return kind.everything() if self.name == "everything" else getattr(kind(), self.name)(*told)

    def for_others(self):
        """Return it for what the calls are not about."""
        told = {
            lib.ES_TAKES_DESCRIPTOR: [OTHER],
            lib.ES_TAKES_PATH: [ELSEWHERE],
            lib.ES_TAKES_PORT: [PORT],
        }
        return self.made(*told.get(self.takes, []))

    def for_calls(self, path):
        """Return all forms of it that a call on this path may need."""
        told = {
            lib.ES_TAKES_DESCRIPTOR: [(DESCRIPTOR,)],
            lib.ES_TAKES_PATH: [(path,), (os.path.dirname(path),)],
            lib.ES_TAKES_PORT: [(PORT,), ()],
        }
        return [self.made(*arguments) for arguments in told.get(self.takes, [()])]

    def path(self):
        """Return a path that it can help with."""
        return _files.find(self.name)[0] if self.takes == lib.ES_TAKES_FILES else PATH

    def is_in(self, code):
        """Tell whether this is the permission that code enables."""
        made = "" if self.name == "everything" else "()"
        begin = f"{self.ruleset}{made}.{self.name}(" if self.name else f"{self.ruleset}()"
        return code.startswith(begin) if self.name else code == begin


PERMISSIONS = [Permission(*param.values) for param in public()]


@pytest.mark.once
@pytest.mark.parametrize(("index", "info", "ruleset"), list(public()))
def test_needs_names_every_permission(index, info, ruleset):
    permission = next(it for it in PERMISSIONS if it.index == index)
    seen = 0
    codes = {pyextrasafe._ffi.spell(ruleset, text(info.name), TOLD[info.takes])}
    codes.add(pyextrasafe._ffi.spell(ruleset, text(info.name), ""))
    for row in rows_of(index, None):
        call, arguments = call_of(row)
        if lib.es_syscall_number(0, call.encode()) < 0 or row.when == lib.ES_WHEN_AARCH64:
            continue
        # A row that a later comparison refuses is no example.
        decision = NOTHING.decide(call, *arguments)
        if decision:
            continue
        found = codes & set(decision.needs)
        left_out = permission.is_left_out(call, arguments, decision.needs)
        assert bool(found) != left_out, (call, arguments, decision.needs)
        seen += 1
    # This one has no calls of its own.
    assert seen or text(info.name) == "allow_execute_path"


# ---- Beside all others ----


def calls_of(permission):
    """The calls that the rows of a permission accept, with paths where they take some."""
    found = {}
    for row in rows_of(permission.index, None):
        call, arguments = call_of(row)
        number = lib.es_syscall_number(0, call.encode())
        if number < 0 or row.when == lib.ES_WHEN_AARCH64:
            continue
        for position in range(6):
            if lib.es_syscall_takes_path(0, number, position) and not arguments[position]:
                arguments[position] = permission.path()
        found[call, tuple(arguments)] = number
    return found


def accepts(ruleset, number, arguments):
    call = ffi.new("es_call *", {"nr": number, "arch": lib.es_arch_native()})
    call.args = [0 if isinstance(told, str) else told for told in arguments]
    alive = []
    return any(
        lib.es_permission_accepts(
            index, call, 0x3F, pyextrasafe._ffi._argument(index, told, alive), os.getpid()
        )
        == lib.ES_YES
        for index, told in pyextrasafe._rulesets.base.united((ruleset,))[0]
    )


def agree(rulesets):
    """Tell whether rule sets do not contradict each other."""
    granted, rules = pyextrasafe._rulesets.base.united(tuple(rulesets))
    place = ffi.new("es_policy **")
    pyextrasafe._ffi._make_policy(place, granted, rules, lib.ES_LANDLOCK_ABI)
    policy = ffi.gc(place[0], lib.es_policy_free)
    return lib.es_policy_check(policy, ffi.NULL) == lib.ES_OK


def all_beside(ruleset, others):
    """Return as many rule sets as go together, and with this one."""
    found = [pyextrasafe.BasicCapabilities()]
    for other in others:
        if agree([*found, other, ruleset]):
            found.append(other)
    return found


def key_of(code, paths_count):
    return next(it.breadth[bool(paths_count)] for it in PERMISSIONS if it.is_in(code))


@pytest.mark.once
@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda it: f"{it.ruleset}.{it.name}")
def test_a_permission_is_named_beside_all_that_does_not_help(permission):
    """Where one permission more allows a call, it is named, and where it does not, it is not."""
    calls = calls_of(permission)
    mine = permission.for_calls(permission.path())
    others = [it.for_others() for it in PERMISSIONS if it is not permission]
    groups = {}
    for (call, arguments), number in calls.items():
        helping = tuple(accepts(other, number, arguments) for other in others)
        groups.setdefault(helping, []).append((call, arguments))
    seen = 0
    for helping, group in groups.items():
        beside = [other for other, helps in zip(others, helping) if not helps]
        rulesets = all_beside(mine[0], beside)
        without = SafetyContext().enable(*rulesets).compile()
        more = [
            SafetyContext().enable(*rulesets, made).compile()
            for made in mine
            if agree([*rulesets, made])
        ]
        for call, arguments in group:
            decision = without.decide(call, *arguments)
            if decision:
                continue
            needed = any(asked.decide(call, *arguments) for asked in more)
            named = [code for code in decision.needs if permission.is_in(code)]
            left_out = permission.is_left_out(call, arguments, decision.needs)
            assert bool(named) == (needed and not left_out), (call, arguments, decision.needs)
            keys = [key_of(code, used_on_paths(call, arguments)) for code in decision.needs]
            assert keys == sorted(keys), (call, arguments, decision.needs)
            seen += needed
    assert seen or permission.name == "allow_execute_path"
