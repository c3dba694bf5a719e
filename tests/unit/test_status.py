"""Status as a value, and what status() refuses; tests/kernel/test_status.py has what it finds."""

import copy
import pickle

import pytest

from pyextrasafe import Status, status

LAST_PID = 2**31 - 1


def made(**fields):
    return Status._make(**{**dict.fromkeys(Status.__slots__), **fields})


FREE = made(confined=False, filters=0, layers=0, no_new_privs=False)
CONFINED = made(
    confined=True, filters=2, layers=1, digest="0123456789ab", no_new_privs=True, threads={7: FREE}
)


def test_it_cannot_be_made():
    with pytest.raises(TypeError, match=r"call status\(\)"):
        Status()
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (Status,), {})


@pytest.mark.parametrize("name", [*Status.__slots__, "other"])
def test_it_does_not_change(name):
    with pytest.raises(AttributeError):
        setattr(CONFINED, name, None)
    with pytest.raises(AttributeError):
        delattr(CONFINED, name)


@pytest.mark.parametrize("value", [FREE, CONFINED])
def test_copies_are_equal(value):
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(other) is Status
        assert other == value
        assert str(other) == str(value)
    assert value != made()


@pytest.mark.parametrize("name", [name for name in Status.__slots__ if name != "landlock"])
def test_every_field_counts(name):
    fields = {other: getattr(CONFINED, other) for other in Status.__slots__}
    assert made(**fields) == CONFINED
    assert made(**{**fields, name: "another"}) != CONFINED


def test_it_has_no_hash():
    with pytest.raises(TypeError):
        hash(CONFINED)


def test_it_is_printed():
    assert repr(CONFINED) == "<Status confined=True layers=1 digest=0123456789ab>"
    assert repr(FREE) == "<Status confined=False layers=0 digest=None>"


def lines(value):
    return [line.split(None, 1) for line in str(value).splitlines()]


def test_text():
    assert lines(CONFINED) == [
        ["confined", "yes, by one context, the last one 0123456789ab"],
        ["filters", "2"],
        ["no_new_privs", "yes"],
        ["threads", "1, filters: 0"],
        ["landlock", "no"],
    ]
    assert lines(FREE) == [
        ["confined", "no"],
        ["filters", "0"],
        ["no_new_privs", "no"],
        ["threads", "not known"],
        ["landlock", "no"],
    ]
    assert lines(made(why="nobody asked", threads={1: CONFINED, 2: FREE, 3: CONFINED})) == [
        ["confined", "not known: nobody asked"],
        ["filters", "not known"],
        ["no_new_privs", "not known"],
        ["threads", "3, filters: 0, 2"],
        ["landlock", "no"],
    ]
    several = made(confined=True, layers=12, digest="0" * 12)
    assert lines(several)[0][1] == "yes, by 12 contexts, the last one 000000000000"


@pytest.mark.parametrize("pid", ["1", 1.0, True, [1], b"1"])
def test_wrong_types(pid):
    with pytest.raises(TypeError):
        status(pid)


@pytest.mark.parametrize("pid", [0, -1, LAST_PID + 1, 2**64])
def test_out_of_range(pid):
    with pytest.raises(ValueError, match=f"from 1 to {LAST_PID}"):
        status(pid)


def test_no_such_process():
    with pytest.raises(ProcessLookupError, match=str(LAST_PID)):
        status(LAST_PID)


class Index:
    def __index__(self):
        return 1


def test_whatever_is_an_integer():
    assert status(Index()).threads.keys() == status(1).threads.keys()
