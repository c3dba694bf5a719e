"""Start a program, and end it when it takes too long."""

import os
import shutil
import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

silence, _ = os.pipe()
cat = shutil.which("cat")

SafetyContext().enable(
    ForkAndExec().allow_execute_path(cat),
    Threads().allow_sleep(),  # subprocess waits by looking again and again
    SystemIO()
    .allow_python_files()  # the libraries of the system
    .allow_stdin()  # cat reads
    .allow_stdout(),
).apply_to_all_threads()

try:
    subprocess.run([cat], stdin=silence, timeout=1, check=True)
except subprocess.TimeoutExpired:
    print("it was too slow", flush=True)
