import sys

from pyextrasafe import SafetyContext, SystemIO


def load(path):
    with open(path) as file:
        return file.read()


SafetyContext().explain_denials(sys.stdout).enable(
    SystemIO().allow_stdout().allow_read_path("/usr/share"),
).apply_to_all_threads()

try:
    load("/etc/hosts")
except PermissionError as error:
    print("the program sees:", error)
