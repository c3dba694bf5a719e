"""Custom, Rule, Compare and CompareOp as Python objects."""

import array
import copy
import enum
import operator
import pickle
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyextrasafe
from pyextrasafe import Compare, CompareOp, Custom, Rule, RuleSet, SystemIO
from pyextrasafe._ffi import ffi, lib

SYMBOLS = {
    "<": CompareOp.Less,
    "<=": CompareOp.LessOrEqual,
    "==": CompareOp.Equal,
    "!=": CompareOp.NotEqual,
    ">=": CompareOp.GreaterEqual,
    ">": CompareOp.Greater,
}
UNMASKED = list(SYMBOLS.values())
# A number that is no known call, so that no argument has a known width.
UNKNOWN_CALL = 2**20
MAX_NUMBER = 2**30 - 1
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

masks = st.integers(-(2**63), 2**64 - 1)
operators = st.one_of(st.sampled_from(UNMASKED), masks.map(CompareOp.MaskedEqual))


@st.composite
def compares(draw):
    """Comparisons that can hold for a call of unknown widths."""
    arg = draw(st.integers(0, 5))
    if draw(st.booleans()):
        mask = draw(st.integers(0, 2**32 - 1))
        return Compare(arg, CompareOp.MaskedEqual(mask), mask & draw(st.integers(0, 2**32 - 1)))
    return Compare(arg, draw(st.sampled_from(UNMASKED)), draw(st.integers(1, 2**32 - 2)))


names = st.sampled_from(["openat", "ioctl", "write", "_sysctl"])
numbers = st.one_of(st.integers(0, 500), st.integers(0, MAX_NUMBER))
# Of different arguments: comparisons of one might never hold together.
conditional_rules = st.builds(
    Rule,
    st.integers(UNKNOWN_CALL, MAX_NUMBER),
    st.lists(compares(), min_size=1, max_size=4, unique_by=lambda compare: compare.arg),
)
simple_rules = st.builds(Rule, st.one_of(names, numbers), st.just(()))
rules = st.one_of(conditional_rules, simple_rules)


class Mine(Custom):
    """As a user writes it, without a call of the base class's constructor."""

    def __init__(self, level=0):
        self.level = level
        self.add_simple("fsync")


@st.composite
def customs(draw, classes=(Custom, Mine)):
    custom = draw(st.sampled_from(classes))()
    for rule in draw(st.lists(rules, max_size=6)):
        custom.add_conditional(rule, unite=draw(st.booleans()))
    return custom


def evaluate(expression):
    return eval(expression, {**vars(pyextrasafe), "Mine": Mine})


def assert_equal(one, other):
    assert one == other
    assert (one != other) is False
    assert type(one) is type(other)
    assert repr(one) == repr(other)


def number_told_to_c(rule):
    return ffi.from_buffer("es_packed_rule *", rule._packed).number


def told_to_c(rule):
    """What C is told: (argument, operator, source, negative, mask, datum)."""
    packed = ffi.from_buffer("es_comparison[]", rule._packed[ffi.sizeof("es_packed_rule") :])
    fields = ("argument", "op", "source", "negative", "mask", "datum")
    return [tuple(getattr(test, field) for field in fields) for test in packed]


# ---- CompareOp -----------------------------------------------------------------------------------


@pytest.mark.parametrize("op", UNMASKED)
def test_operators_without_a_mask(op):
    assert op.mask is None
    assert evaluate(repr(op)) is op


@given(masks)
def test_operators_with_a_mask(mask):
    op = CompareOp.MaskedEqual(mask)
    assert op.mask == mask
    assert type(op.mask) is int
    assert_equal(evaluate(repr(op)), op)


def test_repr_of_operators():
    assert repr(CompareOp.LessOrEqual) == "CompareOp.LessOrEqual"
    assert repr(CompareOp.MaskedEqual(0xF0)) == "CompareOp.MaskedEqual(0xf0)"
    assert repr(CompareOp.MaskedEqual(-16)) == "CompareOp.MaskedEqual(-0x10)"


def key(op):
    return (len(UNMASKED), op.mask) if op.mask is not None else (UNMASKED.index(op), 0)


