"""Print the text of a PDF file that a stranger sent, and the names of the files in it."""

import io
import sys

import pypdf
import pypdf.filters  # imported late otherwise, when a stream is compressed

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

reader = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read()))
for page in reader.pages:
    print(page.extract_text())
for name, contents in reader.attachments.items():
    print(name, [len(content) for content in contents])
sys.stdout.flush()
