from pyextrasafe import (
    ExtraSafeError,
    SafetyContext,
    SystemIO,
    lock_pid_file,
    restrict_privileges,
)

restrict_privileges()
lock_pid_file("service.pid")
try:
    lock_pid_file("service.pid")
except ExtraSafeError:
    print("a second one would not start")

SafetyContext().enable(SystemIO().allow_stdout().allow_stderr()).apply_to_all_threads()
print("at your service")
