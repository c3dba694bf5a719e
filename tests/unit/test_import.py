"""What importing the package costs: no modules but its own."""

import json
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import _cffi_backend

import pyextrasafe
from pyextrasafe import _ffi

FORBIDDEN = {
    "collections",
    "contextlib",
    "copy",
    "ctypes",
    "dataclasses",
    "enum",
    "functools",
    "inspect",
    "logging",
    "operator",
    "pickle",
    "re",
    "struct",
    "threading",
    "typing",
    "weakref",
}

# os is loaded by every interpreter that was not told to leave site out.
PROGRAM = """
import sys
sys.path += sys.argv[1:]
import os
import _cffi_backend
before = set(sys.modules)
import pyextrasafe
after = set(sys.modules)
pyextrasafe.SystemIO().allow_file_read(5)
pyextrasafe.Custom().add_conditional(("openat", [(0, "==", -100)]))
str(pyextrasafe.status())
later = set(sys.modules)
pyextrasafe.SafetyContext().compile().decide("write", 1)
assert pyextrasafe.Filter and pyextrasafe.Decision
print(sorted(after - before))
print(sorted(later - after))
print(sorted(set(sys.modules) - later))
"""


def folders():
    """Where the package and cffi's backend are; nothing else of site-packages is needed."""
    yield Path(pyextrasafe.__file__).parent.parent
    if hasattr(_cffi_backend, "__file__"):  # built into PyPy
        yield Path(_cffi_backend.__file__).parent


def imported():
    """Names of the modules that importing the package adds, its first use, and a filter."""
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, *folders()],
        check=True,
        stdout=subprocess.PIPE,
    )
    return [set(json.loads(line.replace("'", '"'))) for line in result.stdout.decode().splitlines()]


def test_nothing_is_imported_but_the_package():
    at_import, *_ = imported()
    own = {name for name in at_import if name.partition(".")[0] == "pyextrasafe"}
    assert {"pyextrasafe", "pyextrasafe._ffi", "pyextrasafe._native"} <= own
    assert at_import & FORBIDDEN == set()
    # PyPy's part of itself that loads every compiled module is called cpyext.
    assert at_import - own <= {"cpyext"}


def test_nothing_is_imported_later():
    _, later, _ = imported()
    assert later == set()


def test_a_filter_is_imported_when_it_is_asked_for():
    at_import, _, asked = imported()
    assert not {"pyextrasafe._filter", "pyextrasafe._ask"} & at_import
    own = {name for name in asked if name.partition(".")[0] == "pyextrasafe"}
    # PyPy's ascii() has a codec.
    assert asked - own <= {"sysconfig", "encodings.ascii"}
    assert "pyextrasafe._filter" in own


def test_public_names():
    assert sorted(pyextrasafe.__all__) == pyextrasafe.__all__
    for name in pyextrasafe.__all__:
        getattr(pyextrasafe, name)
    public = {
        name
        for name, value in vars(pyextrasafe).items()
        if not name.startswith("_") and not isinstance(value, type(sys))
    }
    assert public == set(pyextrasafe.__all__)


def test_help_shows_the_public_names():
    assert set(dir(pyextrasafe)) == {*pyextrasafe.__all__, "__version__"}
    shown = pydoc.plain(pydoc.render_doc(pyextrasafe))
    for name in pyextrasafe.__all__:
        assert re.search(rf"^    (class )?{name}\b", shown, re.MULTILINE), name
    assert "__getattr__" not in shown


def test_only_one_module_imports_the_native_one():
    package = Path(_ffi.__file__).parent
    importers = [
        path.name for path in package.glob("*.py") if "_native" in path.read_text(encoding="utf-8")
    ]
    assert importers == ["_ffi.py"]
