import csv

from pyextrasafe import SafetyContext, SystemIO

with open("measurements.csv", newline="") as file:
    SafetyContext().enable(
        SystemIO().allow_file_read(file.fileno()).allow_close(),
        SystemIO().allow_stdout().allow_stderr(),
    ).apply_to_all_threads()

    for row in csv.DictReader(file):
        print(row["hour"], "o'clock:", row["temperature"])
