"""docs/errors.rst has every code of ExtraSafeError, and no other."""

import itertools
import re
from pathlib import Path

import pytest

from pyextrasafe import ExtraSafeError
from pyextrasafe._native import ffi, lib

ROOT = Path(__file__).parents[2]
# These are a TypeError, ValueError or MemoryError in Python (pyextrasafe/_ffi.py), or no error.
OF_C = {"ok", "argument", "no-memory", "unknown-name", "comparison"}


def codes():
    """The codes that the C library has, and those that the package raises by itself."""
    names = (ffi.string(lib.es_status_name(status)).decode() for status in itertools.count())
    of_core = set(itertools.takewhile(lambda name: name != "unknown", names))
    assert of_core > OF_C
    sources = (path.read_text() for path in (ROOT / "pyextrasafe").rglob("*.py"))
    of_package = {code for text in sources for code in re.findall(r'\bcode="([\w-]+)"', text)}
    return of_core - OF_C | of_package


@pytest.mark.once
def test_the_page_has_every_code():
    page = (ROOT / "docs/errors.rst").read_text()
    terms = re.findall(r'^``"([\w-]+)"``$', page, re.M)
    assert sorted(terms) == sorted(codes())


@pytest.mark.once
def test_the_class_has_every_code():
    assert set(re.findall(r'`"([\w-]+)"`', ExtraSafeError.__doc__)) == codes()
