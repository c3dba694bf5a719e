"""What is looked up for a permission must not be wider than what it is for."""

import os
import sys

import pytest

from pyextrasafe import _files, _programs


@pytest.mark.parametrize("path", ["/", "//", "/home", "/home/somebody", "/root", "/root/.."])
def test_libraries_and_entries_that_are_a_home_or_above(path, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/opt/lib:{path}")
    monkeypatch.setattr(sys, "path", ["/opt/python", path])
    found = _files.find("allow_python_files")
    assert {"/opt/lib", "/opt/python"} <= set(found)
    assert path not in found
    assert os.path.realpath(path) not in found
    assert _files.left_out() == [path]


def test_certificates_are_no_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for path, is_found in ((tmp_path, False), (tmp_path / "certificates", True)):
        path.mkdir(exist_ok=True)
        monkeypatch.setenv("SSL_CERT_DIR", str(path))
        assert (str(path) in _files.find("allow_ssl_files")) == is_found


def test_keys_are_no_certificates():
    """Where the folder of certificates is a link, what lies beside it is not meant."""
    found = [os.path.realpath(path) for path in _files.find("allow_ssl_files")]
    assert "/etc/ssl/certs" in found
    assert not {"/etc/ssl", "/etc/ssl/private"} & set(found)


def test_a_link_to_its_own_folder_or_above_stands_for_one_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    etc, run, home = (tmp_path / name for name in ("etc", "run", "home"))
    for folder in (etc, run, home):
        folder.mkdir()
        (folder / "resolv").touch()
    (tmp_path / "above").touch()
    for target, wanted in (
        (run / "resolv", [run]),
        (etc / "resolv", []),
        (tmp_path / "above", []),
        (home / "resolv", []),
        (run, []),
    ):
        link = etc / "resolv.conf"
        link.symlink_to(target)
        assert [*_files._with_target(str(link))] == [str(link), *map(str, wanted)]
        link.unlink()


@pytest.mark.parametrize("kind", ["script", "program"])
@pytest.mark.parametrize("named", ["/", "/etc", "/etc/passwd", "/dev/null", "/usr/.."])
def test_what_cannot_be_started_is_not_needed(kind, named, tmp_path):
    path = tmp_path / "file"
    if kind == "script":
        path.write_text(f"#!{named}\n")
    else:
        path.write_bytes(elf(named.encode()))
    assert _programs.needed_by(str(path)) == []


def test_what_can_be_started_or_is_missing_is_needed(tmp_path):
    for named in (sys.executable, str(tmp_path / "missing")):
        (tmp_path / "file").write_text(f"#!{named}\n")
        assert _programs.needed_by(str(tmp_path / "file"))[0] == named
        (tmp_path / "file").write_bytes(elf(named.encode()))
        assert _programs.needed_by(str(tmp_path / "file"))[0] == named


def elf(loader):
    """The begin of a 64-bit program with one segment, which names its loader."""
    head = bytearray(64)
    head[:6] = b"\x7fELF\x02\x01"
    head[32:40] = (64).to_bytes(8, "little")
    head[54:58] = (56).to_bytes(2, "little") + (1).to_bytes(2, "little")
    segment = bytearray(56)
    segment[0] = 3
    segment[8:16] = (120).to_bytes(8, "little")
    segment[32:40] = (len(loader) + 1).to_bytes(8, "little")
    return bytes(head + segment) + loader + b"\0"
