import time

from pyextrasafe import SafetyContext

context = SafetyContext.from_file("policy_file.toml")
context.apply_to_all_threads()

with open("measurements.csv") as file:
    print(len(file.readlines()), "lines")
time.sleep(0.01)
try:
    with open("/etc/passwd") as file:
        print(file.read())
except PermissionError as error:
    print(error)
