"""Unpack an archive that a stranger sent, into a folder: wherever its names lead to."""

import os
import tarfile

from pyextrasafe import SafetyContext, SystemIO

upload = tarfile.open("upload.tar")

SafetyContext().enable(
    SystemIO()
    .allow_file_read(upload.fileobj.fileno())
    .allow_create_dir("unpacked")
    .allow_create_in_dir("unpacked")
    .allow_stdout()
).apply_to_all_threads()

for member in upload:
    path = os.path.join("unpacked", member.name)
    try:
        if member.isdir():
            os.mkdir(path)
        else:
            with open(path, "wb") as file:
                file.write(upload.extractfile(member).read())
    except PermissionError as refusal:
        print(member.name, refusal, flush=True)
