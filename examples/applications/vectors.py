"""Look things up in arrays that are too large to be read: they are mapped into memory."""

import os

import numpy

from pyextrasafe import SafetyContext, SystemIO

# numpy has started threads: each is interrupted, to have its paths limited.
SafetyContext().interrupt_threads().enable(
    SystemIO().allow_read_path("vectors").allow_map_files().allow_stdout(),
).apply_to_all_threads()

for name in os.listdir("vectors"):
    vectors = numpy.load(f"vectors/{name}", mmap_mode="r")
    print(name, vectors[12345], flush=True)
