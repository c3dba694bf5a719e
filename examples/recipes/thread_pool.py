"""Let threads compute that are started after the lock-down."""

import concurrent.futures.thread  # imported late otherwise

from pyextrasafe import SafetyContext, SystemIO, Threads


def square(number):
    return number * number


SafetyContext().enable(
    Threads().allow_create_threads(),
    SystemIO().allow_stdout(),
).apply_to_all_threads()

with concurrent.futures.ThreadPoolExecutor(2) as pool:
    print(list(pool.map(square, range(4))), flush=True)
