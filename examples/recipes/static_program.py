"""Start a program that is linked statically, against musl: it loads no libraries."""

import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

words = open("words")

SafetyContext().enable(
    ForkAndExec().allow_execute_path("count"),
    Threads().allow_create_threads(),  # it makes one
    SystemIO().allow_read().allow_close().allow_stdout(),
).apply_to_all_threads()

# A session of its own: Ctrl-C is not for it.
subprocess.run(["./count"], stdin=words, check=True, start_new_session=True)
