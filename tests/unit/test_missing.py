"""Where the compiled module cannot be imported, the error says what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pyextrasafe


@pytest.fixture
def site(tmp_path):
    """A folder with a copy of the package, without its compiled module."""
    package = Path(pyextrasafe.__file__).parent
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(package, tmp_path / "site/pyextrasafe", ignore=ignored)
    return tmp_path / "site"


def error_of_importing(path):
    program = "import sys; sys.path.insert(0, sys.argv[1]); import pyextrasafe"
    command = [sys.executable, "-B", "-c", program, path]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    # What was looked for, and where, does not help anybody.
    assert "During handling" not in result.stderr
    return result.stderr.splitlines()[-1]


def test_from_a_zip_file(site, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "app"), "zip", site)
    said = error_of_importing(archive)
    assert said.startswith("ImportError: pyextrasafe cannot be imported from a zip file")
    assert "shiv or PEX" in said


def test_the_module_of_another_python(site):
    (site / "pyextrasafe/_native.another-python.so").touch()
    said = error_of_importing(site)
    assert said.startswith(f"ImportError: {site}/pyextrasafe has no compiled module for this")
    assert said.endswith(f"{sys.executable} -m pip install pyextrasafe")


def test_a_module_that_is_there_and_broken(site):
    """The loader's own words say what is wrong with it."""
    suffix = Path(pyextrasafe._native.__file__).name.partition(".")[2]
    (site / f"pyextrasafe/_native.{suffix}").write_bytes(b"nothing")
    assert "_native" in error_of_importing(site)
    assert "pip install" not in error_of_importing(site)
