"""python tests/escape [--record] [GROUP...]: make the attempts and print what came of them.

Exits with 1 if anything was unexpected. --record writes docs/data/escapes.csv; not if only some
groups were asked for, nor from a user namespace, where not all succeeds without a filter.
"""

import argparse
import pathlib
import platform
import sys
import tempfile


def summary(groups):
    """What the attempts of groups sum up to, in a line."""
    tried = sum(group.count() for group in groups)
    admitted = sum(group.count("admitted") for group in groups)
    unexpected = sum(group.unexpected() for group in groups)
    return f"{tried:,} attempts, {admitted:,} admitted by design, {unexpected:,} unexpected"


def main():
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])  # the folder of all tests
    from escape import record, suite

    parser = argparse.ArgumentParser(prog="escape", description="Try to get out.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(suite.GROUPS))
    parser.add_argument("--record", action="store_true", help="write docs/data/escapes.csv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        groups = suite.run_all(options.groups or suite.GROUPS, pathlib.Path(directory))
    for group in groups:
        print(f"{group.name:12} {summary([group])}")
        for line in group.faults():
            print(f"    UNEXPECTED {line}")
        for line in group.unproven() if suite.privileged() else []:
            print(f"    not proven {line}")
    version = platform.python_version()
    print(f"{platform.python_implementation()} {version}: {summary(groups)}")
    if options.record and not options.groups and suite.privileged():
        record.write(groups)
    return any(group.unexpected() for group in groups)


if __name__ == "__main__":
    sys.exit(main())
