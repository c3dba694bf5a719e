"""Print the mean of the temperatures in a file that somebody sent us."""

import csv
import statistics
import sys

from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO


def lock_down(file):
    """Keep what is needed from here on: to read this file, and to print."""
    SafetyContext().enable(
        SystemIO().allow_file_read(file.fileno()).allow_close(),
        SystemIO().allow_stdout().allow_stderr(),
    ).apply_to_all_threads()


def main(path):
    with open(path, newline="") as file:
        try:
            lock_down(file)
        except ExtraSafeError as error:
            return f"Not safe, so not started: {error}"
        temperatures = [float(row["temperature"]) for row in csv.DictReader(file)]
    print("mean temperature:", statistics.mean(temperatures))
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["measurements.csv"]))
