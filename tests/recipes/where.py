"""Which programs run on which interpreter: those that need no package on all, the others where
the group ``programs`` of pyproject.toml installs what they need. The reasons are there.
"""

import pathlib
import sys

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = pathlib.Path(__file__).parents[2] / "pyproject.toml"


def installed():
    """The names of the packages that this interpreter has."""
    groups = tomllib.loads(PYPROJECT.read_text())["dependency-groups"]
    requirements = map(Requirement, groups["programs"])
    return {
        requirement.name
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


PACKAGES = installed()


def here(program):
    return set(program.packages) <= PACKAGES
