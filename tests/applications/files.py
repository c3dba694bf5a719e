"""Programs that read files of strangers, compute, use a terminal, or share files with others."""

import re
import sys

from programs.program import MAY_HANG, SILENT
from programs.samples import archive, npy, pdf, png, tar

from . import program

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
SECRET = b"swordfish"
# C and P.
CANNOT_OPEN = "unable to open database file|Could not open database"
DTD = b"<!DOCTYPE list [%s]><list><title>&who;</title></list>"
# Two towns, and people from the age of 35 on who buy.
TABLE = b"town,age,visits,bought\n" + b"Rome,30,1,0\nOslo,40,2,1\nOslo,41,2,1\n" * 300


@program(
    packages=["pillow"],
    services=["ghostscript"],
    files={
        "uploads/bomb.png": png(50_000, 50_000, rows=1),
        "uploads/page.eps": EPS,
        "uploads/red.png": png(400, 200),
        "uploads/text.png": b"no picture",
    },
    # Pillow takes what it cannot read for no picture.
    refusals={"allow_file_read(source.fileno())": ("ok|PermissionError", "")},
)
def pictures(result):
    bomb, page, red, text = result.stdout.splitlines()
    assert b"DecompressionBombError" in bomb
    assert page == b"uploads/page.eps OSError Unable to locate Ghostscript on paths"
    assert red == b"uploads/red.png (100, 50)"
    assert b"UnidentifiedImageError" in text
    assert (result.directory / "uploads/red.small").read_bytes()[16:24] == b"\0\0\0d\0\0\0\x32"
    assert not (result.directory / "owned").exists()


@program(
    packages=["lxml"],
    files={
        "secret": SECRET,
        "uploads/good.xml": DTD % b'<!ENTITY who "Ada &amp; Co">',
        "uploads/secret.xml": DTD % b'<!ENTITY who SYSTEM "secret">',
    },
)
def catalogue(result):
    good, secret = result.stdout.splitlines()
    assert good == b"good.xml ['Ada & Co']"
    assert secret.startswith(b'secret.xml failed to load "secret": Operation not permitted')
    assert SECRET not in result.stdout


@program(
    packages=["pyyaml"],
    files={
        "uploads/good.yaml": b"name: Ada\nborn: !!python/tuple [1815, 12, 10]\n",
        "uploads/open.yaml": b"!!python/object/apply:builtins.open [owned, w]\n",
        "uploads/system.yaml": b"!!python/object/apply:os.system ['touch owned']\n",
    },
)
def settings(result):
    good, opened, system = result.stdout.splitlines()
    assert good == b"good.yaml {'name': 'Ada', 'born': (1815, 12, 10)}"
    assert opened.startswith(b"open.yaml PermissionError")
    assert system == b"system.yaml 32512"  # what a shell answers that is not there
    assert not (result.directory / "owned").exists()


MEMBERS = {"letter.txt": b"three short words", "../owned": b"two words"}


@program(
    files={"upload.zip": archive(MEMBERS, bomb="bomb")},
    refusals={"allow_file_read(upload.fileno())": ("BadZipFile", "File is not a zip file")},
)
def word_count(result):
    assert result.stdout == b"letter.txt 3\n../owned 2\nbomb is too large\n"
    assert not (result.directory.parent / "owned").exists()


# Members of an archive: a folder, a file in it, and one that is to end up beside the folder.
PAGE = b"<p>hello" * 10_000
TREE = {"site": None, "site/page.html": PAGE, "../owned": b"two words"}


# What is refused is printed, and the next member is tried.
@program(
    files={"upload.tar": tar(TREE), "unpacked/none": b""},
    # Newer ones have read the whole of it ahead when they open it.
    needless=["allow_file_read(upload.fileobj.fileno())"] if sys.version_info >= (3, 14) else [],
    refusals={
        "allow_create_dir('unpacked')": ("FileNotFoundError", ""),
        "allow_create_in_dir('unpacked')": SILENT,
    },
)
def unpack(result):
    assert result.stdout == b"../owned [Errno 13] Permission denied: 'unpacked/../owned'\n"
    assert (result.directory / "unpacked/site/page.html").read_bytes() == PAGE
    assert not (result.directory / "owned").exists()


