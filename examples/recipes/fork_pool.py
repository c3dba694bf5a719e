"""Let a multiprocessing pool compute that is made after the lock-down."""

import multiprocessing.pool  # imported late otherwise
import multiprocessing.popen_fork
import multiprocessing.queues
import multiprocessing.resource_tracker
import multiprocessing.synchronize

from pyextrasafe import Custom, SafetyContext, SystemIO, Threads


def square(number):
    return number * number


SafetyContext().enable(
    Threads().allow_create(),
    # Processes talk through pipes, and take turns by semaphores, which are files that are mapped.
    SystemIO().allow_pipes().allow_scratch_dir("/dev/shm").allow_map_files().allow_stdout(),
    # By either they wait for pipes: CPython by ppoll from 3.15 on.
    Custom().add_simple("poll").add_simple("ppoll"),
).apply_to_all_threads()

pool = multiprocessing.get_context("fork").Pool(2)
squares = pool.map(square, range(4))
pool.close()  # leaving a with-block would kill the workers, which only ForkAndExec allows
pool.join()
print(squares, flush=True)
