"""Make small pictures of those that strangers sent: all files are opened before the lock-down."""

import pathlib
import subprocess  # Pillow imports it to hand EPS to another program, which is refused

from PIL import Image

from pyextrasafe import SafetyContext, SystemIO

# It imports all formats; the first picture would import some only.
Image.init()

jobs = [
    (open(path, "rb"), open(path.with_suffix(".small"), "wb"))
    for path in sorted(pathlib.Path("uploads").iterdir())
]
files = SystemIO().allow_stdout()
for source, target in jobs:
    files.allow_file_read(source.fileno()).allow_file_write(target.fileno())

SafetyContext().enable(files).apply_to_all_threads()

for source, target in jobs:
    try:
        picture = Image.open(source)
        picture.thumbnail((100, 100))
        picture.save(target, "PNG")
        target.flush()
    except PermissionError:
        raise
    except (OSError, Image.DecompressionBombError) as fault:
        print(source.name, type(fault).__name__, fault, flush=True)
    else:
        print(source.name, picture.size, flush=True)
