from pyextrasafe import SafetyContext, SystemIO

files = SystemIO().allow_stdout().allow_read_path("/srv/templates")
asked = SafetyContext().enable(files).compile()
print(asked.decide("write", 1))
print(asked.decide("write", 2))
print(asked.decide("openat", "AT_FDCWD", "/srv/templates/index.html", "O_RDONLY"))
print(asked.decide("openat", "AT_FDCWD", "/etc/shadow", "O_RDONLY"))

later = SafetyContext().enable(files.allow_locks()).compile()
print("\n".join(asked.diff(later)))
