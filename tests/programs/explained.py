"""What explanations say of a program that lacks a permission."""

import re

from pyextrasafe import ForkAndExec, Networking, SafetyContext, SystemIO, Threads, Time

from . import chain


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
    return code == wanted + "()" or method(code) == wanted


def calls_of(permission):
    """The names of the calls that a permission allows."""
    name = chain.method(chain.whole(permission))
    if name.startswith("add_"):
        call = re.search(r"['\"](\w+)['\"]", permission)
        return {call.group(1)} if call else set()
    for kind in (SystemIO, Networking, Threads, ForkAndExec, Time):
        made = kind() if name in (kind.__name__, *dir(kind)) else None
        if made is None:
            continue
        for arguments in [()] if name == kind.__name__ else [("/",), (1,), ()]:
            try:
                made = getattr(made, name)(*arguments) if name != kind.__name__ else made
            except TypeError:
                continue
            text = SafetyContext().enable(made).compile().disassemble()
            return set(re.findall(rf"^; (\w+): \S*{name}", text, re.MULTILINE))
    return set()


def judge(permission, path, denials):
    """How well denials explain that a permission is missing.

    "right": a block names it first, and a line of the program.  "also right": what a block names
    first is another permission for a call that this one allows, or a rule of Custom is missing.
    """
    if not denials:
        return "silent"
    first = [frames for _, needs, frames in denials if needs and is_meant(needs[0], permission)]
    if first:
        return found("right", first, path)
    calls = calls_of(permission)
    later = [frames for call, _, frames in denials if call in calls]
    return found("also right", later, path)


def found(verdict, stacks, path):
    """The verdict, with what is missing from it."""
    if not stacks:
        return "wrong"
    # An application may import its parts from beside it.
    folder = path.rpartition("/")[0]
    here = any(file.startswith(folder) for frames in stacks for file, _, _ in frames)
    return verdict if here else f"{verdict}, without a line"


# Why explanations do not lead to a permission, or not to a line of the program.
IN_A_THREAD = "it is denied in a thread of a library, below which no line of the program is"
BY_A_CHILD = "it is denied to a program that was started"
TOO_LATE = "it may not be needed any more"
_ALLOWED = {
    IN_A_THREAD: ("right, without a line", "also right, without a line"),
    # "wrong": other calls are denied meanwhile, without which the program goes on.
    BY_A_CHILD: ("silent", "wrong"),
    TOO_LATE: ("silent", "wrong", "right, without a line"),
}


def check(play, program, permission, reasons):
    """Fail unless a program fails without a permission, and its explanations lead to it.

    reasons: why they cannot, by program and permission.
    """
    result = play(program, without=permission, explain=True)
    program.check_refusal(permission, result)
    blocks = (result.directory / "explained").read_text()
    denials = result.notes.get("denials") or from_blocks(blocks)
    verdict = judge(permission, result.notes["program"], denials)
    print("VERDICT", program, permission, verdict)
    reason = reasons.get((program.name, chain.whole(permission)))
    assert verdict in ("right", "also right", *_ALLOWED.get(reason, ())), (
        f"{verdict}: {[(call, needs) for call, needs, _ in denials]}\n{result}"
    )
