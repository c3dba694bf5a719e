"""Let processes compute that are started by forkserver after the lock-down."""

import concurrent.futures.process  # imported late otherwise
import multiprocessing.popen_forkserver
import multiprocessing.synchronize

from pyextrasafe import Custom, ForkAndExec, Networking, SafetyContext, SystemIO, Threads


def square(number):
    return number * number


def main():
    SafetyContext().enable(
        ForkAndExec(),
        Threads().allow_create(),
        SystemIO.everything(),  # also for the new interpreters, which import
        Networking().allow_start_unix_servers(),  # by which the server takes orders
        Custom().add_simple("connect"),  # to it
    ).apply_to_all_threads()

    context = multiprocessing.get_context("forkserver")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(square, range(4))), flush=True)


if __name__ == "__main__":
    main()
