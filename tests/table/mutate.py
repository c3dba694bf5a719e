"""The mutants of a table: what is changed, and who has to notice."""

import ctypes
import operator
import re

from . import cases, library, table
from .library import Comparison
from .rights import ON_FILES, ON_PORTS, RIGHTS, names_of


def changed(test, **fields):
    made = Comparison.from_buffer_copy(test)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def constant(test):
    """The test with what it stands for in the first setting: a descriptor, a process."""
    fd, pid, _ = table.SETTINGS[0]
    datum = fd if test.source == library.GIVEN else pid
    return changed(test, source=library.CONSTANT, datum=datum)


# Each of these yields (what was done, the comparisons instead of this one, a comparison that tells
# the values that they allow in addition if one can, else None).


def changes_of(test, bits):
    if test.source != library.CONSTANT:
        yield "a constant", [constant(test)], None
        test = constant(test)
    changes = {
        library.EQUAL: changes_of_equal,
        library.NOT_EQUAL: changes_of_datum,
        library.MASKED_EQUAL: changes_of_mask,
        library.MASKED_NOT_EQUAL: changes_of_mask,
    }
    yield from changes.get(test.op, changes_of_order)(test, bits)


def changes_of_order(test, bits):
    if test.datum < 2**bits - 1:
        yield "one more", [changed(test, datum=test.datum + 1)], None
    if test.datum > 0:
        yield "one less", [changed(test, datum=test.datum - 1)], None


def changes_of_datum(test, bits):
    for bit in (1 << n for n in range(bits)):
        yield f"bit {bit:#x} flipped", [changed(test, datum=test.datum ^ bit)], None


def changes_of_equal(test, bits):
    full, datum = 2**bits - 1, test.datum
    if datum < full:
        yield "one more", from_to(test, datum, datum + 1), changed(test, datum=datum + 1)
    if datum > 0:
        yield "one less", from_to(test, datum - 1, datum), changed(test, datum=datum - 1)
    for bit in (1 << n for n in range(bits)):
        masked = changed(test, op=library.MASKED_EQUAL, mask=full & ~bit, datum=datum & ~bit)
        yield f"bit {bit:#x} ignored", [masked], changed(test, datum=datum ^ bit)
    yield from changes_of_datum(test, bits)


def from_to(test, low, high):
    return [
        changed(test, op=library.GREATER_EQUAL, datum=low),
        changed(test, op=library.LESS_OR_EQUAL, datum=high),
    ]


def changes_of_mask(test, bits):
    mask, datum = test.mask, test.datum
    for bit in (1 << n for n in range(bits)):
        if bit & mask:
            made = {"ignored": (mask & ~bit, datum & ~bit), "flipped": (mask, datum ^ bit)}
        else:
            made = {"wanted clear": (mask | bit, datum), "wanted set": (mask | bit, datum | bit)}
        for what, (new_mask, wanted) in made.items():
            instead = changed(test, mask=new_mask, datum=wanted)
            added = changed(test, datum=datum ^ bit) if what == "ignored" else None
            yield f"bit {bit:#x} {what}", [instead], added


# ---- Mutants -------------------------------------------------------------------------------------


class Mutant:
    """One change of the tables in memory."""

    def __init__(self, origin, what):
        self.origin = origin
        self.what = what

    def __str__(self):
        return f"{self.origin}: {self.what}"


class RowMutant(Mutant):
    """A row of rulesets.def: dropped (comparisons is None), or of other kind or comparisons."""

    near = None  # where to look first: see Table.judge()

    def __init__(self, row, what, kind, comparisons):
        super().__init__(row, what)
        self.permission = row.permission
        self.kind = kind
        self.comparisons = comparisons

    def apply(self, lib):
        row = self.origin
        if self.comparisons is None:
            lib.row_drop(row.index)
        elif not self.comparisons:
            lib.row_set(row.index, self.kind, None)
        else:
            end = Comparison(argument=library.END_OF_COMPARISONS)
            self.memory = (Comparison * (len(self.comparisons) + 1))(*self.comparisons, end)
            lib.row_set(row.index, self.kind, self.memory)

    def undo(self, lib):
        info = self.origin.info
        lib.row_restore(self.origin.index, ctypes.byref(info), info.comparisons)

    def judge(self, judge):
        """Return what goes wrong with the row's permission, or None: the mutant survives."""
        row = self.origin
        if row.kind in (library.ABSENT, library.ANSWER):
            return judge.judge([cases.BASIC], row.call)
        for name in judge.reaching(row.permission):
            calls = judge.plain.calls([name]) if row.kind == library.INCLUDE else [row.call]
            calls = [] if row.kind in library.KINDS_OF_RIGHTS else calls
            wrong = judge.judge_permission(name, calls, self.near)
            if wrong:
                return wrong
        return None


