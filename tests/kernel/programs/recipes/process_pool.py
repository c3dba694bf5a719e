"""Let a pool of processes compute; it is made after the lock-down."""

import concurrent.futures.process  # imported late otherwise
import multiprocessing.synchronize

from pyextrasafe import SafetyContext, SystemIO, Threads


def square(number):
    return number * number


SafetyContext().enable(
    Threads().allow_create(),
    SystemIO.everything(),
).apply_to_all_threads()

fork = multiprocessing.get_context("fork")
with concurrent.futures.ProcessPoolExecutor(2, mp_context=fork) as pool:
    print(list(pool.map(square, range(4))), flush=True)
