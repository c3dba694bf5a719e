"""The paths of permissions that look them up themselves."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pyextrasafe import SystemIO, _ffi, _files

NAMES = ["allow_python_files", "allow_dns_files", "allow_ssl_files", "allow_timezone_files"]


def covers(found, path):
    """Is a path, or what it leads to, beneath one that was found?"""
    real = os.path.realpath(path)
    return any(
        real == name or real.startswith(name.rstrip("/") + "/") for name in map(real_of, found)
    )


def real_of(path):
    return os.path.realpath(path)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_can_be_granted(name):
    found = _files.find(name)
    assert found
    assert all(type(path) is str and path.startswith("/") for path in found)
    assert len(found) == len(set(found))
    # Nothing that is everything, nor the home of somebody.
    assert not {"/", "/root", "/home", "/etc", "/usr", "/proc", "/dev", "/tmp"} & {
        *map(real_of, found)
    }


@pytest.mark.parametrize("name", NAMES)
def test_they_are_looked_up_when_they_are_granted(name, monkeypatch):
    ruleset = getattr(SystemIO(), name)()
    assert repr(ruleset) == f"SystemIO().{name}()"
    index = _ffi.permission("SystemIO", name)
    assert list(ruleset._permissions()) == [(index, path) for path in _files.find(name)]
    # Where nothing is found, the permission is granted without a path.
    monkeypatch.setattr(_files, "find", lambda name: [])
    assert list(ruleset._permissions()) == [(index, None)]


# ---- Python --------------------------------------------------------------------------------------


def test_all_that_is_imported_here():
    found = _files.find("allow_python_files")
    for name in ("json", "_pytest", "pyextrasafe", "hypothesis"):
        module = sys.modules[name]
        if not any(module.__file__.startswith(entry) for entry in _files.left_out() if entry):
            assert covers(found, module.__file__), name
    assert covers(found, json.__file__)
    assert "/dev/urandom" in found


def test_compiled_modules_and_their_libraries():
    found = _files.find("allow_python_files")
    # In a process of its own: other tests load libraries that they have built.
    program = "import json, socket, sqlite3, sys; sys.stdout.write(open('/proc/self/maps').read())"
    maps = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True
    ).stdout.splitlines()
    mapped = {line.split(None, 5)[5] for line in maps if ".so" in line}
    assert mapped
    assert [path for path in mapped if not covers(found, path)] == []


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "homes" / "me"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    return home


def test_entries_of_sys_path(home, tmp_path, monkeypatch):
    beneath, beside, link = home / "lib", tmp_path / "homes" / "mere", tmp_path / "link"
    for folder in (beneath, beside):
        folder.mkdir()
    link.symlink_to(home)
    (tmp_path / "fine").symlink_to(beside)
    wide = ["", "/", "//", "/home", "/root", "/root/", "/usr/..", str(home), f"{home}/", str(link)]
    wide += [str(home.parent), f"{beneath}/..", str(tmp_path)]
    fine = [str(beneath), str(beside), f"{home}/missing", str(tmp_path / "fine")]
    monkeypatch.setattr(sys, "path", wide + fine)
    found = _files.find("allow_python_files")
    assert [path for path in wide if path in found] == []
    assert [path for path in fine if path not in found] == []
    assert _files.left_out() == wide
    # Links lead to what has to be allowed, and what was left out is left out as a target, too.
    assert os.path.realpath(beside) in found
    assert os.path.realpath(home) not in found


def test_relative_entries_are_those_of_the_working_directory(home, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["lib"])
    found = _files.find("allow_python_files")
    assert os.path.realpath("lib") in found
    assert "lib" not in found


def test_entries_that_imports_ignore(home, tmp_path, monkeypatch):
    (tmp_path / "bytes").mkdir()
    for name in NAMES:
        _files.find(name)  # PyPy imports nothing beside such entries
    odd = [None, 5, Path(tmp_path / "path"), os.fsencode(tmp_path / "bytes")]
    monkeypatch.setattr(sys, "path", [*odd, str(tmp_path / "text")])
    for name in NAMES:
        assert all(type(path) is str for path in _files.find(name))
    found = _files.find("allow_python_files")
    assert str(tmp_path / "text") in found
    assert str(tmp_path / "path") not in found
    assert str(tmp_path / "bytes") not in found
    assert _files.left_out() == []


def test_folders_of_the_dynamic_loader(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/one:relative::/opt/two")
    found = _files.find("allow_python_files")
    assert {"/opt/one", "/opt/two", "/etc/ld.so.cache"} <= set(found)
    assert "relative" not in found


# ---- The others ----------------------------------------------------------------------------------


def test_a_link_is_there_with_the_folder_that_it_leads_to(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "resolv.conf").write_text("nameserver ::1\n")
    link, plain, missing = tmp_path / "link", tmp_path / "plain", tmp_path / "missing"
    link.symlink_to("run/resolv.conf")
    plain.write_text("")
    monkeypatch.setattr(_files, "_RESOLVER", tuple(map(str, (link, plain, missing))))
    found = _files.find("allow_dns_files")
    assert [path for path in found if path.startswith(str(tmp_path))] == [
        str(link),
        os.path.realpath(tmp_path / "run"),
        str(plain),
        str(missing),
    ]


def test_files_of_the_resolver():
    found = _files.find("allow_dns_files")
    assert {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"} <= set(found)
    # Its modules are shared objects.
    assert "/lib" in found
    assert "/usr/lib" in found


def test_certificates(monkeypatch):
    import ssl

    paths = ssl.get_default_verify_paths()
    found = _files.find("allow_ssl_files")
    assert paths.openssl_cafile in found
    assert paths.openssl_capath in found
    monkeypatch.setitem(
        sys.modules, "certifi", types.SimpleNamespace(where=lambda: "/srv/certifi/cacert.pem")
    )
    assert "/srv/certifi/cacert.pem" in _files.find("allow_ssl_files")
    monkeypatch.delitem(sys.modules, "certifi")
    assert "/srv/certifi/cacert.pem" not in _files.find("allow_ssl_files")
    assert "certifi" not in sys.modules


def test_certificates_that_the_environment_names(tmp_path, monkeypatch):
    file, folder = tmp_path / "own.pem", tmp_path / "certificates"
    file.write_text("")
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert {str(file), str(folder)} <= set(_files.find("allow_ssl_files"))


def test_time_zones(monkeypatch):
    import zoneinfo

    found = _files.find("allow_timezone_files")
    assert {"/etc/localtime", *zoneinfo.TZPATH} <= set(found)
    monkeypatch.setattr(sys, "path", ["", "/srv/site"])
    assert "/srv/site/tzdata" in _files.find("allow_timezone_files")


@pytest.mark.parametrize("name", ["ssl", "zoneinfo"])
def test_without_the_module_the_rest_is_found(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    assert isinstance(_files.find("allow_ssl_files"), list)
    assert "/etc/localtime" in _files.find("allow_timezone_files")
