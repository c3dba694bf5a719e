"""The case lists of cases/: what each permission allows and refuses, as its meaning has it.

A list is named after its rule set. Its lines:

    LET NAME = VALUE                a name of its own
    [permission]                    what follows is about this permission; "itself" is what the
                                    rule set grants as soon as it is enabled
    [shared name]                   lines for several permissions, which name them after WITH
    WITH name ...                   everything that these sections allow too, and of shared ones
                                    all lines
    PROMISE call ... or RIGHT ...   the permission limits these calls: it is an error when
                                    something else allows one of them whatever its arguments; of
                                    rights, when something else grants one of them everywhere
    TAKES path or port or files     what the permission is told; files are paths or nothing, and a
                                    permission that takes a port or nothing has a section for each,
                                    the one with a port called "[permission with a port]"
    RIGHTS RIGHT ... on the path    the rights of landlock(7) that it grants: there, on the port, or
                                    everywhere
    YIELD  RIGHT ...                those that it does not grant where paths are named for them
    REFUSES RIGHT ...               what its calls could do and only rights refuse: landlock(7) is
                                    used even where the path is "/"
    WHERE case: line                the line holds in this case only: aarch64, not aarch64, ABI 3 or
                                    below ABI 3 (of landlock(7); ABI 3 is that or a later one)
    ALLOW  call(argument, ...)      let through
    EPERM  call(argument, ...)      refused, with this errno
    ENOSYS call(argument, ...)

The ALLOW lines of a permission, with those of BasicCapabilities, are all that it allows: everything
else is refused. The lines of refusals name what lies nearest, and must agree with that. An argument
is one of

    *                               any value, as are arguments that are not written down
    A or B or C..D or C..           these values and ranges
    not A or B                      every other value
    &MASK=WANTED                    the values whose bits in MASK are WANTED
    @requests                       the requests that requests.list names

where numbers are written as in C, with the names of the kernel's headers, FD for the descriptor
that the permission was given, and PID for the own process. A value stands for all that the kernel
reads as that value: declared.py says how much it reads.

A line that begins with a blank continues the one above; # begins a comment.

Each line is tried with its own values and with their neighbours: one more, one less, each bit
flipped, garbage above the width.

A permission for paths is judged with a path, and with "/", which is everywhere. So are those that
take files, and without a path as well: they then allow calls and grant no rights.

Three lists are of another kind: together.cases is about permissions that are enabled side by side,
everywhere.cases about all of them (its ANSWER lines have the errno that a call gets which nothing
allows), rules.cases about the rights that come with a rule of es_policy_allow() about a call.
"""

import itertools
import re
from pathlib import Path
from typing import NamedTuple

from . import declared
from .rights import LANDLOCK_ABI, ON_FILES, ON_PORTS, PAST, RIGHTS, ListError, Rights, rights_of

FOLDER = Path(__file__).parent / "cases"

NAME = re.compile(r"\b[A-Z_][A-Z0-9_]*\b")
ALLOW = 0x7FFF0000
EPERM = 0x00050000 | 1
ENOSYS = 0x00050000 | 38
ENOTTY = 0x00050000 | 25
KILL = 0x80000000
DECISIONS = {"ALLOW": ALLOW, "EPERM": EPERM, "ENOSYS": ENOSYS, "ENOTTY": ENOTTY}
NAMES_OF_DECISIONS = {value: name for name, value in {**DECISIONS, "KILL": KILL}.items()}

# What is added to the name of a permission that is told something.
AT_ROOT, WITH_PATH, WITH_PORT = " at /", " with a path", " with a port"

ARGUMENTS = 6
FULL = 2**64 - 1
BITS = {"2": 16, "4": 32, "8": 64, "p": 64, "?": 64, "-": 64}
BASIC = "BasicCapabilities.itself"


# ---- Values of an argument -----------------------------------------------------------------------


def unique(values):
    return list(dict.fromkeys(values))


DIRECTIONS = {"-": 0, "W": 1, "R": 2, "RW": 3}


def ends_of(text):
    first, _, last = text.partition("..")
    return int(first, 0), int(last or first, 0)


def read_requests():
    """Return the numbers of requests.list: ranges, and masks with what is wanted under them."""
    ranges, masks = [], []
    for line in (FOLDER / "requests.list").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, *words = line.split()
        if len(words) == 1:
            ranges.append(ends_of(words[0]))
            continue
        direction, kind, numbers, size = words
        first, last = ends_of(numbers)
        mask = 0xFFFF
        wanted = (ord(kind[1]) if kind.startswith("'") else int(kind, 0)) << 8
        if direction != "*":
            mask |= 3 << 30
            wanted |= DIRECTIONS[direction] << 30
        if size != "*":
            mask |= 0x3FFF << 16
            wanted |= int(size) << 16
        for number in range(first, last + 1):
            if mask == 0xFFFFFFFF:
                ranges.append((wanted | number, wanted | number))
            else:
                masks.append((mask, wanted | number))
    return ranges, masks


