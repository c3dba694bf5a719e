"""run: programs under a policy that they know nothing of."""

import signal

import pytest

from .conftest import PYTHON

#: What cat needs, with the C library that is there.
COMMANDS = """
[ForkAndExec]
[SystemIO]
allow_stdout = true
allow_stderr = true
allow_open_readonly = true
allow_read = true
allow_metadata = true
allow_close = true
[[Custom]]
call = "mmap"
"""
APP = """
import os, sys
import helper
print(__name__, __file__, sys.argv, helper.VALUE, flush=True)
try:
    open("made", "w")
except PermissionError as error:
    print(error)
sys.exit(7)
"""


@pytest.fixture
def app(shell):
    """A script and a module in a folder, and a policy beside it."""
    shell.file("policy.toml", PYTHON)
    shell.file("folder/helper.py", "VALUE = 42")
    shell.file("folder/app.py", APP)
    shell.file("commands.toml", COMMANDS)
    return shell


def test_a_script(app):
    said = app.says("run", "policy.toml", "folder/app.py", "-x", "--", "-m", status=7)
    path = app.folder / "folder/app.py"
    begin = f"__main__ {path} ['folder/app.py', '-x', '--', '-m'] 42\n"
    assert said == begin + "[Errno 1] Operation not permitted: 'made'\n"
    assert not (app.folder / "made").exists()


def test_without_the_policy_it_would(app):
    """The same program is not denied what a wider policy allows."""
    app.file("wide.toml", PYTHON + "allow_create_in_dir = ['.']\n")
    app.says("run", "wide.toml", "folder/app.py", status=7)
    assert (app.folder / "made").exists()


def test_a_module(app):
    path = app.folder / "folder/app.py"
    environ = {"PYTHONPATH": str(app.folder / "folder")}
    said = app.says("run", "policy.toml", "-m", "app", "-m", "x", status=7, **environ)
    assert said.startswith(f"__main__ {path} ['{path}', '-m', 'x'] 42\n")
    assert not (app.folder / "made").exists()


SELF = """
import sys
main = sys.modules["__main__"]
print(__name__, __file__, __package__, __spec__ and __spec__.name, type(__loader__).__name__)
print(sys.argv, sys.path, main.__dict__ is globals(), __builtins__.__name__)
"""


@pytest.mark.parametrize("words", [["self.py", "a"], ["-m", "folder.self"], ["folder/self.py"]])
def test_all_is_as_python_has_it(app, words):
    app.file("everything.toml", "[SystemIO]\neverything = true\n")
    app.file("self.py", SELF)
    app.file("folder/self.py", SELF)
    expected = app.says(*words, python=())
    assert app.says("run", "everything.toml", *words) == expected


def test_a_package(app):
    app.file("package/__init__.py", "")
    app.file("package/other.py", "VALUE = 1")
    app.file("package/__main__.py", "from . import other\nprint(__package__, other.VALUE)")
    assert app.says("run", "policy.toml", "-m", "package") == "package 1\n"


def test_a_policy_of_standard_input(app):
    app.file("short.py", "print(open(0).read() == '')")
    stdin = PYTHON + "allow_stdin = true\nallow_metadata = true\n"
    assert app.says("run", "-", "short.py", stdin=stdin) == "True\n"


def test_it_holds_for_what_the_module_does_not_know(app):
    """The witness says so."""
    app.file("short.py", "import pyextrasafe\nprint(pyextrasafe.status().digest)")
    shown = app.says("show", "policy.toml")
    assert shown.endswith(f"digest {app.says('run', 'policy.toml', 'short.py')}")


def test_an_exception(app):
    app.file("short.py", "def f():\n    raise KeyError('why')\n\nf()\n")
    ended = app("run", "policy.toml", "short.py")
    lines = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "{app.folder}/short.py", line 4, in <module>'
    assert lines[-1] == "KeyError: 'why'"
    assert not any("pyextrasafe" in line for line in lines)


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("import os; os._exit(5)", 5),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(2)", 2),
        ("import atexit, os; atexit.register(os._exit, 9)", 9),
    ],
)
def test_its_exit_status(app, program, status):
    app.file("short.py", program)
    app.says("run", "policy.toml", "short.py", status=status)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nowhere.py"], "nowhere.py: No such file or directory"),
        (["folder"], "folder: Is a directory"),
        (["wrong.py"], "wrong.py:2: "),
        (["-m", "nowhere"], "there is no module nowhere that can be run"),
        (["-m", "nowhere.at.all"], "No module named 'nowhere'"),
        (["-m", "plain"], "there is no module plain that can be run"),
        (["-m", "_pyextrasafe_none."], "no module"),
    ],
)
def test_programs_that_there_are_not(app, words, line):
    app.file("wrong.py", "\n)")
    app.file("plain/__init__.py", "")
    assert line.lower() in app.complains("run", "policy.toml", *words).lower()


def test_what_the_kernel_does_not_take(app):
    app.file("gone.toml", "[SystemIO]\nallow_read_path = ['gone']\n")
    line = app.complains("run", "gone.toml", "folder/app.py")
    assert line.startswith("gone.toml: ")
    assert str(app.folder / "gone") in line


# ---- Commands ----


def test_a_command(app):
    app.file("text", "as it is\n")
    assert app.says("run", "commands.toml", "--", "cat", "text") == "as it is\n"
    ended = app(
        "run", "commands.toml", "--", "sh", "-c", "echo > made; echo $0 $1; exit 7", "a", "-m"
    )
    assert ended.returncode == 7
    assert "made" in ended.stderr
    assert not (app.folder / "made").exists()


def test_a_command_gets_the_signals_that_python_ignores(app):
    said = app.says("run", "commands.toml", "--", "cat", "/proc/self/status")
    ignored = next(line for line in said.splitlines() if line.startswith("SigIgn:"))
    bits = int(ignored.split()[1], 16)
    assert not bits >> (signal.SIGPIPE - 1) & 1
    assert not bits >> (signal.SIGXFSZ - 1) & 1


def test_a_command_needs_a_permission(app):
    line = app.complains("run", "policy.toml", "--", "touch", "made", status=126)
    assert line.startswith("policy.toml: the program is started under the filter, where execve(")
    assert line.endswith("or ForkAndExec()")
    assert not (app.folder / "made").exists()


def test_a_command_that_is_not_there(app):
    for name in ("nowhere", "./nowhere"):
        line = app.complains("run", "commands.toml", "--", name, status=127)
        assert line == f"{name}: no such program"
    line = app.complains("run", "commands.toml", "--", "folder/app.py", status=126)
    assert line == "folder/app.py: Permission denied"


def test_a_command_that_is_not_the_one(app):
    app.file("only.toml", PYTHON + "[ForkAndExec]\nallow_execute_path = ['/bin/true']\n")
    app.says("run", "only.toml", "--", "true")
    line = app.complains("run", "only.toml", "--", "touch", "made", status=126)
    assert line.endswith("/touch: Permission denied")
    assert not (app.folder / "made").exists()


def test_an_interpreter_is_a_command_too(app):
    import sys

    app.file("short.py", "print('under the filter')")
    said = app.says("run", "commands.toml", "--", sys.executable, "short.py")
    assert said == "under the filter\n"
