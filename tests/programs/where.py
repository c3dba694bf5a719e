"""Which programs run on which interpreter: those that need no package on all, the others where a
dependency group of pyproject.toml installs what they need. The reasons are there. PACKAGES in the
environment names the groups that ./dev installs, where these are not all.
"""

import os
import pathlib
import sys

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = pathlib.Path(__file__).parents[2] / "pyproject.toml"


def installed(group):
    """The names of the packages of a group that this interpreter has."""
    if group not in os.environ.get("PACKAGES", group).split():
        return set()
    groups = tomllib.loads(PYPROJECT.read_text())["dependency-groups"]
    requirements = map(Requirement, groups[group])
    return {
        requirement.name
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }
