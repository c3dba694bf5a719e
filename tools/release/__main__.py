"""python -m release COMMAND ..., in tools/: ./dev wheel calls it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def absolute(path: str) -> Path:
    """Return a path for other folders; the interpreter of an environment is a link that counts."""
    return Path(os.path.abspath(path))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make the source distribution and the wheels")
    build.add_argument("--native", action="store_true", help="only for glibc on this machine")
    build.add_argument("builders", nargs="+", type=absolute, metavar="INTERPRETER")
    commands.add_parser("check", help="look at what was made")
    trial = commands.add_parser("try", help="install it, in environments without anything else")
    trial.add_argument("--builder", type=absolute, help="the interpreter that can build")
    trial.add_argument("interpreters", nargs="+", type=absolute, metavar="INTERPRETER")
    for command in (build, trial):
        command.add_argument("--work", type=absolute, required=True, help="where files are kept")
    for command in commands.choices.values():
        command.add_argument("--dist", type=absolute, required=True, help="what is released")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.command == "build":
        from .build import make_all

        make_all(given.builders, given.native, given.dist, given.work)
    elif given.command == "check":
        from .check import check_all

        check_all(given.dist)
    else:
        from .trial import try_all

        try_all(given.builder, given.interpreters, given.dist, given.work)


main()