class Values:
    """A set of values of one argument, at the width that the kernel reads."""

    def __init__(self, text, width, number):
        self.width = width
        self.full = 2 ** BITS[width] - 1
        self.negated = text.startswith("not ")
        self.ranges = []
        self.masks = []
        self.any = text == "*"
        if not self.any:
            self.read(text, number)
        # Looked up by value, since a list of requests is long.
        self.single = {low for low, high in self.ranges if low == high}
        self.wide = [(low, high) for low, high in self.ranges if low != high]
        self.wanted = {}
        for mask, wanted in self.masks:
            self.wanted.setdefault(mask, set()).add(wanted)

    def read(self, text, number):
        for part in text[4 * self.negated :].split(" or "):
            if part == "@requests":
                ranges, masks = read_requests()
                self.ranges += ranges
                self.masks += masks
            elif part.startswith("&"):
                mask, _, wanted = part[1:].partition("=")
                self.masks.append((number(mask) & self.full, self.fit(number(wanted))))
            else:
                low, dots, high = part.partition("..")
                first = self.fit(number(low))
                last = self.fit(number(high)) if high else self.full if dots else first
                self.ranges.append((first, last))

    def fit(self, value):
        if not -(self.full + 1) // 2 <= value <= self.full:
            raise ListError(f"{value:#x} does not fit a width of {self.width}")
        return value & self.full

    def among(self, value):
        inside = (
            value in self.single
            or any(low <= value <= high for low, high in self.wide)
            or any(value & mask in wanted for mask, wanted in self.wanted.items())
        )
        return inside != self.negated

    def __contains__(self, value):
        if self.any:
            return True
        if self.width == "?":  # whichever the kernel reads, 32 bits or 64
            return self.among(value & 0xFFFFFFFF) and self.among(value)
        return self.among(value & self.full)

    def members(self):
        """Return some values of the set."""
        if self.any:
            return [0]
        if self.negated:
            return [next(value for value in itertools.count() if value in self)]
        found = [end for pair in self.ranges for end in pair]
        for mask, wanted in self.masks:
            found += [wanted, wanted | (self.full & ~mask)]
        return unique(found)

    def tried(self):
        """Return values inside and around the set, with garbage above the width."""
        if self.any:
            return [0, 1, 3, 2**31, 2**32 - 1, 2**32, FULL]
        bits = [1 << bit for bit in range(BITS[self.width])]
        found = [0, 1, self.full]
        for low, high in self.ranges:
            for end in (low, high):
                found += [end, end - 1, end + 1]
                found += [end ^ bit for bit in bits]
        for mask, wanted in self.masks:
            for base in (wanted, wanted | (self.full & ~mask)):
                found += [base ^ bit for bit in bits]
            inside = [bit for bit in bits if bit & mask]
            found += [wanted ^ one ^ other for one, other in itertools.combinations(inside, 2)]
        found = unique(value & self.full for value in found)
        if self.width in "24":
            found += [value | self.full + 1 for value in found]
            found += [value | (FULL & ~self.full) for value in self.members()]
        return found


class Case(NamedTuple):
    """Where a line may or may not hold: an architecture, and an ABI of landlock(7)."""

    arch: str = "x86_64"
    abi: int = LANDLOCK_ABI


NEWEST = Case()
CASE = re.compile(r"WHERE (not )?aarch64: |WHERE (below )?ABI (\d): ")


def holds_in(text):
    """Take "WHERE case: " off a line: what tells whether a Case is meant, or None, and the rest."""
    match = CASE.match(text)
    if not match:
        return None, text
    if match[3]:
        return (lambda case: (case.abi >= int(match[3])) != bool(match[2])), text[match.end() :]
    return (lambda case: (case.arch == "aarch64") != bool(match[1])), text[match.end() :]


