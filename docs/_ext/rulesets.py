"""The directive ``rulesets``: prints the table of the C core as it is compiled into the package."""

import pathlib

from sphinx.util.docutils import SphinxDirective
from tables import list_table, section

from pyextrasafe._native import ffi, lib

CSRC = pathlib.Path(__file__).parents[2] / "csrc"

# A condition of more comparisons is a list with a page of its own.
MOST_COMPARISONS = 100

ARCHITECTURES = lib.ES_ARCH_X86_64, lib.ES_ARCH_AARCH64, lib.ES_ARCH_RISCV64


def text(pointer):
    return ffi.string(pointer).decode()


def condition(row):
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
            condition(row) if row.comparison_count else "",
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
        intro = "Where nothing allows these, they fail with another errno than EPERM."
        lines = [intro, "", *list_table(("call", "where", "errno", "why"), rows)]
        return [*sections, self.section("Denied with another errno", lines)]

    def section(self, title, lines, name=None):
        return section(self, title, lines, "rulesets.def", name)


def setup(app):
    app.add_directive("rulesets", RuleSets)
    return {"version": "1", "parallel_read_safe": True}
