"""What every peer is given: files with the policies, and a folder with paths to limit."""

import json

import policies
import rules as granted
from environments import BUILD

QUICK_EXAMPLE = "quick-example"

JSON = BUILD / "policies.json"
TEXT = BUILD / "policies.txt"

#: The folder with what workers/limiting.py grants: folders to read, and others to write as well.
LIMITS = BUILD / "limits"


def complete(policy):
    """Return the name of the policy together with BasicCapabilities, which pyextrasafe adds."""
    return f"{policy}+basic"


def _all():
    basic = granted.rules_of("BasicCapabilities")
    bare = policies.read()
    quick = [granted.rules_of("SystemIO", name) for name in ("allow_stdout", "allow_stderr")]
    return {
        **bare,
        **{complete(name): granted.united(rules, basic) for name, rules in bare.items()},
        complete(QUICK_EXAMPLE): granted.united(*quick, basic),
    }


def _line(name, comparisons):
    """Return a rule as the C program reads it, see core/policy.c."""
    words = ["rule", name]
    for argument, op, datum in comparisons:
        words += [argument, *(["&", op] if isinstance(op, int) else [op, 0]), datum]
    return " ".join(map(str, words))


def _write_limits():
    for kind, count in (("read", 4), ("write", 2)):
        for number in range(count):
            folder = LIMITS / kind / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "file").touch()


def write():
    _write_limits()
    given = _all()
    JSON.write_text(json.dumps(given), encoding="utf-8")
    lines = []
    for name, rules in given.items():
        lines += [f"policy {name}", *(_line(*rule) for rule in rules)]
    TEXT.write_text("\n".join(lines) + "\n", encoding="utf-8")
