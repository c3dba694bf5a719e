"""Have another program sort the lines of a file."""

import shutil
import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO

sort = shutil.which("sort")

SafetyContext().enable(
    ForkAndExec().allow_execute_path(sort),
    SystemIO()
    .allow_read_path("words")
    .allow_python_files()  # the libraries of the system, which a program reads when it starts
    .allow_stdout(),
).apply_to_all_threads()

answer = subprocess.run([sort, "words"], stdout=subprocess.PIPE, check=True)
print(*answer.stdout.decode().split(), flush=True)
