"""python tests/escape [--page FILE] [GROUP...]: make the attempts and print what came of them.

Exits with 1 if anything was unexpected. FILE gets the whole table, as reStructuredText; not if only
some groups were asked for, nor from a user namespace, where not all succeeds without a filter.
"""

import argparse
import pathlib
import platform
import sys
import tempfile


def main():
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])  # the folder of all tests
    from escape import page, suite

    parser = argparse.ArgumentParser(prog="escape", description="Try to get out.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(suite.GROUPS))
    parser.add_argument("--page", type=pathlib.Path, help="write the table to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        groups = suite.run_all(options.groups or suite.GROUPS, pathlib.Path(directory))
    for group in groups:
        print(f"{group.name:12} {page.summary([group])}")
        for line in group.faults():
            print(f"    UNEXPECTED {line}")
        for line in group.unproven() if suite.privileged() else []:
            print(f"    not proven {line}")
    version = platform.python_version()
    print(f"{platform.python_implementation()} {version}: {page.summary(groups)}")
    if options.page and not options.groups and suite.privileged():
        options.page.write_text(page.text(groups))
    return any(group.unexpected() for group in groups)


if __name__ == "__main__":
    sys.exit(main())
