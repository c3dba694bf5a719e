"""The directive ``rulesets``: prints the table of the C core as it is compiled into the package.

Rows, conditions and reasons are asked of the library.  The names of arguments and constants, which
the library does not carry, are read from the C sources.
"""

import errno
import pathlib
import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from tables import list_table

from pyextrasafe._native import ffi, lib

CSRC = pathlib.Path(__file__).parents[2] / "csrc"

OPERATORS = {
    lib.ES_LESS: "<",
    lib.ES_LESS_OR_EQUAL: "<=",
    lib.ES_EQUAL: "==",
    lib.ES_NOT_EQUAL: "!=",
    lib.ES_GREATER_EQUAL: ">=",
    lib.ES_GREATER: ">",
}

# How the constants begin that an argument is made of: by call and argument, or by argument.
PREFIXES = {
    "advice": "MADV_",
    "clock": "CLOCK_",
    "cmd": "F_",
    "family": "AF_",
    "level": "SOL_",
    "mode": "S_",
    "op": "SECCOMP_SET_",
    "futex op": "FUTEX_",
    "option": "PR_",
    "protocol": "IPPROTO_",
    "request": "TIOC FIO SIOC FICLONE FIDEDUPE FS_IOC_",
    "sig": "SIG",
    "type": "SOCK_",
    "arch_prctl option": "ARCH_",
    "clock_nanosleep flags": "TIMER_",
    "clone flags": "CLONE_",
    "close_range flags": "CLOSE_RANGE_",
    "membarrier cmd": "MEMBARRIER_",
    "mmap flags": "MAP_",
    "mremap flags": "MREMAP_",
    "open flags": "O_",
    "openat flags": "O_",
    "seccomp flags": "SECCOMP_FILTER_",
    "sendmmsg flags": "MSG_",
    "sendmsg flags": "MSG_",
    "sendto flags": "MSG_",
}

# The names of socket options depend on their level.
OPTION_PREFIXES = {"SOL_SOCKET": "SO_", "SOL_TCP": "TCP_", "SOL_IP": "IP_", "SOL_IPV6": "IPV6_"}


def text(pointer):
    return ffi.string(pointer).decode()


def argument_names():
    """Return the names of the arguments of each call that syscalls.def knows."""
    rows = re.findall(
        r'^SYSCALL\((\w+), \w+, "(.*)"\)', (CSRC / "table/syscalls.def").read_text(), re.M
    )
    return {call: re.findall(r"(\w+):", arguments) for call, arguments in rows}


def constants():
    """Return the numbers of kernel_abi.h by their names, without ES_."""
    pattern = r"ES_(\w+)(?: = | )(0x[0-9a-f]+|[0-9]+)"
    found = re.findall(pattern, (CSRC / "base/kernel_abi.h").read_text())
    return {name: int(re.sub("^0(?=[0-7])", "0o", number), 0) for name, number in found}


ARGUMENTS = argument_names()
CONSTANTS = constants()


class Condition:
    """The comparisons of one row, as C would write them."""

    def __init__(self, row):
        self.call = text(row.syscall)
        self.comparisons = row.comparisons[0 : row.comparison_count]
        self.level = None

    def __str__(self):
        return " and ".join(self.comparison(one) for one in self.comparisons)

    def comparison(self, test):
        names = ARGUMENTS.get(self.call, [])
        number = test.argument
        argument = names[number] if number < len(names) else f"argument {number}"
        if test.source == lib.ES_DATUM_GIVEN:
            return f"{argument} == the given descriptor"
        if test.source == lib.ES_DATUM_OWN_PID:
            return f"{argument} == the own process"
        datum = self.value(argument, test.datum)
        if argument == "level":
            self.level = datum
        if test.op == lib.ES_MASKED_EQUAL:
            return f"({argument} & {self.mask(argument, test.mask)}) == {datum}"
        return f"{argument} {OPERATORS[test.op]} {datum}"

    def constants(self, argument):
        """Return the constants that this argument is made of: name and number, largest first."""
        prefixes = PREFIXES.get(f"{self.call} {argument}", PREFIXES.get(argument, "none"))
        if argument == "optname":
            prefixes = OPTION_PREFIXES[self.level]
        return sorted(
            (
                (name, n)
                for name, n in CONSTANTS.items()
                if name.startswith(tuple(prefixes.split()))
            ),
            key=lambda item: -item[1],
        )

    def value(self, argument, number):
        for name, constant in self.constants(argument):
            if constant == number:
                return name
        return str(number)

    def mask(self, argument, number):
        if number & 0x80000000 and number != 0xFFFFFFFF:
            return "~" + self.mask(argument, ~number & 0xFFFFFFFF)
        names = []
        for name, constant in self.constants(argument):
            if constant and number & constant == constant:
                names.append(name)
                number &= ~constant
        names += [hex(number)] if number else []
        return names[0] if len(names) == 1 else f"({' | '.join(names)})"


