"""The table as policies mean it, judged by the case lists."""

import ctypes
from array import array
from bisect import bisect_right
from typing import NamedTuple

from . import cases, constants, declared
from .library import (
    ABSENT,
    ANSWER,
    ERR_CONTRADICTION,
    INCLUDE,
    KINDS_OF_RIGHTS,
    MASKED_EQUAL,
    MASKED_NOT_EQUAL,
    PROMISE,
    RULE,
    TAKES_DESCRIPTOR,
    TAKES_FILES,
    TAKES_NOTHING,
    TAKES_PATH,
    TAKES_PORT,
    WHEN,
    WIDTHS,
    Argument,
    Comparison,
    Error,
    Grant,
    PermissionInfo,
    Rights,
    RowInfo,
    RulesetInfo,
    build,
)
from .rights import LANDLOCK_ABI, RIGHTS, names_of
from .rights import Rights as Wanted

ARCHES = declared.ARCHITECTURES
NAMES_OF_ARCHES = {number: name for name, number in ARCHES.items()}
NATIVE = ARCHES["x86_64"]  # what mutants are judged on, wherever this runs
FOREIGN = 0x40000003  # i386
X32 = range(0x40000000, 0x80000000)
LONG = 16  # comparisons; a row that has more does not show them all


class Setting(NamedTuple):
    """What a policy is judged with: the given descriptor, the id of the own process, the ABI of
    landlock(7)."""

    fd: int
    pid: int
    abi: int = LANDLOCK_ABI


SETTINGS = (Setting(5, 4242), Setting(1000, 31337))
OLD = (Setting(5, 4242, 2), Setting(5, 4242, 3))  # before and after truncation can be limited
# What permissions are told: all variants, by what is added to their names.
PATH, PORT = b"/srv", 443
VARIANTS = {
    TAKES_NOTHING: ("",),
    TAKES_DESCRIPTOR: ("",),
    TAKES_PATH: ("", cases.AT_ROOT),
    TAKES_PORT: ("", cases.WITH_PORT),
    TAKES_FILES: ("", cases.WITH_PATH, cases.AT_ROOT),
}


class Row:
    """A row of the table as it stands."""

    def __init__(self, index, info, permissions):
        self.index = index
        self.info = info
        self.kind = info.kind
        self.call = info.syscall.decode()
        everywhere = self.kind in (ABSENT, ANSWER)
        self.permission = "everywhere" if everywhere else permissions[info.permission]
        self.included = permissions[info.included]
        self.comparisons = [
            Comparison.from_buffer_copy(info.comparisons[i]) for i in range(info.comparison_count)
        ]

    def __str__(self):
        if self.kind == INCLUDE:
            return f"{self.permission}: include {self.included}"
        if self.kind in KINDS_OF_RIGHTS:
            rights = names_of(self.info.rights)
            return f"{self.permission}: {KINDS_OF_RIGHTS[self.kind]}rights {rights}"
        kind = {RULE: "", PROMISE: "promise ", ABSENT: "absent ", ANSWER: "answer "}[self.kind]
        written = [describe(test) for test in self.comparisons]
        if self.is_long:
            written[3:] = ["..."]
        if self.info.when:
            kind = f"when {WHEN[self.info.when]} {kind}"
        return f"{self.permission}: {kind}{self.call}({', '.join(written)})"

    @property
    def is_long(self):
        return len(self.comparisons) > LONG


def describe(test):
    datum = ["", "FD", "PID"][test.source] or f"{test.datum:#x}"
    if test.op in (MASKED_EQUAL, MASKED_NOT_EQUAL):
        sign = "==" if test.op == MASKED_EQUAL else "!="
        return f"{test.argument}&{test.mask:#x}{sign}{datum}"
    return f"{test.argument}{['<', '<=', '==', '!=', '>=', '>'][test.op]}{datum}"


def sized(struct):
    """Return what a function needs that fills a struct in."""
    return ctypes.byref(struct), ctypes.c_size_t(ctypes.sizeof(struct))


