"""What starting a program needs: its loader and its interpreters, found in real and made files."""

import os
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.box import compile_c

from pyextrasafe import ForkAndExec, _ffi, _programs

MAIN = "int main(void) { return 0; }"
LOADER = "/made/up/loader"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def dynamic(folder):
    """A program that names a loader of its own."""
    compile_c(MAIN, folder / "dynamic", f"-Wl,--dynamic-linker={LOADER}")
    return folder / "dynamic"


def script(path, line, mode=0o755):
    path.write_bytes(line + b"\nexit 0\n")
    path.chmod(mode)
    return str(path)


def elf(segments, order="<", header=64, size=56):
    """An ELF file for 64 bits with these program headers: kind, and what it names."""
    kinds = {"<": 1, ">": 2}
    begin = b"\x7fELF\x02" + bytes([kinds[order], 1]) + bytes(9)
    begin += struct.pack(order + "HHIQQQIHHHHHH", 2, 62, 1, 0, header, 0, 0, 64, size,
                         len(segments), 0, 0, 0)  # fmt: skip
    table, names = b"", b""
    start = header + size * len(segments)
    for kind, name in segments:
        table += struct.pack(
            order + "IIQQQQQQ", kind, 4, start + len(names), 0, 0, len(name), len(name), 1
        ).ljust(size, b"\xff")
        names += name
    return begin.ljust(header, b"\xff") + table + names


# ---- Real ones -----------------------------------------------------------------------------------


def test_the_loader_of_a_program(dynamic):
    assert _programs.needed_by(str(dynamic)) == [LOADER]


def test_the_loader_of_this_interpreter_exists():
    # One that is linked statically names none.
    for path in _programs.needed_by(sys.executable):
        assert os.access(path, os.X_OK)


def test_a_static_program_needs_nothing(folder):
    compile_c(MAIN, folder / "static", "-static")
    assert _programs.needed_by(str(folder / "static")) == []


def test_a_library_needs_nothing(folder):
    compile_c("int one(void) { return 1; }", folder / "library.so", "-shared", "-fPIC")
    assert _programs.needed_by(str(folder / "library.so")) == []


def test_directories_need_the_loader_of_python(folder):
    assert _programs.needed_by(str(folder)) == _programs.needed_by("/proc/self/exe")


def test_links_are_followed(folder, dynamic):
    link = folder / "link"
    link.symlink_to(dynamic)
    assert _programs.needed_by(str(link)) == [LOADER]


# ---- Scripts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["#!", "#! ", "#!\t", "#! \t  "])
@pytest.mark.parametrize("end", ["", " ", "\t-x", " -x 'a b'", "\0ignored"])
def test_scripts_need_their_interpreter_and_its_loader(tmp_path, dynamic, begin, end):
    path = script(tmp_path / "script", f"{begin}{dynamic}{end}".encode())
    assert _programs.needed_by(path) == [str(dynamic), LOADER]


def test_scripts_of_scripts(tmp_path, dynamic):
    paths = [str(dynamic)]
    for number in range(4):
        paths.append(script(tmp_path / f"{number}", b"#!" + paths[-1].encode()))
    path = paths.pop()
    assert _programs.needed_by(path) == [*reversed(paths), LOADER]


def test_a_script_of_itself_has_an_end(tmp_path):
    path = tmp_path / "loop"
    script(path, b"#!" + os.fsencode(path))
    assert set(_programs.needed_by(str(path))) == {str(path)}


@pytest.mark.parametrize("line", [b"#!", b"#! ", b"#!python", b"#!./sh", b"# /bin/sh", b"", b"#"])
def test_scripts_that_name_no_path(tmp_path, line):
    assert _programs.needed_by(script(tmp_path / "script", line)) == []


def test_an_interpreter_whose_name_is_no_text(tmp_path):
    path = script(tmp_path / "script", b"#!/caf\xe9")
    assert _programs.needed_by(path) == ["/caf\udce9"]


