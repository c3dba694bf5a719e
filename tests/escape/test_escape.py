"""All attempts, a test for each group. ``./dev escape`` prints the same as a table."""

import pathlib
import re

import pytest

from . import page, suite

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "escapes.rst"
THREAT_MODEL = PAGE.with_name("threat-model.rst")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return suite.build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def run(tmp_path, built):
    """run(name) makes the attempts of a group."""
    return lambda name: suite.run(name, tmp_path, built)


@pytest.mark.parametrize("name", suite.GROUPS)
def test_nothing_gets_out(run, name):
    group = run(name)
    assert group.count() > 0
    assert not group.faults(), "\n".join(group.faults())
    if suite.privileged():
        assert not group.unproven(), "\n".join(group.unproven())
    the_page_says_the_same(group)


def the_page_says_the_same(group):
    """About what does not depend on the machine. ``./dev escape`` writes it anew."""
    written = PAGE.read_text()
    for row, form in page.merged(group.rows):
        title, effect, under, expected = page.claim(row, form)
        start = f"   * - {title}\n     - {effect}\n     - {under}\n"
        found = re.findall(re.escape(start) + r"     -.*\n     -.*\n     - (.*)\n", written)
        assert found == [expected], f"{title}, under {under}: run ./dev escape"


def test_what_is_admitted_has_a_reason():
    linked = set(re.findall(r"<(threat-[\w-]+)>", PAGE.read_text()))
    explained = set(re.findall(r"^\.\. _(threat-[\w-]+):$", THREAT_MODEL.read_text(), re.M))
    assert linked
    assert linked <= explained


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
        "its effect never happens": [],
    }
    assert group.unproven() == ["its effect never happens: without a filter ok"]
    assert group.unexpected() == 2 * sum(map(len, found.values()))
