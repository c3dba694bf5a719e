"""Start a program that is linked statically, against musl: it loads no libraries."""

import subprocess

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

words = open("words")

SafetyContext().enable(
    ForkAndExec(),
    Threads().allow_create(),  # it makes one
    SystemIO().allow_read().allow_close().allow_stdout(),
).apply_to_all_threads()

answer = subprocess.run(["./count"], stdin=words, stdout=subprocess.PIPE, check=True)
print(answer.stdout.decode().strip(), flush=True)