def get(function, index):
    info = ffi.new(ffi.typeof(function).args[1])
    if function(index, info, ffi.sizeof(info[0])):
        raise IndexError(index)
    return info


class Permission:
    """A permission of the table with its rows."""

    def __init__(self, index, ruleset):
        info = get(lib.es_permission_get, index)
        self.ruleset = ruleset
        self.set_index = info.ruleset
        self.name = text(info.name)
        self.public = bool(info.is_public)
        self.summary = text(info.summary)
        self.rows = []

    @property
    def label(self):
        return f"rows-{self.ruleset}-{self.name or 'itself'}".lower().replace("_", "-")

    @property
    def title(self):
        return f"{self.ruleset}.{self.name}" if self.name else self.ruleset

    @property
    def documented_at(self):
        role = "meth" if self.name else "class"
        return f"See :py:{role}:`pyextrasafe.{self.title}`." if self.public else "Not a method."


def permissions():
    """Return all permissions of the table, in its order."""
    sets = [text(get(lib.es_ruleset_get, i).name) for i in range(lib.es_ruleset_count())]
    found = []
    for index in range(lib.es_permission_count()):
        ruleset = sets[get(lib.es_permission_get, index).ruleset]
        found.append(Permission(index, ruleset))
    for index in range(lib.es_row_count()):
        row = get(lib.es_row_get, index)
        if row.kind not in (lib.ES_ROW_ENOSYS, lib.ES_ROW_ERRNO):
            found[row.permission].rows.append(row)
    return found


def rows_of_kind(kind):
    rows = (get(lib.es_row_get, index) for index in range(lib.es_row_count()))
    return [row for row in rows if row.kind == kind]


def permission_lines(permission, everything):
    """Return the description of a permission as lines of reStructuredText."""
    summary = permission.summary.replace("_", r"\_")
    yield from (f".. _{permission.label}:", "", f"{summary} {permission.documented_at}", "")
    includes = [row for row in permission.rows if row.kind == lib.ES_ROW_INCLUDE]
    for row in includes:
        other = everything[row.included]
        yield f"* contains :ref:`{other.title} <{other.label}>`: {text(row.reason)}"
    rows = [
        (
            f":manpage:`{text(row.syscall)}(2)`",
            f"``{Condition(row)}``" if row.comparison_count else "",
            "yes" if row.kind == lib.ES_ROW_PROMISE else "",
            text(row.reason).replace("*", r"\*").replace("_", r"\_"),
        )
        for row in permission.rows
        if row.kind != lib.ES_ROW_INCLUDE
    ]
    if rows:
        yield from list_table(("call", "allowed where", "promise", "why"), rows)


class RuleSets(SphinxDirective):
    """Prints a section for each rule set, and in it one for every permission with its rows."""

    def run(self):
        for path in CSRC.glob("table/*.def"):
            self.env.note_dependency(str(path))
        everything = permissions()
        sections = []
        for index in range(lib.es_ruleset_count()):
            info = get(lib.es_ruleset_get, index)
            section = self.section(text(info.name), [text(info.summary)])
            for permission in everything:
                if permission.set_index == index:
                    lines = list(permission_lines(permission, everything))
                    section += self.section(f"{permission.title} rows", lines, permission.title)
            sections.append(section)
        rows = [
            (f":manpage:`{text(row.syscall)}(2)`", "", "ENOSYS", text(row.reason))
            for row in rows_of_kind(lib.ES_ROW_ENOSYS)
        ]
        rows += [
            (
                f":manpage:`{text(row.syscall)}(2)`",
                f"``{Condition(row)}``",
                errno.errorcode[row.errnum],
                text(row.reason).replace("_", r"\_"),
            )
            for row in rows_of_kind(lib.ES_ROW_ERRNO)
        ]
        intro = "Where nothing allows these, they fail with another errno than EPERM."
        lines = [intro, "", *list_table(("call", "where", "errno", "why"), rows)]
        return [*sections, self.section("Denied with another errno", lines)]

    def section(self, name, lines, title=None):
        section = nodes.section(ids=[nodes.make_id(name)], names=[name.lower()])
        section += nodes.title("", title or name)
        source = StringList(lines, source="rulesets.def")
        self.state.nested_parse(source, self.content_offset, section)
        return section


def setup(app):
    app.add_directive("rulesets", RuleSets)
    return {"version": "1", "parallel_read_safe": True}