class Line:
    """One line about a call: ALLOW, EPERM or ENOSYS."""

    holds = None  # in all cases

    def __init__(self, decision, call, arguments, varies, where):
        self.decision = decision
        self.varies = varies  # with the given descriptor or the own process
        self.call = call
        self.arguments = arguments
        self.where = where
        self.limits = [(i, values) for i, values in enumerate(arguments) if not values.any]

    def __contains__(self, args):
        return all(args[i] in values for i, values in self.limits)

    def members(self):
        padding = [[0]] * (ARGUMENTS - len(self.arguments))
        return list(itertools.product(*[values.members() for values in self.arguments], *padding))

    def tried(self):
        """Return calls inside and around the line, each but for one argument a member."""
        found = []
        for base in self.members():
            found.append(base)
            for i in range(ARGUMENTS):
                values = self.arguments[i].tried() if i < len(self.arguments) else [1, FULL]
                found += [(*base[:i], value, *base[i + 1 :]) for value in values]
        return found


# ---- Reading -------------------------------------------------------------------------------------


def lines_of(path):
    """Yield each line without its comment, and where it is."""
    joined, where = "", ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.partition("#")[0].rstrip()
        if text.startswith(" "):
            joined += " " + text.strip()
            continue
        if joined:
            yield joined, where
        joined, where = text, f"{path.name}:{number}"
    if joined:
        yield joined, where


def names_used():
    """Return every name that the lists take from the kernel's headers."""
    used = set()
    own = {"LET", "WITH", "PROMISE", "CONTRADICTION", "BASELINE", "ABSENT", "NEVER", "ANSWER"}
    own |= {"TAKES", "RIGHTS", "YIELD", "REFUSES", "WHERE", "ABI", *RIGHTS}
    own |= {*DECISIONS, "FD", "PID"}
    for path in FOLDER.glob("*.cases"):
        for text, _ in lines_of(path):
            used.update(NAME.findall(text))
            own.update(re.findall(r"^LET (\w+)", text))
    return sorted(used - own)


def split_arguments(text):
    """Split at the commas."""
    return [part.strip() for part in text.split(",")] if text else []


class Widths:
    """How much the kernel reads of each argument, and the numbers of the calls."""

    def __init__(self):
        self.of = declared.widths()
        self.numbers = declared.numbers()

    def __call__(self, call, argument):
        """Return the letter of an argument, where architectures differ that of x86_64."""
        for arch in declared.ARCHITECTURES:
            if (call, arch) in self.of:
                return self.of[call, arch][argument]
        raise ListError(f"there is no call {call}")


class Everywhere:
    """everywhere.cases: what holds in every policy."""

    def __init__(self):
        self.older, self.never, self.answers = {}, set(), []
        for text, where in lines_of(FOLDER / "everywhere.cases"):
            keyword, *words = text.split()
            if keyword == "BASELINE":
                self.baseline = int(words[0])
            elif keyword == "ABSENT":
                self.older.update(zip(words[::3], words[2::3]))
            elif keyword == "NEVER":
                self.never.update(words)
            elif keyword == "ANSWER":
                self.answers.append((words[0], " ".join(words[1:]), where))
            else:
                raise ListError(f"{where}: what is {keyword}?")


class Section:
    """The lines about one permission, or about permissions that are enabled together."""

    def __init__(self, where):
        self.where = where
        self.include = []
        self.promises = []
        self.contradictions = []
        self.lines = []
        self.takes = ""
        self.rights = []  # pairs of bits and where: "path", "port", "everywhere"
        self.promised = self.yielding = self.refused = 0

    def read(self, keyword, rest, where):
        """Read a line that is not about calls; return whether it is one."""
        words = rest.split()
        if keyword == "PROMISE":
            self.promises += [word for word in words if word not in RIGHTS]
            self.promised |= rights_of([word for word in words if word in RIGHTS], where)
        elif keyword == "CONTRADICTION":
            self.contradictions += words
        elif keyword == "TAKES" and rest in ("path", "port", "files"):
            self.takes = rest
        elif keyword == "RIGHTS":
            match = re.fullmatch(r"([A-Z_ ]+) (?:on the )?(path|port|everywhere)", rest)
            if not match:
                raise ListError(f"{where}: rights of what? {rest!r}")
            self.rights.append((rights_of(match[1].split(), where), match[2]))
        elif keyword == "YIELD":
            self.yielding |= rights_of(words, where)
        elif keyword == "REFUSES":
            self.refused |= rights_of(words, where)
        else:
            return False
        return True