def test_the_kernel_reads_256_bytes_of_a_line(tmp_path):
    name = b"/" + b"a" * 253
    assert _programs.needed_by(script(tmp_path / "fits", b"#!" + name)) == [name.decode()]
    assert len(_programs.needed_by(script(tmp_path / "long", b"#!" + name + b"b" * 99))[0]) == 254


# ---- Made ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_loader_is_the_segment_of_its_kind(tmp_path, order):
    path = tmp_path / "program"
    for segments in (
        [(3, b"/loader\0")],
        [(1, b"/other\0"), (6, b""), (3, b"/loader\0"), (3, b"/later\0")],
        [(3, b"/loader\0/rest\0\0")],
    ):
        path.write_bytes(elf(segments, order))
        assert _programs.needed_by(str(path)) == ["/loader"]
        path.write_bytes(elf(segments, order, header=4096, size=80))
        assert _programs.needed_by(str(path)) == ["/loader"]
    path.write_bytes(elf([(1, b"/other\0")], order))
    assert _programs.needed_by(str(path)) == []


@pytest.mark.parametrize("name", [b"", b"\0", b"loader\0", b"./loader\0"])
def test_loaders_that_are_no_path(tmp_path, name):
    path = tmp_path / "program"
    path.write_bytes(elf([(3, name)]))
    assert _programs.needed_by(str(path)) == []


def test_other_files_need_nothing(tmp_path):
    path = tmp_path / "file"
    whole = elf([(3, b"/loader\0")])
    for data in (b"", b"\x7f", b"\x7fELF", whole[:63], whole[:100], b"text\n" * 99):
        path.write_bytes(data)
        assert _programs.needed_by(str(path)) == []
    path.write_bytes(whole[:4] + b"\x01" + whole[5:])  # 32 bits: another architecture
    assert _programs.needed_by(str(path)) == []


@pytest.mark.parametrize("offset", [2**63 - 1, 2**63, 2**64 - 1, 2**32])
def test_offsets_beyond_every_file(tmp_path, offset):
    path = tmp_path / "program"
    whole = elf([(3, b"/loader\0")])
    for at in (32, 64 + 8):  # of the table, and of the name
        path.write_bytes(whole[:at] + struct.pack("<Q", offset) + whole[at + 8 :])
        assert _programs.needed_by(str(path)) == []


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 255)), max_size=4), st.binary())
def test_whatever_a_file_holds(tmp_path_factory, changes, rest):
    data = bytearray(elf([(3, b"/loader\0")]))
    for at, byte in changes:
        data[at % len(data)] = byte
    path = tmp_path_factory.getbasetemp() / "hostile"
    for contents in (bytes(data) + rest, b"#!" + rest, rest):
        path.write_bytes(contents)
        found = _programs.needed_by(str(path))
        assert all(name.startswith("/") and "\0" not in name for name in found)


def test_what_cannot_be_read_needs_nothing(tmp_path):
    assert _programs.needed_by(str(tmp_path / "missing")) == []
    assert _programs.needed_by("/dev/null") == []
    assert _programs.needed_by("/proc/self/mem") == []
    (tmp_path / "loop").symlink_to("loop")
    assert _programs.needed_by(str(tmp_path / "loop")) == []


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert _programs.needed_by(str(tmp_path / "pipe")) == []


# ---- What is granted -----------------------------------------------------------------------------


def test_programs_are_granted_with_what_they_need(dynamic, tmp_path):
    path = script(tmp_path / "script", b"#!" + os.fsencode(dynamic))
    ruleset = ForkAndExec().allow_execute_path(path)
    itself = _ffi.permission("ForkAndExec", "")
    index = _ffi.permission("ForkAndExec", "allow_execute_path")
    granted = [(itself, None), *((index, name) for name in (path, str(dynamic), LOADER))]
    assert list(ruleset._permissions()) == granted
    # They are looked up when a context is applied, and are no part of the rule set.
    assert repr(ruleset) == f"ForkAndExec().allow_execute_path({path!r})"
    os.unlink(path)
    assert list(ruleset._permissions()) == granted[:2]
