"""The built-in rule sets as Python objects."""

import copy
import enum
import inspect
import pickle
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyextrasafe
from pyextrasafe import (
    BasicCapabilities,
    Custom,
    ForkAndExec,
    RuleSet,
    SystemIO,
)
from pyextrasafe._rulesets.base import BuiltIn

CLASSES = BuiltIn.__subclasses__()


def with_parameter(parameter):
    """The methods that have a parameter of this name."""
    return {
        name
        for cls in CLASSES
        for name, method in vars(cls).items()
        if name.startswith("allow_") and parameter in inspect.signature(method).parameters
    }


WITH_DESCRIPTOR = with_parameter("fileno")
WITH_PATHS = with_parameter("paths")
WITH_PORTS = with_parameter("numbers")
MAX_DESCRIPTOR = 2**31 - 1


def methods(cls):
    return sorted(name for name in vars(cls) if name.startswith("allow_"))


def make(cls, calls):
    """Carry out (name, arguments); everything can only be the first."""
    if calls[:1] == [("everything", ())]:
        ruleset, calls = cls.everything(), calls[1:]
    else:
        ruleset = cls()
    for name, arguments in calls:
        getattr(ruleset, name)(*arguments)
    return ruleset


PATHS = st.sampled_from(["/", "/srv", "/srv/../etc", "/caf\u00e9", "/\udce9", "/it's", "/a b"])


def arguments_of(name):
    """One argument at most, so that what is granted can be seen from the calls."""
    if name in WITH_DESCRIPTOR:
        return st.tuples(st.one_of(st.integers(0, 3), st.integers(0, MAX_DESCRIPTOR)))
    if name in WITH_PATHS:
        return st.tuples(PATHS)
    if name in WITH_PORTS:
        return st.one_of(st.just(()), st.tuples(st.integers(1, 65535)))
    return st.just(())


@st.composite
def classes_and_calls(draw):
    cls = draw(st.sampled_from(CLASSES))
    calls = []
    if methods(cls):
        names = draw(st.lists(st.sampled_from(methods(cls)), max_size=8))
        calls += [(name, draw(arguments_of(name))) for name in names]
    if cls is SystemIO and draw(st.booleans()):
        calls.insert(0, ("everything", ()))
    return cls, calls


def evaluate(expression):
    return eval(expression, vars(pyextrasafe).copy())


def assert_equal(one, other):
    assert one == other
    assert (one != other) is False
    assert type(one) is type(other)
    assert repr(one) == repr(other)


# ---- Values --------------------------------------------------------------------------------------


@given(classes_and_calls())
def test_repr_evaluates_to_an_equal_object(case):
    ruleset = make(*case)
    assert_equal(evaluate(repr(ruleset)), ruleset)


@given(classes_and_calls(), st.sampled_from(range(pickle.HIGHEST_PROTOCOL + 1)))
def test_pickles(case, protocol):
    ruleset = make(*case)
    assert_equal(pickle.loads(pickle.dumps(ruleset, protocol)), ruleset)


@given(classes_and_calls())
def test_copies(case):
    ruleset = make(*case)
    assert_equal(copy.copy(ruleset), ruleset)
    assert_equal(copy.deepcopy(ruleset), ruleset)


@given(classes_and_calls(), classes_and_calls())
def test_equal_are_those_of_one_class_with_the_same_permissions(one, other):
    same = one[0] is other[0] and set(one[1]) == set(other[1])
    assert (make(*one) == make(*other)) is same
    assert (make(*one) != make(*other)) is not same


@given(classes_and_calls(), st.randoms())
def test_order_and_repetition_make_no_difference(case, random):
    cls, calls = case
    start = calls[:1] if calls[:1] == [("everything", ())] else []
    shuffled = calls[len(start) :] * 2
    random.shuffle(shuffled)
    assert make(cls, start + shuffled) == make(cls, calls)


@pytest.mark.parametrize(
    ("ruleset", "expected"),
    [
        (BasicCapabilities(), "BasicCapabilities()"),
        (ForkAndExec(), "ForkAndExec()"),
        (
            SystemIO().allow_stdout().allow_file_read(5).allow_stdout(),
            "SystemIO().allow_stdout().allow_file_read(5)",
        ),
        (
            SystemIO().allow_file_read(5).allow_stdout().allow_file_read(fileno=6),
            "SystemIO().allow_file_read(5).allow_stdout().allow_file_read(6)",
        ),
        (SystemIO.everything(), "SystemIO.everything()"),
        (SystemIO.everything().allow_close(), "SystemIO.everything().allow_close()"),
    ],
)
def test_repr_is_the_code_that_made_it(ruleset, expected):
    assert repr(ruleset) == expected


@pytest.mark.parametrize("cls", CLASSES)
def test_no_other_object_is_equal(cls):
    assert cls() != cls
    assert cls() != repr(cls())
    assert cls() != Custom()
    assert cls() is not None


@pytest.mark.parametrize("cls", CLASSES)
def test_other_classes_may_say_that_they_are_equal(cls):
    assert cls() == mock.ANY


@pytest.mark.parametrize("cls", CLASSES)
def test_not_hashable(cls):
    with pytest.raises(TypeError, match=f"unhashable type: '{cls.__name__}'"):
        hash(cls())


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(duplicate):
    ruleset = SystemIO().allow_stdout()
    other = duplicate(ruleset)
    other.allow_stderr()
    assert repr(ruleset) == "SystemIO().allow_stdout()"
    ruleset.allow_stdin()
    assert repr(other) == "SystemIO().allow_stdout().allow_stderr()"