class Lists:
    """All lists, for one given descriptor and one own process id."""

    def __init__(self, constants, fd, pid):
        self.given = dict(constants, FD=fd, PID=pid)
        self.widths = Widths()
        self.everywhere = Everywhere()
        self.constants = dict(self.given)
        self.answers = [self.line(*answer) for answer in self.everywhere.answers]
        self.sections = {}
        self.together = {}
        self.rules = {}
        for path in sorted(FOLDER.glob("*.cases")):
            if path.stem == "together":
                self.read(path, self.together, "")
            elif path.stem == "rules":
                self.read_rules(path)
            elif path.stem != "everywhere":
                self.read(path, self.sections, f"{path.stem}.")
        self.all_sections = [*self.sections.values(), *self.together.values()]
        for name, section in list(self.sections.items()):
            if section.takes in ("path", "files"):
                self.sections[name + AT_ROOT] = section
            if section.takes == "files":
                self.sections[name + WITH_PATH] = section
        self.permissions = [
            name for name in self.sections if not name.partition(".")[2].startswith("shared ")
        ]
        self.pools = {}
        self.of_calls = {}

    # -- Parsing

    def number(self, text):
        if not re.fullmatch(r"[\w|&~+\-() ]+", text):
            raise ListError(f"{text!r} is no number")
        return eval(re.sub(r"\b0(?=[0-7])", "0o", text), {}, self.constants)

    def line(self, decision, text, where):
        match = re.fullmatch(r"(\w+)\((.*)\)", text)
        if not match:
            raise ListError(f"{where}: {text!r} is no call")
        call, arguments = match[1], split_arguments(match[2])
        try:
            values = [
                Values(argument, self.widths(call, i), self.number)
                for i, argument in enumerate(arguments)
            ]
        except (ListError, NameError, SyntaxError) as error:
            raise ListError(f"{where}: {error}") from None
        varies = bool({"FD", "PID"} & set(NAME.findall(text)))
        return Line(DECISIONS[decision], call, values, varies, where)

    def read(self, path, sections, prefix):
        section = None
        self.constants = dict(self.given)
        for whole, where in lines_of(path):
            holds, text = holds_in(whole)
            keyword, _, rest = text.partition(" ")
            rest = rest.strip()
            if holds and keyword not in DECISIONS:
                raise ListError(f"{where}: only lines about calls depend on a case")
            if keyword.startswith("["):
                section = sections[prefix + text[1:-1]] = Section(where)
            elif keyword == "LET":
                name, _, value = rest.partition(" = ")
                self.constants[name] = self.number(value)
            elif keyword == "WITH":
                for name in rest.split():
                    shared = f"{prefix}shared {name}"
                    section.include.append(shared if shared in sections else prefix + name)
            elif keyword in DECISIONS:
                section.lines.append(self.line(keyword, rest, where))
                section.lines[-1].holds = holds
            elif not section or not section.read(keyword, rest, where):
                raise ListError(f"{where}: what is {keyword}?")

    def read_rules(self, path):
        for text, where in lines_of(path):
            calls, _, rights = text.partition(": ")
            for call in calls.split():
                if call in self.rules:
                    raise ListError(f"{where}: {call} has a line already")
                self.rules[call] = rights_of(rights.split(), where)

    # -- What the lists say

    def lines(self, name):
        """Return all lines about a permission, its included sections' first."""
        section = self.sections[name]
        found = []
        for other in section.include:
            found += self.lines(other)
        return found + section.lines

    def allowing(self, names, call, case=None):
        """Return the ALLOW lines of permissions about one call, BasicCapabilities always in.

        case: only the lines that hold in it.
        """
        found = []
        for name in unique([BASIC, *names]):
            if name not in self.of_calls:
                by_call = self.of_calls[name] = {}
                for line in self.lines(name):
                    if line.decision == ALLOW:
                        by_call.setdefault(line.call, []).append(line)
            found += self.of_calls[name].get(call, [])
        return [line for line in unique(found) if not (case and line.holds) or line.holds(case)]

    def calls(self, names):
        """Return the calls that permissions allow in some form."""
        return unique(
            line.call
            for name in [BASIC, *names]
            for line in self.lines(name)
            if line.decision == ALLOW
        )

    def promises(self, name):
        """Return the calls that a permission promises to limit."""
        section = self.sections[name]
        return unique([*section.promises, *itertools.chain(*map(self.promises, section.include))])

    def lifted(self, limit, other):
        """Return the calls that one permission promises to limit, and another allows anyhow."""
        return [
            call
            for call in self.promises(limit)
            if any(not line.limits for line in self.allowing([other], call))
        ]

    def sections_of(self, name):
        """Return the section of a permission, and those it includes."""
        section = self.sections[name]
        return [section, *(part for other in section.include for part in self.sections_of(other))]

    def rights(self, name):
        """Return the rights of one permission, without what is limited."""
        given = everywhere = promised = yielding = 0
        for part in self.sections_of(name):
            for rights, place in part.rights:
                if place == "everywhere" or (place == "path" and name.endswith(AT_ROOT)):
                    everywhere |= rights
                else:
                    given |= rights
            promised |= part.promised
            yielding |= part.yielding
        return Rights(given, everywhere, promised & given, yielding)

    def takes_path(self, name):
        """Tell whether a permission is told a path, be it "/"."""
        return self.sections[name].takes in ("path", "files")

    def rights_together(self, names):
        """Return the rights of permissions that are enabled side by side."""
        each = {name: self.rights(name) for name in unique([BASIC, *names])}
        given = everywhere = promised = yielding = refused = 0
        for name, rights in each.items():
            given |= rights.given
            promised |= rights.promised
            yielding |= rights.yielding
            everywhere |= rights.everywhere
            refused |= self.sections[name].refused
        on_files, on_ports = (sum(RIGHTS[name] for name in some) for some in (ON_FILES, ON_PORTS))
        limited = on_files if given & on_files or refused & ~everywhere else 0
        limited |= on_ports & ~everywhere if given & on_ports else 0
        return Rights(given, everywhere, promised, yielding, limited)

    def lifted_rights(self, names, rule=None):
        """Return the rights that one of some permissions promises, and another, or a rule about a
        call, grants everywhere."""
        paths = [name for name in names if self.takes_path(name)]
        on_paths = 0
        for name in paths:
            rights = self.rights(name)
            on_paths |= rights.given | rights.everywhere
        everywhere = self.rules.get(rule, 0)
        promised = 0
        for name in names:
            rights = self.rights(name)
            everywhere |= rights.everywhere & ~(rights.yielding & on_paths)
            promised |= rights.promised
            if rights.given:
                promised |= RIGHTS[PAST[name not in paths]]
        return promised & everywhere

    def is_absent(self, call, number):
        """Tell whether a call does not exist where nothing of it is allowed.

        number(call) is its number on the architecture in question, or negative.
        """
        older = self.everywhere.older.get(call)
        has_older = older is not None and number(older) >= 0
        return has_older or number(call) > self.everywhere.baseline

    def expected(self, names, call, absent, tried, case=NEWEST):
        """Return the decisions for calls of that name, tried being tuples of six arguments.

        absent tells whether the call does not exist where nothing of it is allowed.
        """
        lines = self.allowing(names, call, case)
        refusal = ENOSYS if absent and not lines else EPERM
        if any(not line.limits for line in lines):
            return [ALLOW] * len(tried)
        lines = [*lines, *(line for line in self.answers if line.call == call)]
        return [next((line.decision for line in lines if args in line), refusal) for args in tried]

    def pool(self, call):
        """Return the arguments to try a call with: those of every line about it, in any list."""
        if call not in self.pools:
            found = [(0,) * ARGUMENTS, (1,) * ARGUMENTS, (FULL,) * ARGUMENTS]
            for line in (line for section in self.all_sections for line in section.lines):
                if line.call == call:
                    found += line.tried() if line.decision == ALLOW else line.members()
            for line in self.answers:
                found += line.tried() if line.call == call else []
            self.pools[call] = unique(found)
        return self.pools[call]

    def all_calls(self):
        named = unique(line.call for section in self.all_sections for line in section.lines)
        return unique([*named, *sorted(self.everywhere.never), *self.rules])

    def check(self, names, lines, is_absent):
        """Refuse lists whose single lines are not what their ALLOW lines come to."""
        for line in lines:
            tried = line.members()
            case = next(
                case
                for case in (NEWEST, Case(abi=0), Case("aarch64"))
                if not line.holds or line.holds(case)
            )
            expected = self.expected(names, line.call, is_absent(line.call), tried, case)
            wrong = [args for args, by in zip(tried, expected) if by != line.decision]
            if wrong:
                raise ListError(
                    f"{line.where}: {' + '.join(names)}: {show(line.call, wrong[0])} is "
                    f"{NAMES_OF_DECISIONS[line.decision]} here, and not so by the other lines"
                )

    def check_all(self, is_absent):
        for name in self.permissions:
            section = self.sections[name]
            shared = [other for other in section.include if other not in self.permissions]
            lines = [line for part in (*shared, name) for line in self.sections[part].lines]
            self.check([name], lines, is_absent)
            for call in self.calls([name]):
                if call in self.everywhere.never:
                    raise ListError(f"{name} allows {call}, which nothing ever may")
        for name, section in self.together.items():
            self.check(name.split(" + "), section.lines, is_absent)


def show(call, args):
    """Write a call without the zeros at its end."""
    written = [hex(value) if value > 9 else str(value) for value in args]
    while written and written[-1] == "0":
        written.pop()
    return f"{call}({', '.join(written)})"
