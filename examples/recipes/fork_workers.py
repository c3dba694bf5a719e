"""Let processes compute that are forked after the lock-down."""

import concurrent.futures.process  # imported late otherwise
import multiprocessing.popen_fork
import multiprocessing.synchronize

from pyextrasafe import SafetyContext, SystemIO, Threads


def square(number):
    return number * number


SafetyContext().enable(
    Threads().allow_create(),
    SystemIO.everything(),  # makes pipes, and semaphores that are files
).apply_to_all_threads()

context = multiprocessing.get_context("fork")
with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
    print(list(pool.map(square, range(4))), flush=True)