@given(operators, operators)
@pytest.mark.parametrize(
    "compare",
    [operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt],
)
def test_order_of_operators(compare, one, other):
    assert compare(one, other) is compare(key(one), key(other))


@given(st.lists(operators))
def test_operators_can_be_sorted_and_hashed(ops):
    assert [key(op) for op in sorted(ops)] == sorted(key(op) for op in ops)
    assert len(set(ops)) == len({key(op) for op in ops})


@pytest.mark.parametrize("other", [0, "<", None, (0, None)])
def test_operators_have_no_order_with_anything_else(other):
    assert CompareOp.Less != other
    for compare in (operator.lt, operator.le, operator.ge, operator.gt):
        with pytest.raises(TypeError, match="not supported between instances"):
            compare(CompareOp.Less, other)


@given(operators)
def test_copies_of_operators(op):
    assert copy.copy(op) is op
    assert copy.deepcopy(op) is op
    for protocol in PROTOCOLS:
        assert_equal(pickle.loads(pickle.dumps(op, protocol)), op)


def test_operators_without_a_mask_are_one_object():
    for op in UNMASKED:
        assert pickle.loads(pickle.dumps(op)) is op


def test_no_other_operators():
    with pytest.raises(TypeError, match="cannot create 'CompareOp' instances"):
        CompareOp()
    with pytest.raises(TypeError):
        CompareOp(1)


@pytest.mark.parametrize("mask", [True, 1.0, "1", None])
def test_masks_of_a_wrong_type(mask):
    kind = type(mask).__name__
    with pytest.raises(TypeError, match=f"^'{kind}' object cannot be interpreted as an integer$"):
        CompareOp.MaskedEqual(mask)


@pytest.mark.parametrize("mask", [2**64, -(2**63) - 1, 10**40])
def test_masks_out_of_range(mask):
    with pytest.raises(ValueError, match=f"^mask must be from -{2**63} to {2**64 - 1}, not {mask}"):
        CompareOp.MaskedEqual(mask)


# ---- Compare -------------------------------------------------------------------------------------


@given(compares())
def test_compares_are_values(compare):
    assert_equal(evaluate(repr(compare)), compare)
    assert hash(evaluate(repr(compare))) == hash(compare)
    assert copy.copy(compare) is compare
    assert copy.deepcopy(compare) is compare
    for protocol in PROTOCOLS:
        assert_equal(pickle.loads(pickle.dumps(compare, protocol)), compare)


def test_fields_of_a_compare():
    compare = Compare(1, "!=", 7)
    assert (compare.arg, compare.op, compare.datum) == (1, CompareOp.NotEqual, 7)
    assert repr(compare) == "Compare(1, CompareOp.NotEqual, 7)"
    assert Compare(arg=1, op="!=", datum=7) == compare


@given(compares(), compares())
def test_compares_are_equal_by_their_fields(one, other):
    def fields(compare):
        return compare.arg, compare.op, compare.datum

    assert (one == other) is (fields(one) == fields(other))


@pytest.mark.parametrize(("symbol", "op"), SYMBOLS.items())
def test_symbols_are_operators(symbol, op):
    assert Compare(0, symbol, 1) == Compare(0, op, 1)


@given(st.integers(0, 2**64 - 1))
def test_an_int_is_a_mask(mask):
    assert Compare(0, mask, 0) == Compare(0, CompareOp.MaskedEqual(mask), 0)


class Two:
    def __index__(self):
        return 2


class Numbers(enum.IntEnum):
    TWO = 2


class Words(str, enum.Enum):
    WRITE = "write"
    LESS = "<"


@pytest.mark.parametrize("two", [Two(), Numbers.TWO])
def test_numbers_are_what_has_an_index(two):
    compare = Compare(two, two, two)
    assert_equal(compare, Compare(2, CompareOp.MaskedEqual(2), 2))
    assert_equal(Rule(two, [(two, "==", two)]), Rule(2, [(2, "==", 2)]))


def test_words_may_be_those_of_an_enumeration():
    assert_equal(Rule(Words.WRITE, [(0, Words.LESS, 3)]), Rule("write", [(0, "<", 3)]))


