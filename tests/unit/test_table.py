"""The Python classes and the table of the C library say the same."""

import pytest

import pyextrasafe
from pyextrasafe import CompareOp
from pyextrasafe._ffi import ffi, lib
from pyextrasafe._rulesets.base import BuiltIn

RULESETS = {
    value.__name__: value
    for value in vars(pyextrasafe).values()
    if isinstance(value, type) and issubclass(value, BuiltIn)
}


# What methods can be called with, and what is one argument too many, too few, or of a wrong type.
TAKEN = {
    lib.ES_TAKES_NOTHING: ([()], [(0,), ("/srv",)]),
    lib.ES_TAKES_DESCRIPTOR: ([(0,)], [(), (0, 0), ("/srv",)]),
    lib.ES_TAKES_PATH: ([("/srv",), ("/srv", b"/srv")], [(), (0,)]),
    lib.ES_TAKES_PORT: ([(), (1,), (1, 65535)], [("/srv",), (1, None)]),
    lib.ES_TAKES_FILES: ([()], [("/srv",), (0,)]),
}


def text(pointer):
    return ffi.string(pointer).decode()


def table_rulesets():
    """Name, summary and index of each rule set."""
    info = ffi.new("es_ruleset_info *")
    for index in range(lib.es_ruleset_count()):
        assert lib.es_ruleset_get(index, info, ffi.sizeof("es_ruleset_info")) == lib.ES_OK
        yield text(info.name), text(info.summary), index


def table_permissions(ruleset):
    """Name, summary and argument of each public permission of a rule set; "" is its own."""
    info = ffi.new("es_permission_info *")
    for index in range(lib.es_permission_count()):
        assert lib.es_permission_get(index, info, ffi.sizeof("es_permission_info")) == lib.ES_OK
        if info.ruleset == ruleset and info.is_public:
            yield text(info.name), text(info.summary), info.takes


def first_line(documented):
    return documented.__doc__.partition("\n")[0]


def public_methods(cls):
    return {name for name in vars(cls) if not name.startswith("_")}


def test_the_same_rulesets():
    assert {name for name, _, _ in table_rulesets()} == set(RULESETS)


@pytest.mark.parametrize("cls", RULESETS.values())
def test_the_same_permissions(cls):
    index = next(index for name, _, index in table_rulesets() if name == cls.__name__)
    names = {name for name, _, _ in table_permissions(index)} - {""}
    assert public_methods(cls) == names


def test_every_public_permission_is_found_by_its_name():
    for ruleset, _, index in table_rulesets():
        for name, _, _ in table_permissions(index):
            assert lib.es_permission_find(ruleset.encode(), name.encode()) >= 0


@pytest.mark.parametrize("cls", RULESETS.values())
def test_summaries_are_the_first_lines_of_the_docstrings(cls):
    _, summary, index = next(row for row in table_rulesets() if row[0] == cls.__name__)
    assert first_line(cls) == summary
    for name, summary, _ in table_permissions(index):
        if name:
            assert first_line(getattr(cls, name)) == summary
        else:
            assert summary in " ".join(cls.__doc__.split())


@pytest.mark.parametrize("cls", RULESETS.values())
def test_methods_take_what_the_permission_takes(cls):
    index = next(index for name, _, index in table_rulesets() if name == cls.__name__)
    for name, _, takes in table_permissions(index):
        if not name:
            continue
        method = getattr(cls() if name != "everything" else cls, name)
        good, wrong = TAKEN[takes]
        for arguments in good:
            method(*arguments)
        for arguments in wrong:
            with pytest.raises(TypeError):
                method(*arguments)


def test_operators_are_in_the_order_of_c():
    in_c = {
        "Less": lib.ES_LESS,
        "LessOrEqual": lib.ES_LESS_OR_EQUAL,
        "Equal": lib.ES_EQUAL,
        "NotEqual": lib.ES_NOT_EQUAL,
        "GreaterEqual": lib.ES_GREATER_EQUAL,
        "Greater": lib.ES_GREATER,
    }
    for name, code in in_c.items():
        assert getattr(CompareOp, name)._code == code
    assert CompareOp.MaskedEqual(1)._code == lib.ES_MASKED_EQUAL
