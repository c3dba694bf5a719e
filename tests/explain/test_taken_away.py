"""Each recipe and application without one of its permissions: its explanation names that one."""

import re

import pytest
from applications import APPLICATIONS, data, files, web  # noqa: F401  they register programs
from programs import chain
from recipes import RECIPES, network, packages, processes, suites  # noqa: F401
from recipes import files as files_of_recipes  # noqa: F401

PROGRAMS = [*RECIPES.here(), *APPLICATIONS.here()]
TAKEN_AWAY = [*RECIPES.permissions(), *APPLICATIONS.permissions()]


def method(code):
    """The method of code as "SystemIO().allow_read_path('/srv')", or the rule set."""
    return re.search(r"(\w+)\([^()]*\)$", code).group(1)


def from_blocks(text):
    """What blocks say: calls, needs, and frames."""
    found = []
    for block in re.split(r"^pyextrasafe: denied ", text, flags=re.MULTILINE)[1:]:
        call = block.partition("(")[0]
        needs = re.search(r"^  needs (.*)$", block, re.MULTILINE)
        frames = re.findall(r'^  File "(.*)", line (\d+) in (.*)$', block, re.MULTILINE)
        found.append((call, needs.group(1).split(" or ") if needs else [], frames))
    return found


def judge(permission, path, denials):
    """How well denials explain that a permission is missing."""
    wanted = chain.method(permission)
    if wanted.startswith("add_"):
        named = [re.search(r"\w+", permission[len(wanted) :].replace("Rule(", "")).group()]
        fitting = [(call in named, frames) for call, _, frames in denials]
    else:
        firsts = [(bool(needs) and method(needs[0]) == wanted, frames) for _, needs, frames in denials]
        if any(first for first, _ in firsts):
            fitting = firsts
        else:
            fitting = [
                (wanted in map(method, needs), frames) for _, needs, frames in denials
            ]
            if any(it for it, _ in fitting):
                return "also right"
    if not denials:
        return "silent"
    if not any(it for it, _ in fitting):
        return "wrong"
    lines = [frames for it, frames in fitting if it and any(frame[0] == path for frame in frames)]
    return "right" if lines else "right, without the line"


@pytest.mark.once
@pytest.mark.parametrize(("program", "permission"), TAKEN_AWAY, ids=str)
def test_the_explanation_names_it(program, permission, play):
    result = play(program, without=permission, explain=True)
    denials = from_blocks((result.directory / "explained").read_text())
    verdict = judge(permission, result.notes["program"], denials)
    print("VERDICT", program, permission, verdict)
    assert verdict in ("right", "also right"), (
        f"{verdict}: {[(call, needs) for call, needs, _ in denials]}\n{result}"
    )