NO_NUMBERS = [True, 1.0, "1", None, ()]
NO_OPERATORS = [True, 1.0, None, (), b"<"]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_numbers_of_a_wrong_type(value):
    kind = type(value).__name__
    message = f"^'{kind}' object cannot be interpreted as an integer$"
    with pytest.raises(TypeError, match=message):
        Compare(value, "==", 0)
    with pytest.raises(TypeError, match=message):
        Compare(0, "==", value)


@pytest.mark.parametrize("value", NO_OPERATORS)
def test_operators_of_a_wrong_type(value):
    kind = type(value).__name__
    with pytest.raises(TypeError, match=f"^op must be CompareOp, str or int, not {kind}$"):
        Compare(0, value, 0)


@pytest.mark.parametrize("arg", [-1, 6, 256, 2**70])
def test_arguments_out_of_range(arg):
    with pytest.raises(ValueError, match=f"^arg must be from 0 to 5, not {arg}$"):
        Compare(arg, "==", 0)


@pytest.mark.parametrize("datum", [2**64, -(2**63) - 1])
def test_data_out_of_range(datum):
    message = f"^datum must be from -{2**63} to {2**64 - 1}, not {datum}$"
    with pytest.raises(ValueError, match=message):
        Compare(0, "==", datum)


@pytest.mark.parametrize("datum", [2**64 - 1, -(2**63)])
def test_data_at_the_edges(datum):
    assert Compare(0, "==", datum).datum == datum


@pytest.mark.parametrize("op", ["", "=", "=<", "eq", "&", " ==", "Equal"])
def test_unknown_symbols(op):
    with pytest.raises(ValueError, match=r"^op must be one of < <= == != >= >, not "):
        Compare(0, op, 0)


@pytest.mark.parametrize(("mask", "datum"), [(1, 2), (0, 1), (0xFF, 0x1FF), (2**63, 1), (-2, 1)])
def test_a_datum_outside_of_its_mask(mask, datum):
    with pytest.raises(ValueError, match="mask"):
        Compare(0, mask, datum)


@pytest.mark.parametrize(
    "fields", [(9, "==", 1.0), (9, None, 0), (None, "?", 2**70), (9, "?", None), (9, 2.0, 2**70)]
)
def test_a_wrong_type_is_found_before_a_wrong_value(fields):
    with pytest.raises(TypeError):
        Compare(*fields)
    with pytest.raises(TypeError):
        Rule("nonsense", [(9, "==", 0), fields])


# ---- Rule ----------------------------------------------------------------------------------------


@given(rules)
def test_rules_are_values(rule):
    assert_equal(evaluate(repr(rule)), rule)
    assert hash(evaluate(repr(rule))) == hash(rule)
    assert copy.copy(rule) is rule
    assert copy.deepcopy(rule) is rule
    for protocol in PROTOCOLS:
        assert_equal(pickle.loads(pickle.dumps(rule, protocol)), rule)


@given(rules, rules)
def test_rules_are_equal_by_their_fields(one, other):
    same = (one.syscall, one.comparators) == (other.syscall, other.comparators)
    assert (one == other) is same


def test_fields_of_a_rule():
    rule = Rule("write", [(0, "==", 1), Compare(2, "<", 10)])
    assert rule.syscall == "write"
    assert rule.comparators == (Compare(0, "==", 1), Compare(2, "<", 10))
    assert (
        repr(rule)
        == "Rule('write', [Compare(0, CompareOp.Equal, 1), Compare(2, CompareOp.Less, 10)])"
    )
    assert Rule(syscall="write", comparators=rule.comparators) == rule


def test_comparators_are_any_iterable():
    expected = Rule("write", [(0, "==", 1)])
    assert Rule("write", ((0, "==", 1),)) == expected
    assert Rule("write", [[0, "==", 1]]) == expected
    assert Rule("write", iter([Compare(0, "==", 1)])) == expected
    assert Rule("write", {Compare(0, "==", 1)}) == expected


