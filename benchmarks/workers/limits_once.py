"""What a program pays that limits its paths and ports: importing a package, and enforcing once.

The arguments are the package's name, and the folder that has what is granted.
"""

import sys
import time

from limiting import Limits

limits = Limits(*sys.argv[1:])
start = time.perf_counter_ns()
limits.enforce()
nanoseconds = time.perf_counter_ns() - start
try:
    open("/etc/passwd", encoding="utf-8").close()
except PermissionError:
    print(nanoseconds, flush=True)
else:
    print("!nothing is limited", flush=True)
