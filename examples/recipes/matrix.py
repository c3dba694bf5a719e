"""Multiply matrices, with threads that the library starts when it is imported: late."""

import os

from pyextrasafe import SafetyContext, SystemIO, Threads

SafetyContext().enable(
    Threads().allow_create_threads(),
    SystemIO().allow_python_files().allow_stdout(),
).apply_to_all_threads()

import numpy

ones = numpy.ones((1000, 1000))
product = ones @ ones
threads = len(os.listdir("/proc/self/task"))
print(product[0, 0], "by several threads" if threads > 1 else "by one thread", flush=True)
