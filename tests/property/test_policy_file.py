"""Policy files say what their contexts say, and whatever else is in a file is refused as one is."""

import collections
import datetime
import inspect
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyextrasafe import (
    BasicCapabilities,
    Custom,
    ExtraSafeError,
    ForkAndExec,
    Networking,
    SafetyContext,
    SystemIO,
    Threads,
    Time,
    _digest,
)
from pyextrasafe.formats import _toml

from .effort import examples
from .strategies import any_rules

pytestmark = pytest.mark.once

KINDS = (BasicCapabilities, ForkAndExec, Networking, SystemIO, Threads, Time)
METHODS = [
    (kind, name, list(inspect.signature(getattr(kind, name)).parameters)[1:])
    for kind in KINDS
    for name in dir(kind)
    if name.startswith("allow_")
]
PATHS = st.one_of(
    st.text(min_size=1, max_size=8), st.sampled_from(["/", "/a b", "/'\"\\", "/é\n", "..", "/\x7f"])
).filter(lambda path: "\0" not in path)
TOLD = {
    "fileno": st.integers(0, 2**31 - 1),
    "numbers": st.integers(1, 65535),
    "paths": PATHS,
}


@st.composite
def permissions(draw):
    """A rule set with one permission, or with none."""
    kind, name, parameters = draw(st.sampled_from(METHODS))
    arguments = []
    for parameter in parameters:
        least = parameter == "paths"
        most = 1 if parameter == "fileno" else 3
        arguments += draw(st.lists(TOLD[parameter], min_size=least or most == 1, max_size=most))
    return getattr(kind(), name)(*arguments)


@st.composite
def customs(draw):
    custom = Custom()
    for rule in draw(any_rules(most_calls=2)):
        custom.add_conditional(rule, unite=draw(st.booleans()))
    return custom


rulesets = st.one_of(
    permissions(),
    permissions(),
    customs(),
    st.sampled_from([SystemIO.everything(), *[kind() for kind in KINDS]]),
)


@st.composite
def contexts(draw):
    context = SafetyContext().enable(*draw(st.lists(rulesets, max_size=6)))
    return context.interrupt_threads() if draw(st.booleans()) else context


def digest_of(context):
    return _digest.digest([BasicCapabilities(), *context._rulesets])


def can_be_written(context):
    """No path is beyond UTF-8, and no permission is for some ports and for all of them."""
    granted = collections.defaultdict(set)
    for ruleset in context._rulesets:
        for call in [] if isinstance(ruleset, Custom) else ruleset._granted:
            granted[type(ruleset), call[0]].add(call[1])
            if isinstance(call[1], str):
                try:
                    call[1].encode()
                except UnicodeEncodeError:
                    return False
    return not any(None in told and len(told) > 1 for told in granted.values())


def test_a_context_survives_a_round_trip(tmp_path):
    path = tmp_path / "policy.toml"
    seen = collections.Counter()

    @examples(300)
    @given(contexts())
    def check(context):
        writable = can_be_written(context)
        try:
            context.to_file(path)
        except ValueError:
            assert not writable
            seen["not written"] += 1
            return
        assert writable
        again = SafetyContext.from_file(path)
        assert digest_of(again) == digest_of(context)
        assert again._interrupt == context._interrupt
        first = path.read_bytes()
        again.to_file(path)
        assert path.read_bytes() == first
        try:
            made = context.compile()
        except ExtraSafeError:
            seen["contradiction"] += 1
            return
        assert again.compile() == made
        assert again.compile().digest == made.digest
        seen["compiled"] += 1

    check()
    assert min(seen["compiled"], seen["contradiction"]) > 20


def refuses_or_makes(path, data):
    """Tell whether the file is one; whatever else happens than what is documented is an error."""
    path.write_bytes(data)
    raised = None
    try:
        SafetyContext.from_file(path)
    except ValueError as error:
        raised = error
    assert raised is None or type(raised) is ValueError
    assert raised is None or re.fullmatch(f"{path}: .+", str(raised))
    return raised is None


@examples(300)
@given(data=st.one_of(st.binary(), st.text(st.sampled_from('[]{}="\n.,#-_é\0 aC1'))))
def test_any_bytes(data, tmp_path_factory):
    data = data if isinstance(data, bytes) else data.encode()
    refuses_or_makes(tmp_path_factory.getbasetemp() / "bytes.toml", data)


# ---- Documents ----

WORDS = [
    *[name for _, name, _ in METHODS],
    *[kind.__name__ for kind in KINDS],
    *["SafetyContext", "Custom", "interrupt_threads", "everything", "call", "conditions", "unite"],
    *["stdin", "openat", "fcntl", "", "__class__", "_allow", "RuleSet", "/srv", "\0"],
]
TOKENS = [
    *["fd", "flags", "cmd", "arg", "pathname", "argument 0", "argument 9", "dirfd"],
    *[" ", "  ", "(", ")", "&", "~", "|", "==", "!=", "<", ">=", "="],
    *["0", "-1", "0x80000", "017", "09", "4294967296", "18446744073709551616", "9" * 50],
    *["O_RDONLY", "O_CLOEXEC", "AT_FDCWD", "F_SETFL", "NULL", "O_ACCMODE", "é", "\0", "\n"],
]
sides = st.sampled_from(TOKENS)
conditions = st.one_of(
    st.lists(sides, max_size=8).map("".join),
    st.tuples(sides, st.sampled_from(["==", "<", "!="]), sides).map(" ".join),
    st.tuples(sides, sides, sides).map(lambda three: "({} & {}) == {}".format(*three)),
)
scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-2, 70000),
    st.sampled_from(WORDS),
    conditions,
    st.text(max_size=5).filter(lambda text: text.isprintable()),
    st.floats(),
    st.just(datetime.date(2026, 1, 1)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    ),
    max_leaves=6,
)
rules = st.fixed_dictionaries(
    {"call": st.sampled_from(["openat", "fcntl", "read", 1000, "riscv_flush_icache"])},
    optional={"conditions": st.lists(conditions, max_size=2), "unite": values},
)
tables = st.one_of(
    st.dictionaries(st.sampled_from(WORDS), values, max_size=3),
    st.dictionaries(st.sampled_from(WORDS), st.just(True), max_size=2),
)
documents = st.dictionaries(
    st.sampled_from(WORDS), st.one_of(values, tables, st.lists(rules, max_size=3)), max_size=3
)
NAMES = [(kind.__name__, name) for kind, name, parameters in METHODS if not parameters]
likely = st.one_of(
    documents,
    st.sampled_from(NAMES).map(lambda names: {names[0]: {names[1]: True}}),
    st.builds(lambda found: {"Custom": found}, st.lists(rules, min_size=1, max_size=2)),
    st.sampled_from(KINDS).flatmap(lambda kind: tables.map(lambda it: {kind.__name__: it})),
)


def dumped(value):
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        pairs = [f"{_toml.string(key)} = {dumped(inner)}" for key, inner in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped, value)) + "]"
    if isinstance(value, str):
        return _toml.string(value)
    return str(value).lower()


def test_any_document(tmp_path):
    seen = collections.Counter()

    @examples(600)
    @given(likely)
    def check(document):
        lines = [f"{_toml.string(key)} = {dumped(value)}\n" for key, value in document.items()]
        seen[refuses_or_makes(tmp_path / "any.toml", "".join(lines).encode())] += 1

    check()
    assert min(seen.values()) > 30
    assert sorted(os.listdir(tmp_path)) == ["any.toml"]
