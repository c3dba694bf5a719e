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


def is_meant(code, permission):
    """Is code what allows what was taken away, whatever its paths and ports are?"""
    wanted = chain.method(chain.whole(permission))
    return wanted == code.partition("(")[0] if code[0].isupper() and "." not in code else (
        method(code) == wanted
    )


def judge(permission, path, denials):
    """How well denials explain that a permission is missing.

    "right": a block names it first, and a line of the program.  "also right": what a block names
    first is not it, but allows the call as well; or a rule of Custom is missing.
    """
    if not denials:
        return "silent"
    if permission.startswith("add_"):
        call = re.search(r'"(\w+)"|(\w+)', permission.partition("(")[2].replace("Rule(", ""))
        fitting = [frames for name, _, frames in denials if name == call.group(call.lastindex)]
        return found("also right", fitting, path)
    first = [frames for _, needs, frames in denials if needs and is_meant(needs[0], permission)]
    if first:
        return found("right", first, path)
    later = [frames for _, needs, frames in denials if any(is_meant(it, permission) for it in needs)]
    return found("also right", later, path)


def found(verdict, stacks, path):
    """The verdict, with what is missing from it."""
    if not stacks:
        return "wrong"
    here = any(file == path for frames in stacks for file, _, _ in frames)
    return verdict if here else f"{verdict}, without a line"


@pytest.mark.once
@pytest.mark.parametrize(("program", "permission"), TAKEN_AWAY, ids=str)
def test_the_explanation_names_it(program, permission, play):
    result = play(program, without=permission, explain=True)
    blocks = (result.directory / "explained").read_text()
    denials = result.notes.get("denials") or from_blocks(blocks)
    verdict = judge(permission, result.notes["program"], denials)
    print("VERDICT", program, permission, verdict)
    assert verdict in ("right", "also right"), (
        f"{verdict}: {[(call, needs) for call, needs, _ in denials]}\n{result}"
    )
