"""What the lists of tests/table/cases say of this machine's calls."""

from table import cases, constants

from . import box
from .inside.permissions import GIVEN

NO_PROCESS = 2**30  # for lines about the own one, which no probe is about


class Judge:
    """The lists, where permissions have been given the descriptor of inside/permissions.py."""

    def __init__(self, folder):
        self._lists = cases.Lists(constants.read(folder), GIVEN, NO_PROCESS)
        self._numbers = box.call_numbers()

    def _listed(self, permission):
        """The permission; a rule set that grants nothing by itself has no list."""
        known = permission in self._lists.sections
        assert known or permission.endswith(".itself"), permission
        return [permission] if known else []

    def refusal(self, permission, call, *arguments):
        """The errno with which a permission, alone, leaves a call refused; None if it is let
        through."""
        return self.refusal_beside([permission], call, *arguments)

    def refusal_beside(self, permissions, call, *arguments):
        """The same of permissions that are granted together."""
        absent = self._lists.is_absent(call, lambda name: self._numbers.get(name, -1))
        words = [argument & cases.FULL for argument in arguments]
        words += [0] * (cases.ARGUMENTS - len(words))
        listed = [name for permission in permissions for name in self._listed(permission)]
        (decision,) = self._lists.expected(listed, call, absent, [tuple(words)])
        return None if decision == cases.ALLOW else decision & 0xFFFF

    def allows(self, permission, call, *arguments):
        return self.refusal(permission, call, *arguments) is None

    def lifted(self, limit, other):
        """The calls that one permission promises to limit, and the other allows anyhow."""
        if not self._listed(limit) or not self._listed(other):
            return []
        return self._lists.lifted(limit, other)