@pytest.mark.parametrize(
    "rule", [Rule("write", [(0, "==", 1)]), Compare(0, "==", 1), CompareOp.Less]
)
def test_immutable(rule):
    before = repr(rule)
    for name in ("syscall", "comparators", "arg", "op", "datum", "mask", "_packed", "new"):
        with pytest.raises(AttributeError, match=f"cannot assign to field '{name}'"):
            setattr(rule, name, 1)
        with pytest.raises(AttributeError, match=f"cannot delete field '{name}'"):
            delattr(rule, name)
    assert not hasattr(rule, "__dict__")
    rule.__init__()
    assert repr(rule) == before


@pytest.mark.parametrize("value", [Rule("write", []), Compare(0, "==", 1), CompareOp.Less])
def test_other_classes_may_say_that_they_are_equal(value):
    assert value == mock.ANY
    assert value != repr(value)


@pytest.mark.parametrize("cls", [Rule, Compare, CompareOp])
def test_final(cls):
    with pytest.raises(TypeError, match=f"type '{cls.__name__}' is not an acceptable base type"):
        type("Mine", (cls,), {})


@pytest.mark.parametrize("syscall", [True, 1.0, None, b"write", ["write"], Rule("write", [])])
def test_calls_of_a_wrong_type(syscall):
    message = f"^a system call must be int or str, not {type(syscall).__name__}$"
    with pytest.raises(TypeError, match=message):
        Rule(syscall, [])
    custom = Custom()
    with pytest.raises(TypeError, match=message):
        custom.add_simple(syscall)
    assert custom == Custom()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("opennat", "openat"),
        ("writ", "write"),
        ("Read", "read"),
        ("clock_getime", "clock_gettime"),
        ("unlink_at", "unlinkat"),
        ("sys_openat", "openat"),
    ],
)
def test_unknown_names_with_a_near_one(name, nearest):
    message = f"^unknown system call '{name}'; did you mean '{nearest}'\\?$"
    with pytest.raises(ValueError, match=message):
        Rule(name, [])
    with pytest.raises(ValueError, match=message):
        Custom().add_simple(name)


@pytest.mark.skipif(lib.es_syscall_number(0, b"open") < 0, reason="there is no open(2) here")
def test_a_function_that_is_no_system_call():
    with pytest.raises(ValueError, match="^unknown system call 'open_file'; did you mean 'open'"):
        Rule("open_file", [])


@pytest.mark.parametrize("name", ["listns", "rseq_slice_yield"])
def test_new_names(name):
    assert number_told_to_c(Rule(name, [])) > 423


@pytest.mark.parametrize("name", ["uprobe", "uretprobe"])
def test_names_of_x86(name):
    assert Rule(name, []).syscall == name


@pytest.mark.parametrize("name", ["", "abracadabra_simsalabim", "\N{SNOWMAN}" * 9, "\udcff" * 9])
def test_unknown_names_with_nothing_near(name):
    with pytest.raises(ValueError, match=r"^unknown system call [^;]*$"):
        Rule(name, [])


def test_a_name_does_not_end_at_a_nul():
    with pytest.raises(ValueError, match=r"^unknown system call 'write.x00'; did you mean 'write'"):
        Rule("write\0", [])


@pytest.mark.parametrize("number", [0, 335, 423, 1000, MAX_NUMBER])
def test_numbers_of_calls_known_or_not(number):
    assert number_told_to_c(Rule(number, [])) == number


def test_names_are_numbers_of_this_machine():
    assert number_told_to_c(Rule("openat", [])) == lib.es_syscall_number(0, b"openat")
    assert number_told_to_c(Rule("openat2", [])) == 437


@pytest.mark.parametrize("number", [2**30, 2**30 + 1, 2**31, 2**32, 2**70])
def test_numbers_of_x32(number):
    with pytest.raises(ValueError, match="x32"):
        Rule(number, [])


@pytest.mark.parametrize("number", [-1, -100, -(2**70)])
def test_negative_numbers(number):
    with pytest.raises(ValueError, match=f"must be from 0 to {MAX_NUMBER}, not {number}$"):
        Rule(number, [])


