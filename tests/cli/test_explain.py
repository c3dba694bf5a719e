"""explain: what programs are denied."""

import re
import sys

import pytest

from .conftest import PYTHON

APP = """
import pyextrasafe
context = pyextrasafe.SafetyContext().enable(pyextrasafe.SystemIO().allow_stdout())
context.apply_to_all_threads()
import os
try:
    os.getsid(0)
except PermissionError:
    print("denied")
"""
QUIET = APP.replace("os.getsid(0)", "os.getpid()")
BLOCK = "pyextrasafe: denied getsid(0) with EPERM\n"
UNDER = "import os\ntry:\n    os.getsid(0)\nexcept PermissionError:\n    print('denied')\n"


def check(ended, status):
    """What was denied is told once, and not by a traceback."""
    assert ended.returncode == status, ended
    assert ended.stdout == "denied\n"
    assert ended.stderr.startswith(BLOCK)
    assert re.search(r'\n  File "/.*/app.py", line \d+ in <module>\n', ended.stderr)
    assert "Traceback" not in ended.stderr
    assert "/pyextrasafe/cli/" not in ended.stderr  # how the program was started


def test_its_own_context(shell):
    shell.file("app.py", APP)
    check(shell("explain", "app.py"), 1)


@pytest.mark.parametrize("words", [["app.py"], ["-m", "app"], ["--", sys.executable, "app.py"]])
def test_nothing_denied(shell, words):
    shell.file("app.py", QUIET + "\nimport sys\nsys.exit(9)")
    shell.says("explain", *words, status=9)


def test_what_it_says_without(shell):
    """The variable is what makes it explain."""
    shell.file("app.py", APP)
    ended = shell("app.py", python=())
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "denied\n", "")


def test_denied_and_another_status(shell):
    shell.file("app.py", APP + "import sys\nsys.exit(9)")
    check(shell("explain", "app.py"), 1)
    check(shell("explain", "--", sys.executable, "app.py"), 1)


def test_output_that_is_left(shell):
    """What the program has not written yet is denied at its end."""
    program = APP.replace("allow_stdout()", "allow_stdin()").replace("os.getsid(0)", "1")
    shell.file("app.py", program + "print('too late')")
    ended = shell("explain", "app.py")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "pyextrasafe: denied write(1, " in ended.stderr


def test_files_that_are_left(shell):
    program = f"left = open('written', 'w')\nleft.write('important')\n{APP}"
    shell.file("app.py", program.replace("allow_stdout()", "allow_stdout().allow_write()"))
    assert shell("explain", "app.py").returncode == 1
    assert (shell.folder / "written").read_text() == "important"


ELSEWHERE = """
import atexit
import os
import threading

import pyextrasafe


def getsid():
    try:
        os.getsid(0)
    except PermissionError:
        os.write(1, b"denied\\n")


thread = threading.Thread(target=getsid)
pyextrasafe.SafetyContext().enable(
    pyextrasafe.SystemIO().allow_stdout(),
    pyextrasafe.ForkAndExec(),
    pyextrasafe.Threads().allow_create(),
).apply_to_all_threads()
"""


@pytest.mark.parametrize(
    "late",
    [
        "atexit.register(getsid)",
        "thread.start()",
        "if os.fork():\n    os.wait()\nelse:\n    getsid()\n    os._exit(0)",
    ],
)
def test_what_is_denied_elsewhere(shell, late):
    """At the end, in a thread that goes on, and in a child."""
    shell.file("app.py", ELSEWHERE + late)
    ended = shell("explain", "app.py")
    assert (ended.returncode, ended.stdout) == (1, "denied\n"), ended
    assert BLOCK in ended.stderr  # fork() of PyPy is denied things, too


def test_a_child_keeps_its_status(shell):
    rulesets = "pyextrasafe.SystemIO().allow_stdout(), pyextrasafe.ForkAndExec()"
    program = APP.replace("pyextrasafe.SystemIO().allow_stdout()", rulesets)
    program += "if os.fork():\n    print(os.wait()[1])\nelse:\n    pass\n"
    shell.file("app.py", program.replace('print("denied")', "pass"))
    ended = shell("explain", "app.py")
    assert (ended.returncode, ended.stdout) == (1, "0\n")


def test_a_command(shell):
    shell.file("app.py", APP)
    check(shell("explain", "--", sys.executable, "app.py"), 1)
    shell.says("explain", "--", "sh", "-c", "kill -TERM $$", status=143)
    assert "nowhere" in shell.complains("explain", "--", "nowhere", status=127)
    assert shell.complains("explain", "--", "./app.py", status=126) == "./app.py: Permission denied"


def test_a_policy(shell):
    shell.file("policy.toml", PYTHON)
    shell.file("app.py", UNDER)
    check(shell("explain", "--policy", "policy.toml", "app.py"), 1)
    check(shell("explain", "--policy=policy.toml", "app.py"), 1)
    shell.file("app.py", "print('fine')")
    assert shell.says("explain", "--policy", "policy.toml", "app.py") == "fine\n"


def test_a_policy_and_a_late_import(shell):
    shell.file("policy.toml", "[SystemIO]\nallow_stdout = true\nallow_stderr = true\n")
    shell.file("app.py", "import wave")
    ended = shell("explain", "--policy", "policy.toml", "app.py")
    assert ended.returncode == 1
    assert f"late import of 'wave' at {shell.folder}/app.py:1" in ended.stderr


def test_a_policy_is_for_what_runs_here(shell):
    shell.file("policy.toml", PYTHON)
    line = shell.complains("explain", "--policy", "policy.toml", "--", "echo", "a b")
    assert "a script or a module" in line
    assert "pyextrasafe learn -o new.toml -- echo 'a b'; " in line
    assert "pyextrasafe diff --wider policy.toml new.toml" in line


@pytest.mark.parametrize("option", ["-E", "-I"])
def test_python_that_ignores_the_environment(shell, option):
    shell.file("app.py", APP)
    line = shell.complains("explain", "app.py", python=(option, "-m", "pyextrasafe"))
    assert "-E and -I" in line
