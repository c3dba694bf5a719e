"""What a piece of work takes while its calls are watched in one way or another, or not.

The arguments are which way, and which piece of work.  strace stands before this program; the
supervisor of learn_command() starts it anew.
"""

import os
import subprocess
import sys
import threading
import time

from pyextrasafe import learn, learn_command


def read_files(count):
    for _ in range(count):
        with open("/etc/passwd", "rb", buffering=0) as file:
            file.read(100)


def files():
    read_files(1500)


def threads():
    running = [threading.Thread(target=read_files, args=[200]) for _ in range(6)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def programs():
    for _ in range(15):
        subprocess.run(["/bin/true"], check=True)


WORK = {"files": files, "threads": threads, "programs": programs}


def main(way, name):
    if way == "learn_command()":
        learn_command([sys.executable, __file__, "not watched", name])
        return
    start = time.perf_counter_ns()
    if way == "learn()":
        with learn():
            WORK[name]()
    else:
        WORK[name]()
    # Descriptor 1 as it is: nothing may be left in a buffer of a child.
    os.write(1, f"{time.perf_counter_ns() - start}\n".encode())


main(*sys.argv[1:])
