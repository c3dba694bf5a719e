"""What the lists of tests/table/cases say of this machine's calls."""

import itertools

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
        """The permission, and its rule set; one that grants nothing by itself has no list."""
        sections = self._lists.sections
        assert permission in sections or permission.endswith(".itself"), permission
        itself = f"{permission.partition('.')[0]}.itself"
        return [name for name in dict.fromkeys((itself, permission)) if name in sections]

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
        pairs = itertools.product(self._listed(limit), self._listed(other))
        return [call for pair in pairs for call in self._lists.lifted(*pair)]

    def lifted_rights(self, limit, other):
        """The rights that one promises for its path or port, and the other grants everywhere."""
        promised = [self._lists.rights(name).promised for name in self._listed(limit)]
        lifted = self._lists.lifted_rights([*self._listed(limit), *self._listed(other)])
        return [right for right in promised if right & lifted]
