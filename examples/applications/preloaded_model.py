"""Load numpy once, and compute in processes that are forked from there, as gunicorn preloads."""

import os
import sys

import numpy

from pyextrasafe import SafetyContext, SystemIO

weights = numpy.ones((500, 500))
weights @ weights


def work(number):
    # OpenBLAS ends its threads at the fork, and starts them again at the next product. Where it may
    # not, it waits for ever.
    weights @ weights
    SafetyContext().enable(SystemIO().allow_stdout()).apply_to_all_threads()
    print(number, (weights @ weights)[0, 0], flush=True)


for number in range(2):
    if not os.fork():
        work(number)
        os._exit(0)
    _, status = os.wait()
    if status:
        sys.exit("a worker failed")