def test_calls_of_other_machines_are_accepted_and_do_nothing():
    # waitpid is a call of i386, among others, but of no 64-bit architecture.
    assert lib.es_syscall_number(0, b"waitpid") < -1
    rule = Rule("waitpid", [(0, "==", 2**64 - 1)])
    assert repr(rule) == f"Rule('waitpid', [Compare(0, CompareOp.Equal, {2**64 - 1})])"
    custom = Custom().add_simple("waitpid").add_conditional(rule).add_simple("write")
    assert custom._rules() == Custom().add_simple("write")._rules()


@pytest.mark.parametrize(
    ("comparators", "exception", "message"),
    [
        (None, TypeError, "'NoneType' object is not iterable"),
        (3, TypeError, "'int' object is not iterable"),
        (Compare(0, "==", 1), TypeError, "'Compare' object is not iterable"),
        *(
            (wrong, TypeError, f"comparators must be a list of Compare, not {type(wrong).__name__}")
            for wrong in ("", b"", bytearray(), memoryview(b""), {}, {Compare(0, "==", 1): 1})
        ),
        (range(0), TypeError, "comparators must be a list of Compare, not range"),
        ((0, "==", 1), TypeError, "a comparator must be Compare or a tuple, not int"),
        (["0=1"], TypeError, "a comparator must be Compare or a tuple, not str"),
        ([CompareOp.Less], TypeError, "a comparator must be Compare or a tuple, not CompareOp"),
        ([(0, "==")], ValueError, r"a comparator must be \(arg, op, datum\), not 2 items"),
        ([(0, "==", 1, 2)], ValueError, r"a comparator must be \(arg, op, datum\), not 4 items"),
        ([(6, "==", 1)], ValueError, "arg must be from 0 to 5, not 6"),
    ],
)
def test_wrong_comparators(comparators, exception, message):
    with pytest.raises(exception, match=f"^{message}$"):
        Rule("write", comparators)
    custom = Custom()
    with pytest.raises(exception, match=f"^{message}$"):
        custom.add_conditional(("write", comparators))
    assert custom == Custom()


class Nothing:
    def __iter__(self):
        return iter(())


# Each is a mistake as a rule; as a list it would be a simple rule, which allows all.
@pytest.mark.parametrize(
    "make",
    [
        lambda: iter(()),
        lambda: (comparison for comparison in ()),
        lambda: map(Compare, ()),
        lambda: {}.items(),
        lambda: array.array("b"),
        Nothing,
    ],
)
def test_comparators_that_yield_nothing(make):
    kind = type(make()).__name__
    message = f"^the {kind} yielded nothing, perhaps because it is exhausted; an empty list allows "
    with pytest.raises(ValueError, match=message):
        Rule("write", make())
    custom = Custom()
    with pytest.raises(ValueError, match=message):
        custom.add_conditional(("write", make()))
    assert custom == Custom()


def test_comparators_that_are_used_up():
    comparisons = (comparison for comparison in [(0, "==", 1)])
    assert Rule("write", comparisons) == Rule("write", [(0, "==", 1)])
    with pytest.raises(ValueError, match="yielded nothing"):
        Rule("read", comparisons)


@pytest.mark.parametrize("empty", [[], (), set(), frozenset()])
def test_comparators_that_are_empty(empty):
    assert Rule("write", empty) == Rule("write", [])
    assert Custom().add_conditional(("write", empty)) == Custom().add_simple("write")


# Widths: int descriptors and flags are 32 bits, mode_t 16, counts 64, buffers are pointers.
@pytest.mark.parametrize(
    ("syscall", "comparator"),
    [
        ("openat", (0, "==", -100)),
        ("openat", (0, "==", 2**32 - 100)),
        ("openat", (0, "==", -(2**31))),
        ("openat", (3, "==", 2**16 - 1)),
        ("openat", (3, "==", -(2**15))),
        ("write", (2, "<=", 2**64 - 1)),
        ("write", (2, "==", -(2**63))),
        ("write", (1, "==", 0)),
        ("write", (1, "!=", 0)),
        ("write", (0, 0xFF, 0x0F)),
        ("write", (0, -1, 1)),
        ("write", (0, -(2**31), 0)),
        ("setpriority", (2, "==", -5)),
        ("fcntl", (2, "==", 2**64 - 1)),
        ("ioctl", (2, ">=", 2**40)),
        (UNKNOWN_CALL, (0, "==", 2**32 - 1)),
    ],
)
def test_comparisons_that_can_be_made(syscall, comparator):
    assert Rule(syscall, [comparator]).comparators == (Compare(*comparator),)


