import contextlib
import os

from pyextrasafe import SafetyContext, SystemIO, denials

SafetyContext().explain_denials(False).enable(
    SystemIO().allow_stdout(),
).apply_to_all_threads()

for _ in range(3):
    with contextlib.suppress(PermissionError):
        os.mkdir("/tmp/here")

for denial in denials():
    print(denial.count, denial.call, denial.path, denial.needs[0])