def test_a_pickle_holds_names_and_no_indexes():
    _, arguments = SystemIO().allow_stdout().allow_file_write(7).__reduce__()
    assert arguments == (SystemIO, ("allow_stdout", None), ("allow_file_write", 7))


def test_a_pickle_of_a_permission_that_is_gone_is_refused():
    rebuild, arguments = SystemIO().allow_stdout().__reduce__()
    with pytest.raises(ValueError, match="SystemIO has no permission 'allow_telepathy'"):
        rebuild(*arguments, ("allow_telepathy", None))


# ---- Methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cls", "name"), [(cls, name) for cls in CLASSES for name in methods(cls)])
def test_every_method_returns_its_own_object(cls, name):
    ruleset = cls()
    arguments = (4,) if name in WITH_DESCRIPTOR else ("/srv",) if name in WITH_PATHS else ()
    assert getattr(ruleset, name)(*arguments) is ruleset


def test_everything_makes_a_new_object():
    assert type(SystemIO.everything()) is SystemIO
    assert SystemIO.everything() is not SystemIO.everything()


def test_everything_drops_no_permission():
    with pytest.raises(TypeError) as raised:
        SystemIO().allow_read_path("/etc").everything()
    assert str(raised.value) == (
        "SystemIO.everything() makes a new object, and would drop "
        "SystemIO().allow_read_path('/etc'): write SystemIO.everything() alone"
    )
    assert SystemIO().everything() == SystemIO.everything()


class Three:
    def __index__(self):
        return 3


class Lucky(enum.IntEnum):
    THREE = 3


class Sub(int):
    pass


@pytest.mark.parametrize("name", sorted(WITH_DESCRIPTOR))
@pytest.mark.parametrize("fileno", [Three(), Lucky.THREE, Sub(3)])
def test_descriptors_are_what_has_an_index(name, fileno):
    ruleset = getattr(SystemIO(), name)(fileno)
    assert ruleset == getattr(SystemIO(), name)(3)
    assert repr(ruleset) == f"SystemIO().{name}(3)"


@pytest.mark.parametrize("name", sorted(WITH_DESCRIPTOR))
@pytest.mark.parametrize("fileno", [True, False, 1.0, "1", b"1", None, [], SystemIO()])
def test_descriptors_of_a_wrong_type(name, fileno):
    ruleset = SystemIO().allow_stdout()
    with pytest.raises(TypeError) as caught:
        getattr(ruleset, name)(fileno)
    kind = type(fileno).__name__
    assert str(caught.value) == f"'{kind}' object cannot be interpreted as an integer"
    assert ruleset == SystemIO().allow_stdout()


@pytest.mark.parametrize("name", sorted(WITH_DESCRIPTOR))
@pytest.mark.parametrize("fileno", [-1, -100, 2**31, 2**32, 2**64, 10**30, -(10**30)])
def test_descriptors_out_of_range(name, fileno):
    ruleset = SystemIO().allow_stdout()
    with pytest.raises(ValueError, match=f"^file descriptor cannot be .*\\({fileno}\\)$"):
        getattr(ruleset, name)(fileno)
    assert ruleset == SystemIO().allow_stdout()


class File:
    def fileno(self):
        return 5


class FileAndNumber(File):
    def __index__(self):
        return 7


def test_files_in_place_of_descriptors():
    message = "^'File' object cannot be interpreted as an integer: pass .fileno\\(\\)$"
    for method in (SystemIO().allow_file_read, SystemIO().allow_file_write):
        with pytest.raises(TypeError, match=message):
            method(File())
    assert SystemIO().allow_file_read(FileAndNumber()) == SystemIO().allow_file_read(7)


@pytest.mark.parametrize("fileno", [0, 1, 2, MAX_DESCRIPTOR])
def test_descriptors_at_the_edges(fileno):
    assert repr(SystemIO().allow_file_read(fileno)) == f"SystemIO().allow_file_read({fileno})"


# ---- Classes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", CLASSES)
def test_final(cls):
    refusal = f"^type '{cls.__name__}' is not an acceptable base type: derive from Custom$"
    with pytest.raises(TypeError, match=refusal):
        type("Mine", (cls,), {})
    with pytest.raises(TypeError, match="is not an acceptable base type: derive from Custom$"):
        type("Mine", (Custom, cls), {})


@pytest.mark.parametrize("cls", CLASSES)
def test_constructors_take_nothing(cls):
    with pytest.raises(TypeError):
        cls(1)
    with pytest.raises(TypeError):
        cls(fileno=1)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_ruleset(cls):
    assert issubclass(cls, RuleSet)


def test_ruleset_is_abstract():
    with pytest.raises(TypeError, match=r"^Can't instantiate abstract class RuleSet$"):
        RuleSet()


def test_ruleset_refuses_subclasses():
    with pytest.raises(TypeError, match=r"'RuleSet' is not an acceptable base type.*Custom"):
        type("Mine", (RuleSet,), {})
    with pytest.raises(TypeError, match=r"'RuleSet' is not an acceptable base type.*Custom"):
        type("Mine", (dict, RuleSet), {})