@pytest.mark.parametrize(
    ("syscall", "comparators"),
    [
        ("write", [(0, "==", 1), (0, "==", 2)]),
        ("write", [(0, "==", 1), (2, ">", 5), (0, "!=", 2**32 - 1), (0, "!=", 1)]),
        ("write", [(2, "<", 10), (2, ">=", 10)]),
        ("write", [(2, ">", 2**64 - 1)]),
        ("write", [(1, "==", 0), (1, "!=", 0)]),
        ("write", [(0, 1, 1), (0, 3, 2)]),
        ("write", [(0, 1, 1), (0, "<", 1)]),
        ("write", [(0, 6, 0), (0, ">", 1), (0, "<", 8)]),
        ("openat", [(3, ">", -1)]),
        ("openat", [(3, "==", -1), (3, "!=", 2**16 - 1)]),
        (UNKNOWN_CALL, [(5, "==", 5), (5, "<=", 4)]),
    ],
)
def test_comparisons_that_never_hold(syscall, comparators):
    with pytest.raises(ValueError, match=r"^no value of argument \d of .* satisfies"):
        Rule(syscall, comparators)


@pytest.mark.parametrize(
    ("syscall", "comparators"),
    [
        ("write", [(0, "==", 1), (2, "==", 2)]),
        ("write", [(0, ">", 4), (0, "<=", 5), (0, "!=", 4)]),
        ("write", [(2, "<=", 10), (2, ">=", 10)]),
        ("write", [(0, 6, 2), (0, ">", 2), (0, "<", 4)]),
        ("openat", [(3, "==", -1), (3, "==", 2**16 - 1)]),
        (UNKNOWN_CALL, [(5, "!=", 0), (5, "<=", 1)]),
        # Nobody knows the width, at which they may be the same.
        ("waitpid", [(0, "==", -1), (0, "==", 2**32 - 1)]),
        ("waitpid", [(0, "==", 1), (0, "==", 2)]),
    ],
)
def test_comparisons_that_hold_for_few_values(syscall, comparators):
    assert len(Rule(syscall, comparators).comparators) == len(comparators)


@pytest.mark.parametrize(("op", "datum"), [("<", 0), (">", -1), (">", 2**64 - 1)])
def test_a_comparison_that_never_holds(op, datum):
    with pytest.raises(ValueError, match="^no value of argument 3 satisfies"):
        Compare(3, op, datum)


@pytest.mark.parametrize(
    ("syscall", "comparator"),
    [
        ("openat", (0, "==", 2**32)),
        ("openat", (0, "==", -(2**31) - 1)),
        ("openat", (3, "==", 2**16)),
        ("openat", (3, "==", -(2**15) - 1)),
        ("write", (1, "==", 1)),
        ("write", (1, "<", 5)),
        ("write", (1, 0xFF, 0)),
        ("write", (0, 2**32, 0)),
        ("write", (0, -(2**31) - 1, 0)),
        ("setpriority", (2, "==", -(2**31) - 1)),
        ("write", (3, "==", 0)),
        ("preadv", (4, "==", 0)),
        (UNKNOWN_CALL, (0, "==", 2**32)),
    ],
)
def test_comparisons_that_cannot_be_made(syscall, comparator):
    compare = Compare(*comparator)
    for given_as in (compare, comparator):
        with pytest.raises(ValueError, match=r"\w"):
            Rule(syscall, [(2, "==", 0), given_as])


def test_what_c_is_told():
    rule = Rule("openat", [(0, "==", -100), (2, 0x41, 0x40), (3, -2, -4)])
    word = 2**64
    assert told_to_c(rule) == [
        (0, lib.ES_EQUAL, lib.ES_DATUM_CONSTANT, lib.ES_NEGATIVE_DATUM, 0, word - 100),
        (2, lib.ES_MASKED_EQUAL, lib.ES_DATUM_CONSTANT, 0, 0x41, 0x40),
        (
            3,
            lib.ES_MASKED_EQUAL,
            lib.ES_DATUM_CONSTANT,
            lib.ES_NEGATIVE_DATUM | lib.ES_NEGATIVE_MASK,
            word - 2,
            word - 4,
        ),
    ]


