"""Unpack into a temporary directory, copy what came out, and clean up."""

import pathlib
import shutil
import tempfile

from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(
    SystemIO()
    .allow_scratch_dir("temporary", "result")
    .allow_change_metadata()  # copytree copies times and modes, too
).apply_to_all_threads()

with tempfile.TemporaryDirectory(dir="temporary") as directory:
    site = pathlib.Path(directory, "site")
    site.mkdir()
    (site / "page.html").write_text("<p>hello</p>")
    with tempfile.TemporaryFile(dir=directory) as scratch:
        scratch.write(b"scratch")
    shutil.copytree(site, "result/copy")
