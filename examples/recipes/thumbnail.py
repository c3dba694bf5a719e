"""Make a small picture of one that a stranger sent."""

import io
import sys

from PIL import Image

from pyextrasafe import SafetyContext, SystemIO

Image.init()  # imports all formats; the first picture would import some

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

picture = Image.open(io.BytesIO(sys.stdin.buffer.read()))
picture.thumbnail((100, 100))
small = io.BytesIO()
picture.save(small, "PNG")
sys.stdout.buffer.write(small.getvalue())
sys.stdout.flush()