# ---- Custom --------------------------------------------------------------------------------------


@given(customs())
def test_customs_are_values(custom):
    assert_equal(evaluate(repr(custom)), custom)
    assert_equal(copy.copy(custom), custom)
    assert_equal(copy.deepcopy(custom), custom)


@given(customs(), st.sampled_from(PROTOCOLS))
def test_pickles(custom, protocol):
    assert_equal(pickle.loads(pickle.dumps(custom, protocol)), custom)


@given(customs(), customs())
def test_customs_are_equal_by_their_class_and_rules(one, other):
    same = type(one) is type(other) and set(one._granted) == set(other._granted)
    assert (one == other) is same


@given(st.lists(rules, max_size=5), st.randoms())
def test_order_and_repetition_make_no_difference(rules, random):
    one, other = Custom(), Custom()
    for rule in rules:
        one.add_conditional(rule)
    shuffled = rules * 2
    random.shuffle(shuffled)
    for rule in shuffled:
        other.add_conditional(rule)
    assert one == other


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda custom: pickle.loads(pickle.dumps(custom, 0))]
)
@pytest.mark.parametrize("cls", [Custom, Mine])
def test_a_copy_goes_its_own_way(duplicate, cls):
    custom = cls().add_simple("write")
    other = duplicate(custom)
    other.add_simple("read")
    assert custom == cls().add_simple("write")
    custom.add_simple("close")
    assert other == cls().add_simple("write").add_simple("read")


class Waypoint(Custom):
    """Has a state of its own, of which nobody else knows."""

    def __init__(self, *calls):
        self.calls = calls

    def __getstate__(self):
        return self.calls

    def __setstate__(self, state):
        self.calls = state


class Shortcut(Custom):
    def __reduce__(self):
        return Shortcut, ()


@pytest.mark.parametrize("state", [("read",), ("read", "write"), ({},), (["_granted"], 1)])
def test_a_subclass_may_have_a_state_of_its_own(state):
    for duplicate in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        assert duplicate(Waypoint(*state)).calls == state
        assert type(duplicate(Shortcut())) is Shortcut


def test_pickles_of_the_first_version():
    state = {"_granted": {Rule("read", []): None}}
    with pytest.raises(TypeError, match="^this rule set was pickled by pyextrasafe 0.1: create it"):
        Custom().__setstate__(state)


def test_a_custom():
    assert issubclass(Custom, RuleSet)
    assert repr(Custom()) == "Custom()"
    assert Custom() != SystemIO()
    with pytest.raises(TypeError, match="unhashable type: 'Custom'"):
        hash(Custom())
    with pytest.raises(TypeError):
        Custom("write")


def test_methods_return_their_own_object():
    custom = Custom()
    assert custom.add_simple(sysno="write") is custom
    assert custom.add_conditional(rule=("read", [(0, "==", 0)])) is custom
    assert repr(custom) == (
        "Custom().add_simple('write')"
        ".add_conditional(Rule('read', [Compare(0, CompareOp.Equal, 0)]))"
    )


def test_adding_twice_is_adding_once():
    once = Custom().add_simple("write").add_simple(3)
    twice = Custom().add_simple("write").add_simple(3).add_simple(3).add_simple("write")
    assert_equal(once, twice)


def test_a_rule_without_comparisons_is_a_simple_one():
    assert_equal(Custom().add_conditional(("write", [])), Custom().add_simple("write"))


def test_rules_and_what_they_are_made_of():
    expected = Custom().add_conditional(Rule("write", [(0, "==", 1)]))
    assert Custom().add_conditional(("write", [(0, "==", 1)])) == expected
    assert Custom().add_conditional(["write", [[0, "==", 1]]]) == expected


