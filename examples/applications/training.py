"""Fit a model to a table that a stranger sent, with joblib's threads."""

import io
import sys

import pandas
from sklearn.ensemble import RandomForestClassifier

from pyextrasafe import SafetyContext, SystemIO, Threads


def train(source):
    table = pandas.read_csv(source)
    known, wanted = table[["age", "visits"]], table["bought"]
    return RandomForestClassifier(10, n_jobs=2).fit(known, wanted).score(known, wanted)


# The libraries import much when they are used.
train(io.StringIO("age,visits,bought\n" + "30,1,0\n40,2,1\n" * 20))

# numpy and OpenMP have started threads: each is interrupted, to have its paths limited.
SafetyContext().interrupt_threads().enable(
    Threads().allow_create_threads().allow_sleep(),
    SystemIO()
    # joblib's pool of threads has a pipe, and a semaphore of multiprocessing: a file of /dev/shm.
    .allow_scratch_dir("/dev/shm")
    .allow_map_files()
    .allow_pipes()
    .allow_stdin()
    .allow_stdout(),
).apply_to_all_threads()

print(train(sys.stdin), flush=True)
