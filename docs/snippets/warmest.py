"""Print the warmest hour of each file."""

import argparse
import csv

from pyextrasafe import SafetyContext, SystemIO


def lock_down(files):
    io = SystemIO().allow_stdout().allow_stderr().allow_close()
    for file in files:
        io.allow_file_read(file.fileno())
    SafetyContext().enable(io).apply_to_all_threads()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["measurements.csv"], metavar="FILE")
    names = parser.parse_args().names
    try:
        files = [open(name, newline="") for name in names]
    except OSError as error:
        parser.error(str(error))

    lock_down(files)
    for file in files:
        warmest = max(csv.DictReader(file), key=lambda row: float(row["temperature"]))
        print(f"{file.name}: {warmest['hour']} o'clock", flush=True)


if __name__ == "__main__":
    main()
