"""All attempts, a test for each group, on one interpreter, since they are about the filter.

``./dev escape`` makes the same ones on every interpreter, and records them.
"""

import pathlib
import re

import pytest

from . import record, suite

THREAT_MODEL = pathlib.Path(__file__).parents[2] / "docs" / "threat-model.rst"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return suite.build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def run(tmp_path, built):
    """run(name) makes the attempts of a group."""
    return lambda name: suite.run(name, tmp_path, built)


@pytest.mark.once
@pytest.mark.parametrize("name", suite.GROUPS)
def test_nothing_gets_out(run, name):
    group = run(name)
    assert group.count() > 0
    assert not group.faults(), "\n".join(group.faults())
    if suite.privileged():
        assert not group.unproven(), "\n".join(group.unproven())
    made = [record.claim(line) for line in record.lines(group)]
    recorded = [record.claim(line) for line in record.read() if line["group"] == name]
    assert made == recorded, "run ./dev escape"


@pytest.mark.once
@pytest.mark.parametrize(("name", "abi"), [("paths", 2), ("paths", 3), ("ports", 4)])
def test_nothing_gets_out_with_an_older_abi(run, monkeypatch, name, abi):
    """The filter makes up for what Landlock did not limit then."""
    monkeypatch.setenv("PYEXTRASAFE_LANDLOCK_ABI", str(abi))
    group = run(name)
    assert group.count() > 0
    assert not group.faults(), "\n".join(group.faults())


@pytest.mark.once
def test_what_is_admitted_has_a_reason():
    linked = {line["reason"] for line in record.read()} - {""}
    explained = set(re.findall(r"^\.\. _(threat-[\w-]+):$", THREAT_MODEL.read_text(), re.M))
    assert linked
    assert linked <= explained


@pytest.mark.once
def test_every_group_is_run():
    modules = {path.stem for path in (suite.INSIDE / "attempts").glob("*.py")}
    assert modules == {"__init__", "mistakes", *suite.GROUPS}


def test_the_suite_notices(run):
    """inside/attempts/mistakes.py claims what is not so."""
    group = run("mistakes")
    found = {
        row["title"]: [fault.partition(": ")[2].partition(" (")[0] for fault in row["unexpected"]]
        for row in group.rows
    }
    assert found == {
        "refused, but it is allowed": ["the effect happens: ok"],
        "refused, but the kernel answers": ["the filter lets it through: EBADF"],
        "harmless, but it is not": ["the effect happens: ok"],
        "admitted, but it is refused": ["the effect does not happen: EPERM"],
        "refused, and it ends the process": ["the filter lets it through: SIGKILL"],
        "refused, and the process exits": ["the filter lets it through: ENOENT"],
        "refused, and it is": [],
        "refused, but it hangs": ["hang"],
        "refused, but it is broken": ["broke: ZeroDivisionError: division by zero"],
        "refused, but it is not locked down": ["broke: RuntimeError: no filter"],
        "its effect never happens": [],
    }
    assert group.unproven() == ["its effect never happens: without a filter ok"]
    assert group.unexpected() == 2 * sum(map(len, found.values()))
