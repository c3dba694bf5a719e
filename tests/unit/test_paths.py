"""Paths and ports as arguments of permissions, and what is looked up for them."""

import copy
import enum
import os
import pickle
from pathlib import Path, PurePosixPath

import pytest

import pyextrasafe
from pyextrasafe import ForkAndExec, Networking, SystemIO

WITH_PATHS = [
    (SystemIO, "allow_read_path"),
    (SystemIO, "allow_list_dir"),
    (SystemIO, "allow_write_file"),
    (SystemIO, "allow_create_in_dir"),
    (SystemIO, "allow_create_dir"),
    (SystemIO, "allow_remove_file"),
    (SystemIO, "allow_remove_dir"),
    (SystemIO, "allow_scratch_dir"),
    (ForkAndExec, "allow_execute_path"),
]
WITH_PORTS = ["allow_start_tcp_clients", "allow_start_tcp_servers"]

for_each_path_method = pytest.mark.parametrize(("cls", "name"), WITH_PATHS)
for_each_port_method = pytest.mark.parametrize("name", WITH_PORTS)


def evaluate(expression):
    return eval(expression, vars(pyextrasafe).copy())


# ---- Paths ---------------------------------------------------------------------------------------


class Folder:
    """An os.PathLike of either type."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


class Text(str):
    pass


class Names(str, enum.Enum):
    SRV = "/srv"


@for_each_path_method
@pytest.mark.parametrize(
    "path",
    [
        b"/srv",
        Path("/srv"),
        PurePosixPath("/srv"),
        Folder("/srv"),
        Folder(b"/srv"),
        Text("/srv"),
        Names.SRV,
        Folder(Text("/srv")),
    ],
)
def test_all_types_of_paths_are_the_same_path(cls, name, path):
    ruleset = getattr(cls(), name)(path)
    assert ruleset == getattr(cls(), name)("/srv")
    assert repr(ruleset) == f"{cls.__name__}().{name}('/srv')"


@for_each_path_method
def test_relative_paths_count_from_the_directory_of_the_call(cls, name, tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    ruleset = getattr(cls(), name)("data", b"data/x", Path("y"))
    monkeypatch.chdir(tmp_path / "other")
    assert ruleset == getattr(cls(), name)(f"{tmp_path}/data", f"{tmp_path}/data/x", tmp_path / "y")
    # Another directory, another path.
    assert getattr(cls(), name)("data") != getattr(cls(), name)(tmp_path / "data")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("..", "{}/.."),
        ("../x", "{}/../x"),
        (".", "{}"),
        ("./a/./b", "{}/a/b"),
        ("a/../b", "{}/a/../b"),
        ("a//b/", "{}/a/b"),
        ("~", "{}/~"),
        ("/srv/../etc", "/srv/../etc"),
        ("/srv/", "/srv"),
        ("//", "/"),
    ],
)
def test_paths_are_joined_and_keep_two_dots(given, kept, tmp_path, monkeypatch):
    # What '..' leads to behind a link, only the kernel knows.
    monkeypatch.chdir(tmp_path)
    expected = kept.format(tmp_path)
    assert repr(SystemIO().allow_read_path(given)) == f"SystemIO().allow_read_path({expected!r})"


@for_each_path_method
def test_a_path_is_needed(cls, name):
    with pytest.raises(TypeError, match=f"^{name}\\(\\) takes at least one path$"):
        getattr(cls(), name)()
    with pytest.raises(TypeError):
        getattr(cls(), name)(paths="/srv")


@for_each_path_method
@pytest.mark.parametrize("wrong", [None, 1, True, 1.0, ["/srv"], Folder(5), bytearray(b"/srv")])
def test_paths_of_a_wrong_type(cls, name, wrong):
    ruleset = getattr(cls(), name)("/a")
    with pytest.raises(TypeError):
        getattr(ruleset, name)("/b", wrong)
    assert ruleset == getattr(cls(), name)("/a")


@for_each_path_method
def test_paths_in_a_list(cls, name):
    with pytest.raises(TypeError) as raised:
        getattr(cls(), name)(["/a", "/b"])
    assert str(raised.value) == f"{name}() takes no list: pass the paths one by one, or *paths"


@for_each_path_method
@pytest.mark.parametrize("wrong", ["", b"", Folder(""), "/a\0b", b"\0", "a\0", Path("/a\0b")])
def test_paths_that_can_be_no_path(cls, name, wrong):
    ruleset = getattr(cls(), name)("/a")
    with pytest.raises(ValueError, match="a path cannot be empty|embedded null character"):
        getattr(ruleset, name)("/b", wrong)
    assert ruleset == getattr(cls(), name)("/a")


def test_text_that_no_file_name_can_be():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        SystemIO().allow_read_path("/\ud800")


def test_bytes_that_are_no_text():
    ruleset = SystemIO().allow_read_path(b"/caf\xe9")
    assert ruleset == SystemIO().allow_read_path("/caf\udce9")
    assert evaluate(repr(ruleset)) == ruleset


def test_a_working_directory_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    ruleset = SystemIO()
    assert repr(ruleset.allow_read_path("/srv")) == "SystemIO().allow_read_path('/srv')"
    with pytest.raises(FileNotFoundError):
        ruleset.allow_read_path("srv")
    assert ruleset == SystemIO().allow_read_path("/srv")


# ---- Ports ---------------------------------------------------------------------------------------


class Eighty:
    def __index__(self):
        return 80


class Ports(enum.IntEnum):
    HTTP = 80


@for_each_port_method
@pytest.mark.parametrize("number", [Eighty(), Ports.HTTP])
def test_ports_are_what_has_an_index(name, number):
    ruleset = getattr(Networking(), name)(number)
    assert ruleset == getattr(Networking(), name)(80)
    assert repr(ruleset) == f"Networking().{name}(80)"


@for_each_port_method
@pytest.mark.parametrize("wrong", [True, False, 80.0, "80", b"80", None, [80], range(2)])
def test_ports_of_a_wrong_type(name, wrong):
    ruleset = getattr(Networking(), name)(443)
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=f"^'{kind}' object cannot be interpreted as an integer$"):
        getattr(ruleset, name)(80, wrong)
    assert ruleset == getattr(Networking(), name)(443)


@pytest.mark.parametrize(
    ("name", "least"), [("allow_start_tcp_clients", 1), ("allow_start_tcp_servers", 0)]
)
def test_ports_have_a_range(name, least):
    for number in (least, 1, 65535):
        assert repr(getattr(Networking(), name)(number)) == f"Networking().{name}({number})"
    ruleset = getattr(Networking(), name)(443)
    for number in (least - 1, 65536, -1, -65535, 2**16 + 443, 2**32 + 443, 10**30):
        message = f"^a port must be from {least} to 65535, not {number}$"
        with pytest.raises(ValueError, match=message):
            getattr(ruleset, name)(80, number)
    assert ruleset == getattr(Networking(), name)(443)


@for_each_port_method
def test_no_port_is_all_ports(name):
    assert getattr(Networking(), name)() != getattr(Networking(), name)(80)
    assert getattr(Networking(), name)() != Networking()
    both = getattr(getattr(Networking(), name)(80), name)()
    assert repr(both) == f"Networking().{name}(80).{name}()"
    assert evaluate(repr(both)) == both


# ---- Both ----------------------------------------------------------------------------------------

UNIONS = [
    (SystemIO, "allow_read_path", ("/a", "/b", "/c")),
    (ForkAndExec, "allow_execute_path", ("/a", "/b", "/c")),
    (Networking, "allow_start_tcp_clients", (1, 2, 3)),
    (Networking, "allow_start_tcp_servers", (0, 1, 2)),
]


@pytest.mark.parametrize(("cls", "name", "arguments"), UNIONS)
def test_calls_unite(cls, name, arguments):
    a, b, c = arguments
    together = getattr(cls(), name)(a, b, c)
    one_by_one = getattr(getattr(cls(), name)(c, a), name)(b, a, a)
    assert together == one_by_one
    assert together != getattr(cls(), name)(a, b)
    written = ", ".join(map(repr, (c, a, b)))
    assert repr(one_by_one) == f"{cls.__name__}().{name}({written})"
    assert evaluate(repr(one_by_one)) == together
    assert evaluate(repr(together)) == one_by_one


def test_repr_is_one_call_a_method():
    ruleset = SystemIO().allow_read_path("/a").allow_stdout().allow_write_file("/b")
    ruleset.allow_read_path("/c").allow_file_read(3).allow_write_file("/a").allow_file_read(4)
    assert repr(ruleset) == (
        "SystemIO().allow_read_path('/a', '/c').allow_stdout().allow_write_file('/b', '/a')"
        ".allow_file_read(3).allow_file_read(4)"
    )
    assert evaluate(repr(ruleset)) == ruleset


def test_the_same_path_for_another_method_is_something_else():
    assert SystemIO().allow_read_path("/a") != SystemIO().allow_write_file("/a")
    assert SystemIO().allow_python_files() != SystemIO().allow_dns_files()


@pytest.mark.parametrize(
    "ruleset",
    [
        SystemIO().allow_read_path("/a", b"/caf\xe9").allow_scratch_dir("/b").allow_python_files(),
        Networking().allow_start_tcp_clients(443, 80).allow_start_tcp_servers(0),
        ForkAndExec().allow_execute_path("/bin/true", "/bin"),
    ],
)
def test_copies_and_pickles(ruleset):
    copies = [copy.copy(ruleset), copy.deepcopy(ruleset), evaluate(repr(ruleset))]
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    copies += [pickle.loads(pickle.dumps(ruleset, protocol)) for protocol in protocols]
    for other in copies:
        assert other == ruleset
        assert repr(other) == repr(ruleset)


def test_a_pickle_holds_paths_as_plain_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, arguments = SystemIO().allow_read_path(Path("x")).__reduce__()
    assert arguments == (SystemIO, ("allow_read_path", f"{tmp_path}/x"))
    assert type(arguments[1][1]) is str
    # It is the same path elsewhere.
    pickled = pickle.dumps(SystemIO().allow_read_path("x"))
    monkeypatch.chdir("/")
    assert pickle.loads(pickled) == SystemIO().allow_read_path(os.path.join(tmp_path, "x"))