@program(packages=["pypdf"], stdin=pdf(b"Hello from a stranger", b"../owned", b"two words"))
def papers(result):
    assert result.stdout == b"Hello from a stranger\n../owned [9]\n"
    assert not (result.directory.parent / "owned").exists()


# libgomp ends the process when it cannot start a thread; here the pool is the first to try.
@program(
    packages=["pandas", "scikit-learn"],
    stdin=TABLE,
    refusals={"allow_create_threads()": ("RuntimeError", "can't start new thread")},
)
def forecast(result):
    head, oslo, rome = result.stdout.splitlines()
    assert head == b"town,age,visits,bought,HistGradientBoostingClassifier,RandomForestClassifier"
    assert oslo == b"Oslo,24300,1200,600,600,600"
    assert rome == b"Rome,9000,300,0,0,0"


@program(
    packages=["pandas", "scikit-learn"],
    stdin=TABLE,
    refusals={
        "allow_create_threads()": ("RuntimeError", "can't start new thread"),
        # joblib fails while it waits; on a busy machine it was seen to hang.
        "allow_sleep()": MAY_HANG,
    },
)
def training(result):
    assert result.stdout == b"1.0\n"


# A worker's exception is printed nowhere.
@program(packages=["numpy"], refusals={"allow_stdout()": ("SystemExit", "a worker failed")})
def preloaded_model(result):
    assert result.stdout == b"0 500.0\n1 500.0\n"


@program(
    packages=["numpy"],
    files={"vectors/one.npy": npy([(n, -n) for n in range(20_000)])},
)
def vectors(result):
    assert result.stdout == b"one.npy [ 12345. -12345.]\n"


@program(
    packages=["typer", "rich"],
    visitor="login_visitor",
    terminal=(24, 47),
    refusals={
        "allow_create_threads()": ("RuntimeError", "can't start new thread"),
        "allow_terminal()": ("GetPassWarning", "Can not control echo on the terminal"),
    },
)
def login(result):
    answer, shown = result.peers["visitor"]
    assert answer == "ok"
    assert b"sesame" not in shown
    assert b"The password has 6 letters." in shown
    lines = re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", shown).decode().splitlines()
    (bar,) = {line for line in lines if "100%" in line}
    assert len(bar) == 47, bar


@program(
    visitor="journal_visitor",
    files={"data/none": b""},
    # The visitor holds the database seldom, and not for long.
    needless=["allow_sleep()"],
    refusals={
        "allow_scratch_dir('data')": ("OperationalError", CANNOT_OPEN),
        "allow_map_files()": ("OperationalError", "disk I/O error"),
        "allow_locks()": ("OperationalError", "access permission denied"),
    },
)
def journal(result):
    assert result.stdout == b"4950\n"
    assert result.peers["visitor"] == ("ok", 100)


@program(files={"counter": b"0"}, visitor="counter_visitor")
def counter(result):
    assert result.stdout == b"counted\n"
    assert (result.directory / "counter").read_bytes() == b"200"


THINGS = b"""
import os

def test_a_file(tmp_path):
    (tmp_path / "letter").write_text("hello")
    assert (tmp_path / "letter").read_text() == "hello"

def test_output(capfd):
    os.write(1, b"one")
    assert capfd.readouterr().out == "one"

def test_errors(capfd, tmp_path):
    os.write(2, b"two")
    assert capfd.readouterr().err == "two"

def test_output_again(capfd):
    print("three")
    assert capfd.readouterr().out == "three\\n"

def test_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, b"four")
    assert os.read(reader, 4) == b"four"
"""


# The tests fail, or cannot be collected or reported.
NOT_PASSED = ("SystemExit", "[123]|ExitCode")


# pytest imports late. No plugins: to rewrite hypothesis's takes PyPy many seconds.
@program(
    environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    files={"tests/test_things.py": THINGS},
    needless=["add_simple('dup')"],
    refusals={
        "allow_read_path('tests')": NOT_PASSED,
        "allow_pipes()": NOT_PASSED,
        "allow_stdout()": NOT_PASSED,
        "allow_stderr()": NOT_PASSED,
        "add_simple('dup2')": ("AssertionError", "cannot snap"),
    },
)
def suite(result):
    assert b"5 passed" in result.stdout