@pytest.mark.parametrize(
    ("rule", "exception", "message"),
    [
        ("write", TypeError, "rule must be Rule or a tuple, not str"),
        (None, TypeError, "rule must be Rule or a tuple, not NoneType"),
        (Compare(0, "==", 1), TypeError, "rule must be Rule or a tuple, not Compare"),
        (("write",), ValueError, r"rule must be \(syscall, comparators\), not 1 items"),
        (("write", [], []), ValueError, r"rule must be \(syscall, comparators\), not 3 items"),
    ],
)
def test_no_rules(rule, exception, message):
    custom = Custom()
    with pytest.raises(exception, match=f"^{message}$"):
        custom.add_conditional(rule)
    assert custom == Custom()


# ---- Conditions that may unite -------------------------------------------------------------------


LIMITED = Rule("write", [(0, "==", 1)])


def test_a_rule_that_may_unite_is_another():
    promise, uniting = Custom().add_conditional(LIMITED), Custom()
    assert uniting.add_conditional(LIMITED, unite=True) is uniting
    assert promise != uniting
    assert promise == Custom().add_conditional(LIMITED, unite=False)
    assert repr(uniting) == f"Custom().add_conditional({LIMITED!r}, unite=True)"
    assert_equal(evaluate(repr(uniting)), uniting)
    for protocol in PROTOCOLS:
        assert_equal(pickle.loads(pickle.dumps(uniting, protocol)), uniting)
    both = Custom().add_conditional(LIMITED).add_conditional(LIMITED, unite=True)
    assert both not in (promise, uniting)
    assert both == Custom().add_conditional(LIMITED, unite=True).add_conditional(LIMITED)


@pytest.mark.parametrize("unite", [1, "yes", [0]])
def test_unite_is_a_truth_value(unite):
    uniting = Custom().add_conditional(LIMITED, unite=True)
    assert_equal(Custom().add_conditional(LIMITED, unite=unite), uniting)


def test_unite_is_a_keyword():
    with pytest.raises(TypeError, match="positional"):
        Custom().add_conditional(LIMITED, True)


def test_a_rule_without_a_condition_has_nothing_to_unite():
    assert_equal(Custom().add_conditional(("write", []), unite=True), Custom().add_simple("write"))


def test_which_rules_are_told_to_c_as_uniting():
    def flags(custom):
        return ffi.from_buffer("es_packed_rule *", custom._rules()).flags

    promise, uniting = Custom().add_conditional(LIMITED), Custom()
    uniting.add_conditional(LIMITED, unite=True)
    assert (flags(promise), flags(uniting)) == (0, lib.ES_RULE_UNITE)
    header = ffi.sizeof("es_packed_rule")
    assert uniting._rules()[header:] == promise._rules()[header:] == LIMITED._packed[header:]
    elsewhere = Custom().add_conditional(("waitpid", [(0, "==", 1)]), unite=True)
    assert elsewhere._rules() == b""


# ---- Rule sets of one's own ----------------------------------------------------------------------


class Slotted(Custom):
    __slots__ = ("level",)

    def __init__(self, level):
        self.level = level
        self.add_simple("fsync")


@pytest.mark.parametrize("cls", [Mine, Slotted])
def test_attributes_of_a_subclass_are_copied(cls):
    mine = cls(level=[5])
    assert copy.copy(mine).level is mine.level
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for other in (copy.deepcopy(mine), pickle.loads(pickle.dumps(mine, protocol))):
            assert_equal(other, mine)
            assert other.level == mine.level
            assert other.level is not mine.level


def test_a_subclass():
    assert repr(Mine()) == "Mine().add_simple('fsync')"
    assert isinstance(Mine(), RuleSet)
    assert Mine() != Custom().add_simple("fsync")
    assert type(Mine().add_simple("write")) is Mine


def test_a_subclass_that_calls_the_constructor_of_its_base():
    class Polite(Custom):
        def __init__(self):
            super().__init__()
            self.add_simple("fsync")

    assert repr(Polite()) == "Polite().add_simple('fsync')"


def test_a_subclass_of_a_subclass_with_keywords():
    class Tagged(Custom):
        def __init_subclass__(cls, tag, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.tag = tag

    class Leaf(Tagged, tag="x"):
        pass

    assert Leaf.tag == "x"
    assert repr(Leaf()) == "Leaf()"
