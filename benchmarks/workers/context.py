"""From a context to a filter in force: pyextrasafe, this one and the published one.

The file with the policies is the argument.
"""

import json
import sys
from functools import partial
from pathlib import Path

from answering import answer_all, enforce_rehearsed

import pyextrasafe


def enforcer(*rulesets):
    def enforce():
        pyextrasafe.SafetyContext().enable(*rulesets).apply_to_current_thread()

    return partial(enforce_rehearsed, enforce)


def custom(rules):
    ruleset = pyextrasafe.Custom()
    for rule in rules:
        ruleset.add_conditional(rule)
    return ruleset


ENFORCERS = {
    "quick-example": enforcer(
        pyextrasafe.BasicCapabilities(), pyextrasafe.SystemIO().allow_stdout().allow_stderr()
    )
}
if hasattr(pyextrasafe, "Custom"):
    policies = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for name, rules in policies.items():
        ENFORCERS[name] = enforcer(custom(rules))

answer_all(ENFORCERS)