class ComparisonMutant(RowMutant):
    """One comparison of a row: dropped, or with others in its place."""

    def __init__(self, row, what, place, instead):
        Mutant.__init__(self, row, what)
        self.permission = row.permission
        self.kind = row.kind
        self.place = place
        self.instead = instead

    @property
    def comparisons(self):
        of_row = self.origin.comparisons
        return [*of_row[: self.place], *self.instead, *of_row[self.place + 1 :]]

    @property
    def near(self):
        if not self.origin.is_long:
            return None
        test = self.origin.comparisons[self.place]
        made = [test, *self.instead]
        values = [one.datum for one in made] + [one.datum | ~one.mask for one in made]
        return test.argument, cases.unique(value & 0xFFFFFFFF for value in values)


class RightsMutant(RowMutant):
    """A row of rights with others, or of another kind."""

    def __init__(self, row, what, kind, rights):
        super().__init__(row, what, kind, None)
        self.rights = rights

    def apply(self, lib):
        lib.row_set_rights(self.origin.index, self.kind, self.rights)


class WhenMutant(RowMutant):
    """A row that counts in other cases."""

    def __init__(self, row, what, when):
        super().__init__(row, what, row.kind, row.comparisons)
        self.when = when

    def apply(self, lib):
        lib.row_set_when(self.origin.index, self.when)


class UseMutant(Mutant):
    """A line of calls_on_paths.def with other rights; none: it is dropped."""

    permission = "calls on paths"

    def __init__(self, use, what, rights):
        super().__init__(use, what)
        self.rights = rights

    def apply(self, lib):
        lib.use_set(self.origin.index, self.rights)

    def undo(self, lib):
        lib.use_set(self.origin.index, self.origin.rights)

    def judge(self, judge):
        return judge.judge_rule(self.origin.call)


class Use:
    """A line of calls_on_paths.def as it stands."""

    def __init__(self, lib, index):
        self.index = index
        self.call = lib.use_call(index).decode()
        self.rights = lib.use_rights(index)

    def __str__(self):
        return f"a rule about {self.call} has {names_of(self.rights)}"


class ListedMutant(Mutant):
    """A line of syscalls.def: dropped, or with another number or another width."""

    permission = "widths"

    def __init__(self, listed, what, name, number, arguments):
        super().__init__(f"widths: {listed.name}", what)
        self.listed = listed
        self.changed = name, number, arguments

    def apply(self, lib):
        name, number, arguments = self.changed
        self.memory = [ctypes.create_string_buffer(text.encode()) for text in (name, arguments)]
        lib.listed_set(self.listed.index, self.memory[0], number, self.memory[1])

    def undo(self, lib):
        listed = self.listed
        lib.listed_set(listed.index, listed.pointers[0], listed.number, listed.pointers[1])

    def judge(self, judge):
        """Return what goes wrong with rules about the call, or None."""
        return judge.judge_number(self.listed.name) or judge.judge_widths(self.listed.name)


class Listed:
    """A line of syscalls.def as it stands."""

    def __init__(self, lib, index):
        self.index = index
        # What is put back later are the library's own strings.
        functions = lib.es_listed_name, lib.listed_arguments
        self.pointers = [ctypes.c_void_p(function(index)) for function in functions]
        self.name, self.arguments = (ctypes.string_at(at).decode() for at in self.pointers)
        self.number = lib.listed_own_number(index)


HOLDS = {
    library.LESS: operator.lt,
    library.LESS_OR_EQUAL: operator.le,
    library.EQUAL: operator.eq,
    library.NOT_EQUAL: operator.ne,
    library.GREATER_EQUAL: operator.ge,
    library.GREATER: operator.gt,
}


def holds(test, added):
    """Tell whether a comparison holds for all values of another, an equality or a masked one."""
    if test.source != library.CONSTANT:
        return False
    masked = added.op == library.MASKED_EQUAL
    seen = test.mask & added.mask if masked else test.mask
    if test.op == library.MASKED_EQUAL:
        return seen == test.mask and added.datum & seen == test.datum
    if test.op == library.MASKED_NOT_EQUAL:
        return added.datum & seen != test.datum & seen
    return not masked and HOLDS[test.op](added.datum, test.datum)


def is_allowed_anyway(others, added, rest):
    """Tell whether a row of others allows all calls with the added values where the rest holds."""
    rest = set(map(table.describe, rest))
    return any(
        all(
            table.describe(test) in rest or (test.argument == added.argument and holds(test, added))
            for test in other.comparisons
        )
        for other in others
    )


def is_refused_anyway(row, test, instead):
    """Tell whether a bit that != under a mask now ignores only brings in what the row refuses."""
    ignored = test.mask & ~instead.mask
    also = changed(test, datum=test.datum ^ ignored)
    return test.op == library.MASKED_NOT_EQUAL and bytes(also) in map(bytes, row.comparisons)


