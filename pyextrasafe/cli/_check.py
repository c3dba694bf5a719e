"""check: whether a policy can be applied here."""

import mmap
import os

from pyextrasafe import ExtraSafeError, _limits

from ._command import read
from ._terminal import GREEN, RED, painted, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyextrasafe import SafetyContext

    from ._command import Commands

_ROOM = 1 << 16


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "check",
        run,
        summary="check whether a policy can be applied here",
        description=(
            "Read a policy, compile it, look for its paths, and apply it in a child process that "
            "exits at once. Print a line for each of these steps. The lines say whether the kernel "
            "accepts the policy, and which ABI of Landlock the kernel has."
        ),
        examples={"pyextrasafe check policy.toml": "check before you deploy the program"},
        statuses={0: "the policy can be applied", 1: "it cannot be applied; the lines say why"},
    )
    command.add_policy()


def run(options: "Any") -> int:
    """Do it."""
    context = read(options.policy)
    good, bad = _findings(context)
    for sentence in good:
        write(f"{painted('ok', GREEN)}: {sentence}")
    for sentence in bad:
        write(f"{painted('failed', RED)}: {sentence}")
    return 1 if bad else 0


def _findings(context: "SafetyContext") -> "tuple[list[str], list[str]]":
    """Return what is good, and what is not."""
    good = ["it is a policy file"]
    try:
        filter = context.compile()  # noqa: A001
    except ExtraSafeError as error:
        return good, [str(error)]
    good.append(f"there is no contradiction, and the filter has {len(filter)} instructions")
    named = {
        grant.origin.path: grant.origin.code
        for grant in filter._grants
        if grant.origin.path is not None and not grant.origin.is_ready_made
    }
    missing = [
        f"{code}: there is no {path!r}" for path, code in named.items() if not os.path.exists(path)
    ]
    if missing:
        return good, missing
    failure, notes = _try(context)
    return (good, [failure]) if failure else (good + notes, [])


def _try(context: "SafetyContext") -> "tuple[str, list[str]]":
    """Apply a context in a child; return what fails, and what is to be said otherwise."""
    with mmap.mmap(-1, _ROOM) as shared:  # which a child can write to, whatever is denied
        child = os.fork()
        if not child:
            _apply(context, shared)
        _, status = os.waitpid(child, 0)
        lines = shared[:].rstrip(b"\0").decode("utf-8", "replace").split("\n")
    if status:
        return lines[0] or f"the process that applied it ended with {status:#x}", []
    return "", lines


def _apply(context: "SafetyContext", shared: "mmap.mmap") -> None:
    """Do it, in the child."""
    status, lines = 1, [""]
    try:
        context.apply_to_all_threads()
        status, lines = 0, ["the kernel accepts it"]
        for abi, _, left_out, _ in _limits._applied[-1:]:
            lines += [f"paths and ports are limited by ABI {abi} of Landlock", *left_out]
    except ExtraSafeError as error:
        lines = [" ".join(str(error).split("\n"))]
    finally:
        data = "\n".join(lines).encode("utf-8", "replace")[:_ROOM]
        shared[: len(data)] = data
        os._exit(status)
