"""Let processes compute that are started by spawn after the lock-down."""

import concurrent.futures.process  # imported late otherwise
import multiprocessing.popen_spawn_posix
import multiprocessing.synchronize

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads


def square(number):
    return number * number


def main():
    SafetyContext().enable(
        ForkAndExec(),
        Threads().allow_create(),
        SystemIO.everything(),  # also for the new interpreters, which import
    ).apply_to_all_threads()

    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(square, range(4))), flush=True)


if __name__ == "__main__":
    main()