def row_mutants(judge):
    for row in judge.rows:
        yield RowMutant(row, "dropped", library.RULE, None)
        if row.kind in library.KINDS_OF_RIGHTS:
            yield from rights_mutants(judge, row)
        if row.call:
            yield from when_mutants(judge, row)
        if not row.comparisons:
            continue
        if row.kind != library.ANSWER:
            other = library.PROMISE if row.kind == library.RULE else library.RULE
            what = "a promise" if other == library.PROMISE else "no promise"
            yield RowMutant(row, what, other, row.comparisons)
        if len(row.comparisons) > 1:
            yield RowMutant(row, "no condition", row.kind, [])
        yield from condition_mutants(judge, row)


def flipped(rights, names):
    """Yield a right more or less, one at a time, but for none at all."""
    for name in names:
        changed_rights = rights ^ RIGHTS[name]
        if changed_rights:
            yield f"{name} {'less' if rights & RIGHTS[name] else 'more'}", changed_rights


def is_granted_anyway(judge, row, added):
    """Tell whether all permissions that have the row have the added right, too."""
    each = [judge.plain.rights(name) for name in judge.reaching(row.permission)]
    promised = row.kind == library.PROMISED_RIGHTS
    return all(
        added & (rights.promised if promised and rights.given else rights.given | rights.everywhere)
        for rights in each
        if rights.given or rights.everywhere
    )


def rights_mutants(judge, row):
    rights = row.info.rights
    for what, changed_rights in flipped(rights, [*ON_FILES, *ON_PORTS]):
        if not is_granted_anyway(judge, row, changed_rights & ~rights):
            yield RightsMutant(row, what, row.kind, changed_rights)
    # What never has a path or a port can promise as it likes.
    told = any(judge.plain.rights(name).given for name in judge.reaching(row.permission))
    for kind, what in library.KINDS_OF_RIGHTS.items():
        if kind != row.kind and (told or kind != library.PROMISED_RIGHTS):
            yield RightsMutant(row, f"{what}rights", kind, rights)


def when_mutants(judge, row):
    """Of rows that count in some cases, and those beside the rows that depend on a port."""
    ports = any(name.endswith(cases.WITH_PORT) for name in judge.reaching(row.permission))
    if not row.info.when and not ports:
        return
    for when in range(len(library.WHEN) + 1):
        if when != row.info.when and (row.info.when or when == library.NO_PORT):
            yield WhenMutant(row, f"when {library.WHEN.get(when, 'ever')}", when)


def condition_mutants(judge, row):
    # What another row of the permission allows is no change, nor is what is always allowed.
    beside = (*judge.included(row.permission), cases.BASIC)
    others = [
        other
        for other in judge.rows
        if other is not row and other.call == row.call and other.permission in beside
    ]
    for i, test in enumerate(row.comparisons):
        before, after = row.comparisons[:i], row.comparisons[i + 1 :]
        where = table.describe(test)
        yield ComparisonMutant(row, f"{where} dropped", i, [])
        for what, instead, added in changes_of(test, judge.bits(row.call, test.argument)):
            if what.endswith("ignored") and is_refused_anyway(row, test, instead[0]):
                continue
            if added is None or not is_allowed_anyway(others, added, before + after):
                yield ComparisonMutant(row, f"{where}: {what}", i, instead)


def listed_mutants(judge):
    for listed in (Listed(judge.lib, i) for i in range(judge.lib.listed_count())):
        name, number, arguments = listed.name, listed.number, listed.arguments
        yield ListedMutant(listed, "dropped", "", -1, "")
        if number >= 0:
            for other in (number - 1, number + 1):
                yield ListedMutant(listed, f"number {other}", name, other, arguments)
        for place in re.finditer(r"\w+:(.)", arguments):
            for other in "248p?-":
                if other != place[1]:
                    made = arguments[: place.start(1)] + other + arguments[place.end(1) :]
                    what = f"{place[0]} to {other} in {arguments}"
                    yield ListedMutant(listed, what, name, number, made)


def use_mutants(judge):
    for use in (Use(judge.lib, i) for i in range(judge.lib.use_count())):
        yield UseMutant(use, "dropped", 0)
        for what, rights in flipped(use.rights, RIGHTS):
            yield UseMutant(use, what, rights)


def all_mutants(judge):
    return [*row_mutants(judge), *use_mutants(judge), *listed_mutants(judge)]


def noticed(judge, mutant):
    """Apply a mutant and undo it; return what goes wrong with it, or None: it survives."""
    mutant.apply(judge.lib)
    judge.numbers.clear()
    try:
        return mutant.judge(judge)
    finally:
        mutant.undo(judge.lib)
        judge.numbers.clear()
