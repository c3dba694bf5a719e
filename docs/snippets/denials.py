import os

from pyextrasafe import SafetyContext, SystemIO, denials

SafetyContext().explain_denials(False).enable(
    SystemIO().allow_stdout(),
).apply_to_all_threads()

for attempt in range(3):
    try:
        os.mkdir("/tmp/here")
    except PermissionError:
        pass

for denial in denials():
    print(denial.count, denial.call, denial.path, denial.needs[0])
