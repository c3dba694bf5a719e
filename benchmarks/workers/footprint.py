"""What importing a module costs a fresh interpreter; the module is the argument."""

import json
import sys
import time


def resident():
    """Return the bytes of memory that are resident now, see proc_pid_statm(5)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


before = set(sys.modules)
resident()  # rehearsal
least = resident()
start = time.process_time_ns()
__import__(sys.argv[1])
nanoseconds = time.process_time_ns() - start
answer = {
    "nanoseconds": nanoseconds,
    "resident": resident() - least,
    "modules": sorted(set(sys.modules) - before),
}
print(json.dumps(answer))
