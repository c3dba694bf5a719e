"""Print the hours in a file of measurements."""

import csv
import sys

from pyextrasafe import SafetyContext, SystemIO


def context(path):
    """What the program keeps: to read this file, and to print."""
    return SafetyContext().enable(SystemIO().allow_read_path(path).allow_stdout().allow_stderr())


def main(path="measurements.csv"):
    context(path).apply_to_all_threads()
    with open(path, newline="") as file:
        print(*[row["hour"] for row in csv.DictReader(file)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
