import fcntl

from pyextrasafe import Custom, SafetyContext, SystemIO

share_only = Custom().add_conditional(("flock", [(1, "==", fcntl.LOCK_SH | fcntl.LOCK_NB)]))
printing = SystemIO().allow_stdout().allow_stderr().allow_close()

with open("measurements.csv") as file:
    SafetyContext().enable(share_only, printing).apply_to_all_threads()

    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    print("locked against writers")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except PermissionError:
        print("no lock against readers")
