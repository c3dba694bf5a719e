"""Let a process compute that is started after the lock-down, as a new interpreter."""

import multiprocessing
import sys

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO


def square(numbers, squares):
    squares.send([number * number for number in numbers])


def main():
    SafetyContext().enable(
        ForkAndExec().allow_execute_path(sys.executable),
        # The new interpreter imports what it needs, and both write to pipes.
        SystemIO().allow_python_files().allow_write(),
    ).apply_to_all_threads()

    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=square, args=[range(4), sender])
    worker.start()
    sender.close()  # so that the end of the worker is the end of the pipe
    print(receiver.recv(), flush=True)
    worker.join()


if __name__ == "__main__":
    main()
