"""The programs of a folder of examples, as a folder of tests with the same name knows them."""

import pathlib

from .program import Program
from .where import installed

ROOT = pathlib.Path(__file__).parents[2]


class Collection:
    """The programs of examples/NAME; tests/NAME registers them, and has their visitors."""

    def __init__(self, name, group):
        """group: the dependency group that has the packages of the programs."""
        self.folder = ROOT / "examples" / name
        self._visitors = ROOT / "tests" / name / "visitors"
        self._installed = installed(group)
        self._all = []

    def program(self, **details):
        """Register a program. What is decorated looks at its effects, and is named as its file."""

        def register(check):
            path = self.folder / f"{check.__name__}.py"
            self._all.append(Program(path, self._visitors, check, **details))

        return register

    def here(self):
        """The programs that this interpreter has the packages for."""
        return [program for program in self._all if self._installed.issuperset(program.packages)]

    def permissions(self):
        """Each permission of each of these: pairs of program and name."""
        return [(program, name) for program in self.here() for name in program.permissions()]

    def check_complete(self):
        """Fail unless there is a test for every file."""
        programs = {program.name for program in self._all}
        visitors = {program.visitor for program in self._all if program.visitor}
        assert {path.stem for path in self.folder.glob("*.py")} == programs
        assert {path.stem for path in self._visitors.glob("*.py")} == visitors
