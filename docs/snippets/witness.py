from pyextrasafe import SafetyContext, SystemIO, status

printing = SystemIO().allow_stdout().allow_stderr()
SafetyContext().enable(printing).apply_to_all_threads()
print(status())

found = status()
assert found.confined
print(found.layers, found.digest)
