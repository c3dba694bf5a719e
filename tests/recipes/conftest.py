"""The files that recipes need and that have to be made."""

import pathlib
import subprocess
import tempfile

import pytest

from . import RECIPES


@pytest.fixture(scope="session")
def temporary():
    """No server, but a folder whose name is short enough for a UNIX socket."""
    with tempfile.TemporaryDirectory(prefix="pyextrasafe-") as folder:
        yield {"TMPDIR": folder}


@pytest.fixture(scope="session")
def made(certificate, tmp_path_factory):
    """The contents of files that programs need and that have to be made, by names."""
    count = tmp_path_factory.mktemp("musl") / "count"
    command = ["musl-gcc", "-static", "-O1", RECIPES.folder / "count.c", "-o", count]
    subprocess.run(command, check=True)
    return {"localhost.pem": pathlib.Path(certificate).read_bytes(), "count": count.read_bytes()}