class Table:
    """The open library, and the lists that judge it."""

    def __init__(self, folder):
        self.lib = build(folder)
        numbers = constants.read(folder)
        self.lists = {
            setting: cases.Lists(numbers, setting.fd, setting.pid) for setting in SETTINGS
        }
        self.lists.update((setting, self.lists[SETTINGS[0]]) for setting in OLD)
        self.plain = self.lists[SETTINGS[0]]
        self.judged = {}
        self.places = {}
        self.numbers = {}
        self.permissions, self.public, self.takes = [], {}, {}
        self.read_permissions()
        self.rows = [self.read_row(i) for i in range(self.lib.es_row_count())]
        self.includes = {}
        for row in self.rows:
            if row.kind == INCLUDE:
                self.includes.setdefault(row.permission, []).append(row.included)

    def read_permissions(self):
        permission, ruleset = PermissionInfo(), RulesetInfo()
        for i in range(self.lib.es_permission_count()):
            self.lib.es_permission_get(i, *sized(permission))
            self.lib.es_ruleset_get(permission.ruleset, *sized(ruleset))
            name = f"{ruleset.name.decode()}.{permission.name.decode() or 'itself'}"
            self.permissions.append(name)
            for added in VARIANTS[permission.takes] if permission.is_public else ():
                self.public[name + added] = i
                self.takes[name + added] = permission.takes

    def read_row(self, index):
        info = RowInfo()
        self.lib.es_row_get(index, *sized(info))
        return Row(index, info, self.permissions)

    def number(self, call, arch=NATIVE):
        key = call, arch
        if key not in self.numbers:
            self.numbers[key] = self.lib.es_syscall_number(ctypes.c_uint32(arch), call.encode())
        return self.numbers[key]

    def is_absent(self, call, arch=NATIVE):
        """Tell whether a call does not exist where nothing of it is allowed."""
        return self.plain.is_absent(call, lambda name: self.number(name, arch))

    def home(self, call):
        """Return the first architecture that has the call, or None."""
        return next((arch for arch in ARCHES.values() if self.number(call, arch) >= 0), None)

    def bits(self, call, argument):
        """How many bits of an argument the library compares."""
        arch = self.home(call)
        number = self.number(call, arch)
        width = self.lib.es_syscall_width(ctypes.c_uint32(arch), number, argument)
        return cases.BITS[WIDTHS[width]]

    def name(self, number, arch):
        name = ctypes.create_string_buffer(64)
        if self.lib.es_syscall_name(ctypes.c_uint32(arch), ctypes.c_int32(number), name):
            return f"number {number} of {arch:#x}"
        return name.value.decode()

    def reaching(self, permission):
        """The public permissions that grant the rows of a permission, whatever they are told."""
        if permission in self.public:
            return [permission + added for added in VARIANTS[self.takes[permission]]]
        found = []
        for other, included in self.includes.items():
            if permission in included:
                found += self.reaching(other)
        return cases.unique(found)

    def included(self, permission):
        """The permissions whose rows a permission grants, itself among them."""
        found = [permission]
        for other in self.includes.get(permission, ()):
            found += self.included(other)
        return cases.unique(found)

    # -- Judging

    def grants(self, names, fd):
        names = cases.unique([cases.BASIC, *names])
        return (Grant * len(names))(
            *[(self.public[name], self.argument(name, fd)) for name in names]
        )

    def argument(self, name, fd):
        takes = self.takes[name]
        argument = Argument(ctypes.sizeof(Argument), takes)
        if takes == TAKES_DESCRIPTOR:
            argument.descriptor = fd
        elif takes == TAKES_PORT and name.endswith(cases.WITH_PORT):
            argument.port = PORT
        elif name.endswith(cases.AT_ROOT):
            argument.path = b"/"
        elif takes == TAKES_PATH or name.endswith(cases.WITH_PATH):
            argument.path = PATH
        else:
            argument.kind = TAKES_NOTHING
        return argument

    def settings(self, names, call):
        """The settings that make a difference for one call under permissions."""
        lines = self.plain.allowing(names, call)
        found = SETTINGS if any(line.varies for line in lines) else SETTINGS[:1]
        return [*found, *OLD] if any(line.holds for line in lines) else found

    def arches(self, names, call):
        """The architectures that do: the first that has the call, and that with other bits."""
        home = self.home(call)
        varies = any(line.holds for line in self.plain.allowing(names, call))
        other = ARCHES["aarch64"]
        return [home, other] if varies and self.number(call, other) >= 0 else [home]

    def tried(self, names, call, setting, arch):
        """The calls with which one call of these permissions is judged, and their decisions."""
        lists = self.lists[setting]
        number = self.number(call, arch)
        case = cases.Case(NAMES_OF_ARCHES[arch], setting.abi)
        key = tuple(lists.allowing(names, call, case)), call, setting[:2], arch
        if key not in self.judged:
            pool = lists.pool(call)
            expected = lists.expected(names, call, self.is_absent(call, arch), pool, case)
            self.judged[key] = calls_of(number, arch, pool), array("I", expected)
        return self.judged[key]

    def judge(self, names, call, near=None):
        """Return what goes wrong with one call under permissions, or None.

        near, an argument and values of it, says where to look first: many calls are tried with a
        list as long as that of the requests of ioctl(2).
        """
        if self.home(call) is None:
            return f"there is no call {call}"
        for arch in self.arches(names, call):
            for setting in self.settings(names, call):
                calls, expected = self.tried(names, call, setting, arch)
                if near:
                    some, wanted = self.nearest(calls, expected, *near)
                    at, decision = self.first_wrong(names, setting, arch, some, wanted)
                    if at is not None:
                        return self.describe(some, wanted, at, decision)
                at, decision = self.first_wrong(names, setting, arch, calls, expected)
                if at is not None:
                    return self.describe(calls, expected, at, decision)
        return None

    def nearest(self, calls, expected, argument, values):
        """Return those of the calls in which a 32-bit argument has one of these values."""
        key = id(calls), argument
        if key not in self.places:
            found = self.places[key] = {}
            for place, value in enumerate(calls[2 + argument :: 8]):
                found.setdefault(value & 0xFFFFFFFF, []).append(place)
        some, wanted = array("Q"), array("I")
        for value in values:
            for place in self.places[key].get(value, ()):
                some.extend(calls[place * 8 : place * 8 + 8])
                wanted.append(expected[place])
        return some, wanted

    def first_wrong(self, names, setting, arch, calls, expected, start=0):
        """Return the index of the first call that is not decided as expected, and its decision."""
        grants = self.grants(names, setting.fd)
        decision = ctypes.c_uint32()
        count = len(expected)
        at = self.lib.judge(
            ctypes.c_uint32(arch), setting.abi, grants, len(grants), setting.pid,
            address(calls), address(expected), start, count, ctypes.byref(decision),
        )  # fmt: skip
        return (None, None) if at == count else (at, decision.value)

    def describe(self, calls, expected, at, decision):
        if at < 0:
            return "the policy cannot be made"
        first, _, *args = calls[at * 8 : at * 8 + 8]
        call = self.name(first & 0xFFFFFFFF, first >> 32)
        wanted = cases.NAMES_OF_DECISIONS[expected[at]]
        got = cases.NAMES_OF_DECISIONS.get(decision, hex(decision))
        return f"{cases.show(call, args)} is {got}, not {wanted}"

    def judge_many(self, names, setting, arch, tried):
        """Return what goes wrong first with each of many calls, given as by tried()."""
        calls, expected, ends, found = array("Q"), array("I"), [], []
        for some_calls, some_expected in tried:
            calls.extend(some_calls)
            expected.extend(some_expected)
            ends.append(len(expected))
        start = 0
        while start < len(expected):
            at, decision = self.first_wrong(names, setting, arch, calls, expected, start)
            if at is None:
                break
            found.append(self.describe(calls, expected, at, decision))
            if at < 0:
                break
            start = ends[bisect_right(ends, at)]
        return found

    def check(self, names, call=None, arch=NATIVE):
        """Return es_policy_check()'s status and error; call is allowed without condition too."""
        grants = self.grants(names, SETTINGS[0].fd)
        error = Error(size=ctypes.sizeof(Error))
        number = -1 if call is None else self.number(call, arch)
        status = self.lib.check(
            ctypes.c_uint32(arch), grants, len(grants), number, ctypes.byref(error)
        )
        return status, error

    def judge_promise(self, name, call):
        """Is it an error to lift a permission's limit of a call, exactly where it is a promise?

        The limit may be one of rights, where the call can use them.
        """
        for arch in self.arches([name], call):
            wrong = self.judge_promise_on(arch, name, call)
            if wrong:
                return wrong
        return None

    def judge_promise_on(self, arch, name, call):
        status, error = self.check([name], call, arch)
        rights = self.plain.lifted_rights([name], call)
        promised = call in self.plain.promises(name) or bool(rights)
        if (status == ERR_CONTRADICTION) != promised or status not in (0, ERR_CONTRADICTION):
            return f"to lift the limit of {call} is {'no ' if promised else 'an '}error"
        if error.right & ~rights or (promised and not error.right) != (
            call in self.plain.promises(name)
        ):
            return f"lifted by {call}: {names_of(error.right)}, not {names_of(rights)}"
        return None

    def judge_rights(self, names):
        """Return what is wrong with the rights of permissions, or None."""
        grants, found = self.grants(names, SETTINGS[0].fd), Rights()
        if self.lib.rights_of(ctypes.c_uint32(NATIVE), grants, len(grants), ctypes.byref(found)):
            return "the policy cannot be made"
        got = Wanted(*(getattr(found, name) for name, _ in Rights._fields_))
        wanted = self.plain.rights_together(names)
        return None if got == wanted else f"rights: {got}; not: {wanted}"

    def judge_rule(self, call):
        """Return what is wrong with the rights that a rule about a call is granted, or None."""
        arch, found = self.home(call), Rights()
        if self.lib.rights_of_rule(
            ctypes.c_uint32(arch), self.number(call, arch), ctypes.byref(found)
        ):
            return f"there can be no rule about {call}"
        got, wanted = found.everywhere, self.plain.rules.get(call, 0)
        if got == wanted and not (found.given or found.promised or found.limited):
            return None
        return f"a rule about {call} has {names_of(got)}, not {names_of(wanted)}"

    def judge_permission(self, name, calls, near=None):
        """Return what goes wrong with these calls under a permission."""
        for call in calls:
            wrong = self.judge([name], call, near) or self.judge_promise(name, call)
            if wrong:
                return wrong
        return self.judge_rights([name])

    # -- The table as it stands

    def faults(self, arches=ARCHES):
        """Return everything in which the table and the lists disagree."""
        lists_faults = set(self.plain.permissions) ^ set(self.public)
        found = [f"{name}: in the table or in the lists only" for name in sorted(lists_faults)]
        nowhere = [call for call in self.plain.all_calls() if self.home(call) is None]
        found += [f"there is no call {call}" for call in nowhere]
        names = [name for name in self.plain.permissions if name in self.public]
        for lists in self.lists.values():
            lists.check_all(self.is_absent)
        for arch_name, arch in arches.items():
            basic = self.faults_of(cases.BASIC, arch)
            found += [f"{arch_name}: {cases.BASIC}: {wrong}" for wrong in sorted(basic)]
            for name in names:
                wrongs = self.faults_of(name, arch) - basic
                found += [f"{arch_name}: {name}: {wrong}" for wrong in sorted(wrongs)]
        for name in names:
            wrong = self.judge_rights([name])
            found += [f"{name}: {wrong}"] if wrong else []
            for call in self.plain.all_calls():
                wrong = self.judge_promise(name, call)
                found += [f"{name}: {wrong}"] if wrong else []
        found += self.faults_of_rules()
        found += self.faults_together(names)
        found += self.faults_of_widths()
        return found

    def faults_of(self, name, arch):
        """Return what goes wrong with the calls that the lists know, and with all others."""
        calls = [call for call in self.plain.all_calls() if self.number(call, arch) >= 0]
        found = set()
        for setting in (*SETTINGS, *OLD):
            tried = [
                self.tried([name], call, setting, arch)
                for call in calls
                if setting in self.settings([name], call)
            ]
            found.update(self.judge_many([name], setting, arch, tried))
        elsewhere = list(self.elsewhere(name, arch))
        return found.union(self.judge_many([name], SETTINGS[0], arch, elsewhere))

    def elsewhere(self, name, arch):
        """Yield all numbers that the lists do not allow, and their decisions.

        Those without a name and those of other architectures are among them.
        """
        lists = self.plain
        allowed = {self.number(call, arch) for call in lists.calls([name])}
        absent = {
            self.number(call, arch) for call in lists.everywhere.older if self.is_absent(call, arch)
        }
        numbers = [*range(600), 1000, 2**20, 2**30 - 1, *range(-5, 0), -(2**31), -(2**30)]
        numbers += [2**30, 2**30 + 1, 2**30 + 512, 2**30 + 547, 2**31 - 1]
        tried = [(0,) * 6, (1,) * 6, (cases.FULL,) * 6]
        for number in numbers:
            known = 0 <= number <= lists.everywhere.baseline and number not in absent
            decision = cases.EPERM if known else cases.ENOSYS
            if arch == ARCHES["x86_64"] and number in X32:
                decision = cases.KILL
            if number not in allowed:
                yield calls_of(number, arch, tried), [decision] * len(tried)
        for other in {FOREIGN, *ARCHES.values()} - {arch}:
            for number in (0, 1, 60, 231, 2**30):
                yield calls_of(number, other, tried), [cases.KILL] * len(tried)

    def faults_together(self, names):
        found = []
        for title, section in self.plain.together.items():
            together = title.split(" + ")
            status, error = self.check(together)
            message = error.message.decode()
            if section.contradictions:
                named = any(
                    f" limits {word}," in message or error.right & RIGHTS.get(word, 0)
                    for word in section.contradictions
                )
                if status != ERR_CONTRADICTION or not named:
                    found.append(f"{title}: no contradiction, or of another call: {message}")
            elif status:
                found.append(f"{title}: {message}")
            wrong = self.judge_rights(together)
            found += [f"{title}: {wrong}"] if wrong else []
            for call in cases.unique(line.call for line in section.lines):
                wrong = self.judge(together, call)
                found += [f"{title}: {wrong}"] if wrong else []
        return found + self.faults_of_pairs(names)

    def faults_of_pairs(self, names):
        """Two permissions contradict each other where one promises what the other lifts: calls or
        rights."""
        found = []
        for one in names:
            for other in names:
                wrong = self.fault_of_pair(one, other)
                found += [f"{one} + {other}: {wrong}"] if wrong else []
        return found

    def fault_of_pair(self, one, other):
        calls = self.plain.lifted(one, other) + self.plain.lifted(other, one)
        rights = self.plain.lifted_rights([one, other])
        status, error = self.check([one, other])
        if (status == ERR_CONTRADICTION) != bool(calls or rights):
            return f"status {status}, lifted {calls} and {names_of(rights)}"
        if not status or calls:
            return None
        # The lowest of those that one of the two promises and the other one grants.
        limit, lifting = (
            (one, other) if error.right & self.plain.rights(one).given else (other, one)
        )
        lowest = rights & -rights
        origins = error.limited_by.permission, error.allowed_by[0].permission
        if (error.right, error.call, error.allowed_by_count) != (lowest, -1, 1):
            return f"the error is about {names_of(error.right)}, not {names_of(lowest)}"
        if origins != (self.public[limit], self.public[lifting]):
            return f"the error names {origins}, not {limit} and {lifting}"
        return None

    # -- Rules of es_policy_allow()

    def faults_of_rules(self):
        calls = [call for call in self.plain.widths.numbers if self.home(call) is not None]
        wrongs = [self.judge_rule(call) for call in calls]
        unknown = set(self.plain.rules) - set(calls)
        return [wrong for wrong in wrongs if wrong] + [f"there is no {call}" for call in unknown]

    # -- The widths

    def judge_widths(self, call):
        known = self.plain.widths.of
        wanted = {known[call, arch]: arch for arch in reversed(ARCHES) if (call, arch) in known}
        for letters, arch_name in wanted.items():  # one architecture of each order of arguments
            arch = ARCHES[arch_name]
            number = self.number(call, arch)
            for i in range(cases.ARGUMENTS):
                seen = WIDTHS[self.lib.width_in_effect(ctypes.c_uint32(arch), number, i)]
                if seen != letters[i]:
                    return f"argument {i} of {call} is compared as {seen}, not {letters[i]}"
        return None

    def judge_number(self, call):
        wanted = self.plain.widths.numbers[call]
        for arch_name, arch in ARCHES.items():
            got = self.number(call, arch)
            if got != wanted[arch_name] if arch_name in wanted else got >= 0:
                return f"{call} is {got} on {arch_name}, not {wanted.get(arch_name, 'missing')}"
        return None

    def faults_of_widths(self):
        calls = self.plain.widths.numbers
        found = [judge(call) for call in calls for judge in (self.judge_widths, self.judge_number)]
        return [f"widths: {wrong}" for wrong in found if wrong]


def calls_of(number, arch, tried):
    """Lay calls out as es_call."""
    first = number & 0xFFFFFFFF | arch << 32
    calls = array("Q")
    for args in tried:
        calls.extend((first, 0, *args))
    return calls


def address(values):
    return ctypes.c_void_p(values.buffer_info()[0])
