"""The directive ``rulesets``: prints the table of the C core as it is compiled into the package."""

import pathlib

from sphinx.util.docutils import SphinxDirective
from tables import list_table, section

from pyextrasafe._native import ffi, lib

CSRC = pathlib.Path(__file__).parents[2] / "csrc"

# A condition of more comparisons is a list with a page of its own.
MOST_COMPARISONS = 100

ARCHITECTURES = lib.ES_ARCH_X86_64, lib.ES_ARCH_AARCH64, lib.ES_ARCH_RISCV64

RIGHTS = lib.ES_ROW_RIGHTS, lib.ES_ROW_PROMISED_RIGHTS, lib.ES_ROW_YIELDING_RIGHTS
NO_CALLS = (lib.ES_ROW_INCLUDE, *RIGHTS)

#: What a permission is told, and where its rights hold then.
TAKES = {
    lib.ES_TAKES_NOTHING: ("", "everywhere"),
    lib.ES_TAKES_DESCRIPTOR: ("a descriptor", "everywhere"),
    lib.ES_TAKES_PATH: ("paths", "beneath the paths"),
    lib.ES_TAKES_PORT: ("ports, or nothing: all of them", "on the ports; everywhere without one"),
    lib.ES_TAKES_FILES: ("paths that it looks up itself", "beneath the paths"),
}


def cases():
    """Return the words of rows that count in some cases only."""
    truncation = landlock_of(lib.ES_RIGHT_TRUNCATE)
    return {
        lib.ES_WHEN_ALWAYS: "",
        lib.ES_WHEN_NO_PORT: "no port is named",
        lib.ES_WHEN_TRUNCATE: f"Landlock can limit truncation ({truncation})",
        lib.ES_WHEN_AARCH64: "on aarch64",
        lib.ES_WHEN_NOT_AARCH64: "on all architectures but aarch64",
    }


def landlock_of(right):
    """Return the first Linux whose Landlock has a right, as "Linux 5.13"."""
    abi = next(abi for abi in range(lib.ES_LANDLOCK_ABI + 1) if lib.es_rights_of_abi(abi) & right)
    return f"Linux {text(lib.es_linux_of_abi(abi))}"


def text(pointer):
    return ffi.string(pointer).decode()


def condition(row):
    """Return where a row counts, and what it demands of the arguments."""
    parts = [comparisons(row) if row.comparison_count else "", cases()[row.when]]
    return "; ".join(filter(None, parts))


def comparisons(row):
    """Return what a row demands of the arguments, on the first architecture that has the call."""
    if row.comparison_count > MOST_COMPARISONS:
        return ":doc:`the request is not refused <requests>`"
    numbers = {arch: lib.es_syscall_number(arch, row.syscall) for arch in ARCHITECTURES}
    arch = next(arch for arch in ARCHITECTURES if numbers[arch] >= 0)
    call = arch, numbers[arch], row.comparisons, row.comparison_count
    size = lib.es_word_condition(*call, ffi.NULL, 0) + 1
    written = ffi.new("char[]", size)
    lib.es_word_condition(*call, written, size)
    return f"``{text(written)}``"


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
        self.takes, self.where = TAKES[info.takes]
        if not self.public:
            self.where = "where the permission says that contains this"
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
    if permission.takes:
        yield from (f"It takes {permission.takes}.", "")
    includes = [row for row in permission.rows if row.kind == lib.ES_ROW_INCLUDE]
    for row in includes:
        other = everything[row.included]
        yield f"* contains :ref:`{other.title} <{other.label}>`: {text(row.reason)}"
    rows = [
        (
            f":manpage:`{text(row.syscall)}(2)`",
            condition(row),
            "yes" if row.kind == lib.ES_ROW_PROMISE else "",
            reason(row),
        )
        for row in permission.rows
        if row.kind not in NO_CALLS
    ]
    if rows:
        yield from list_table(("call", "allowed where", "promise", "why"), rows)
    rights = [right_cells(permission, row) for row in permission.rows if row.kind in RIGHTS]
    if rights:
        yield from list_table(("right", "granted", "promise", "why"), rights)


def reason(row):
    return text(row.reason).replace("*", r"\*").replace("_", r"\_")


def right_cells(permission, row):
    """Return a row of rights in words: a right is a bit."""
    bits = [1 << bit for bit in range(32) if row.rights >> bit & 1]
    where = permission.where
    if row.kind == lib.ES_ROW_YIELDING_RIGHTS:
        where += ", unless paths are named for it"
    promised = "yes" if row.kind == lib.ES_ROW_PROMISED_RIGHTS else ""
    return ", ".join(text(lib.es_right_words(bit)) for bit in bits), where, promised, reason(row)


class RuleSets(SphinxDirective):
    """Prints a section for each rule set, and in it one for every permission with its rows."""

    def run(self):
        for path in CSRC.glob("table/*.def"):
            self.env.note_dependency(str(path))
        everything = permissions()
        sections = []
        for index in range(lib.es_ruleset_count()):
            info = get(lib.es_ruleset_get, index)
            whole = self.section(text(info.name), [text(info.summary)])
            for permission in everything:
                if permission.set_index == index:
                    lines = list(permission_lines(permission, everything))
                    whole += self.section(permission.title, lines, f"{permission.title} rows")
            sections.append(whole)
        rows = [
            (f":manpage:`{text(row.syscall)}(2)`", "", "ENOSYS", text(row.reason))
            for row in rows_of_kind(lib.ES_ROW_ENOSYS)
        ]
        rows += [
            (
                f":manpage:`{text(row.syscall)}(2)`",
                condition(row),
                text(lib.es_errno_name(row.errnum)),
                text(row.reason).replace("_", r"\_"),
            )
            for row in rows_of_kind(lib.ES_ROW_ERRNO)
        ]
        intro = "If nothing allows these calls, they fail with an errno other than EPERM."
        lines = [intro, "", *list_table(("call", "where", "errno", "why"), rows)]
        return [*sections, self.section("Denied with another errno", lines)]

    def section(self, title, lines, name=None):
        return section(self, title, lines, "rulesets.def", name)


def setup(app):
    app.add_directive("rulesets", RuleSets)
    return {"version": "1", "parallel_read_safe": True}
