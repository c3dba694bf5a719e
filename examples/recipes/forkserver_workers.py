"""Let a process compute that is started after the lock-down, forked from a server."""

import multiprocessing
import sys
import tempfile

from pyextrasafe import ForkAndExec, Networking, SafetyContext, SystemIO


def square(numbers, squares):
    squares.send([number * number for number in numbers])


def main():
    SafetyContext().enable(
        ForkAndExec().allow_execute_path(sys.executable),
        SystemIO()
        .allow_python_files()
        .allow_scratch_dir(tempfile.gettempdir())  # the socket of the server: set TMPDIR
        .allow_change_metadata()  # which is for the user alone
        .allow_stdout(),
        Networking()
        .allow_start_unix_servers()  # by which the server takes orders
        .allow_start_unix_clients(),  # by which it gets them
    ).apply_to_all_threads()

    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=square, args=[range(4), sender])
    worker.start()
    sender.close()  # so that the end of the worker is the end of the pipe
    print(receiver.recv(), flush=True)
    worker.join()


if __name__ == "__main__":
    main()
