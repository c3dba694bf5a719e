"""The compiled module is the one that its header and its metadata describe."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest

import pyextrasafe
from pyextrasafe._native import ffi, lib

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


def test_everything_that_is_declared_can_be_used():
    """Structs and constants are compared with the compiler's on their first use only."""
    names = dir(lib)
    header = (ROOT / "csrc/include/extrasafe.h").read_text()
    assert set(re.findall(r"^ES_API [^;]*?\b(es_\w+)\(", header, re.M)) < set(names)
    for name in names:
        assert getattr(lib, name) is not None


OPAQUE = {"es_candidates", "es_filter", "es_policy", "es_program"}


def test_every_type_that_is_declared_can_be_used():
    typedefs, _, _ = ffi.list_types()
    # cffi 2 aborts when it is asked for the fields of an opaque struct.
    for kind in map(ffi.typeof, set(typedefs) - OPAQUE):
        if kind.kind == "struct":
            assert kind.fields
        else:
            assert kind.relements == {name: getattr(lib, name) for name in kind.relements}


@pytest.mark.parametrize(
    ("name", "size", "offsets"),
    [
        ("es_call", 64, {"nr": 0, "arch": 4, "instruction_pointer": 8, "args": 16}),
        ("es_instruction", 8, {"code": 0, "jt": 2, "jf": 3, "k": 4}),
    ],
)
def test_layouts_are_the_kernels(name, size, offsets):
    """struct seccomp_data and struct sock_filter, see seccomp(2)."""
    assert ffi.sizeof(name) == size
    assert {field: place.offset for field, place in ffi.typeof(name).fields} == offsets


def test_the_version_is_the_same_everywhere():
    assert ffi.string(lib.es_version()).decode() == version("pyextrasafe")
    assert pyextrasafe.__version__ == version("pyextrasafe")
    assert "__version__" not in pyextrasafe.__all__


def test_the_functions_of_the_library_stay_inside():
    """Another copy of the library in the same process must not get mixed up with this one."""
    import ctypes

    from pyextrasafe import _native

    module = ctypes.CDLL(_native.__file__)
    assert not hasattr(module, "es_version")


@pytest.mark.once
def test_a_build_does_not_tell_in_which_folder_it_was_made(tmp_path):
    objects = []
    for folder in (tmp_path / "here", tmp_path / "some/where-else"):
        shutil.copytree(ROOT / "csrc", folder, ignore=shutil.ignore_patterns("build"))
        command = ["make", "-C", folder, "BUILD=build", "CFLAGS=-O2 -g", "build/base/error.o"]
        subprocess.run(command, stdout=subprocess.PIPE, check=True)
        objects.append((folder / "build/base/error.o").read_bytes())
    assert objects[0] == objects[1]


@pytest.mark.once
def test_all_that_is_missing_is_told_at_once():
    command = ["make", "-C", ROOT / "csrc", "CC=no-cc", "PKG_CONFIG=no-config", "check"]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode != 0
    for package in ("libc6-dev", "pkg-config", "libseccomp-dev", "libcmocka-dev"):
        assert package in result.stderr


def test_cffi_is_required_where_it_has_to_be_installed():
    (requirement,) = [it for it in requires("pyextrasafe") if "extra ==" not in it]
    assert requirement.startswith("cffi")
    assert "CPython" in requirement


@pytest.mark.once
def test_dev_builds_with_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["dependency-groups"]["build"] == project["build-system"]["requires"]
