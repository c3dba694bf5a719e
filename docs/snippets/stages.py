import csv
import statistics

from pyextrasafe import SafetyContext, SystemIO

reading = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
printing = SystemIO().allow_stdout().allow_stderr()

SafetyContext().enable(reading, printing).apply_to_all_threads()
with open("measurements.csv", newline="") as file:
    temperatures = [float(row["temperature"]) for row in csv.DictReader(file)]

SafetyContext().enable(printing).apply_to_all_threads()
print("mean:", statistics.mean(temperatures))
try:
    with open("measurements.csv") as file:
        print(file.read())
except PermissionError:
    print("and nothing else is read")
