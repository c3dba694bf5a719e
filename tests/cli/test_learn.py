"""learn: from a program to the policy that it needs."""

import os
import pathlib
import pty
import re
import subprocess
import sys
import time

import pytest

import pyextrasafe

ROOT = pathlib.Path(__file__).parents[2]
APP = """
import atexit
import os

atexit.register(os.getsid, 0)
with open("read") as file:
    print(file.read(), end="")
"""
MORE = "open('made', 'w').close()\n"


@pytest.fixture
def app(shell):
    """A program, and the file that it reads."""
    shell.file("app.py", APP)
    shell.file("read", "what it read\n")
    return shell


def rulesets(chain):
    """Return the rule sets of code that applies them."""
    space = {}
    exec(chain.replace(".apply_to_all_threads()", "").replace("\nSafety", "\nit = Safety"), space)
    return space["it"]._rulesets


def test_a_chain(app):
    printed, _, chain = app.says("learn", "app.py").partition("from pyextrasafe import ")
    assert printed == "what it read\n"
    found = rulesets(f"from pyextrasafe import {chain}")
    rule = ("getsid", [(0, "==", 0)])
    assert pyextrasafe.Custom().add_conditional(rule, unite=True) in found
    path = str(app.folder / "read")
    assert any(f"allow_read_path({path!r})" in repr(ruleset) for ruleset in found)


@pytest.mark.parametrize("words", [["app.py"], ["-m", "app"]])
def test_what_was_learnt_is_enough(app, words):
    assert app.says("learn", "-o", "policy.toml", *words) == "what it read\n"
    ended = app("explain", "--policy", "policy.toml", *words)
    assert ended.stdout == "what it read\n"
    assert "getsid" not in ended.stderr
    assert app.says("run", "policy.toml", *words) == "what it read\n"
    app.file("app.py", APP + MORE)
    # Nothing was written to standard error, but a later run can tell its errors.
    ended = app("run", "policy.toml", *words)
    assert ended.returncode == 1
    assert ended.stderr.endswith("Operation not permitted: 'made'\n")
    assert not (app.folder / "made").exists()


def test_a_policy_file_has_reasons(app):
    app.says("learn", "-o", "policy.toml", "app.py")
    text = (app.folder / "policy.toml").read_text()
    # PyPy knows the lines of functions only.
    place = rf"# {re.escape(str(app.folder))}/app\.py:\d+ in <module>: open(at)?\("
    assert re.search(rf"^{place}.*\nallow_read_path = ", text, re.M)
    app.file("old.toml", "[Threads]\nallow_sleep = true\n")
    app.says("learn", "--merge", "old.toml", "-o", "merged.toml", "app.py")
    text = (app.folder / "merged.toml").read_text()
    assert text.startswith("[Threads]\nallow_sleep = true\n\n")
    assert re.search(rf"^{place}.*\nallow_read_path = ", text, re.M)


def test_a_shell_with_streams_by_their_paths(shell):
    """What a shell opens by /dev/fd and /dev/stdout is learnt so that it can run again."""
    shell.file("read", "what it read\n")
    command = ["bash", "-c", "cat <(echo one) /dev/stdin > /dev/stdout"]
    for words in (["learn", "-o", "policy.toml"], ["run", "policy.toml"]):
        # The outermost shell asks whether it was started over a network, and then reads more files.
        assert shell.says(*words, "--", *command, stdin="two\n", SHLVL="0") == "one\ntwo\n"
    text = (shell.folder / "policy.toml").read_text()
    assert "fd/" not in text
    assert "Networking" not in text
    assert '"getpeername"' in text
    ended = shell("run", "policy.toml", "--", "bash", "-c", "cat < read")
    assert "read: Permission denied" in ended.stderr
    assert ended.stdout == ""


def test_a_recipe(app):
    """Its own context is left out while it is learnt, and holds as well when it runs."""
    (app.folder / "data").mkdir()
    recipe = str(ROOT / "examples/recipes/database.py")
    assert app.says("learn", "-o", "policy.toml", recipe) == "4950\n"
    (app.folder / "data/numbers.db").unlink()
    assert app.says("run", "policy.toml", recipe) == "4950\n"


def test_when_a_program_begins_to_need_more(app):
    """As docs/testing.rst has it."""
    app.says("learn", "-o", "policy.toml", "app.py")
    app.says("learn", "-o", "learnt.toml", "app.py")
    app.says("diff", "--wider", "policy.toml", "learnt.toml")
    app.file("app.py", APP + MORE)
    app.says("learn", "-o", "learnt.toml", "app.py")
    wider = app.says("diff", "--wider", "policy.toml", "learnt.toml", status=1)
    assert "+ openat: SystemIO().allow_create_in_dir(" in wider
    (app.folder / "made").unlink()
    app.says("learn", "--merge", "policy.toml", "-o", "policy.toml", "app.py")
    app.says("diff", "--wider", "policy.toml", "learnt.toml")
    (app.folder / "made").unlink()
    app.says("run", "policy.toml", "app.py")
    assert (app.folder / "made").exists()


def test_what_is_allowed_already_is_not_added(app):
    app.file("policy.toml", "[SystemIO]\neverything = true\n[[Custom]]\ncall = 'getsid'\n")
    app.says("learn", "--merge", "policy.toml", "-o", "merged.toml", "app.py")
    shown = app.says("show", "merged.toml")
    assert shown == app.says("show", "policy.toml")
    printed = app.says("learn", "--merge", "policy.toml", "app.py")
    assert shown.startswith(printed.partition("what it read\n")[2])


def test_what_contradicts(app):
    rule = '[[Custom]]\ncall = "openat"\nconditions = ["flags == O_PATH"]\n'
    app.file("policy.toml", rule)
    ended = app("learn", "--merge", "policy.toml", "-o", "merged.toml", "app.py")
    assert (ended.returncode, ended.stdout) == (2, "what it read\n")
    assert ended.stderr.startswith("pyextrasafe: policy.toml: what was learnt contradicts it: ")
    assert ended.stderr.count("\n") == 1
    assert not (app.folder / "merged.toml").exists()


def test_what_is_allowed_everywhere_is_not_limited(app):
    """A path beside a permission for all paths would take those away; so would a port."""
    app.file(
        "app.py", "import subprocess\nsubprocess.run(['/bin/true'])\nimport os\nos.getsid(0)\n"
    )
    policy = "[ForkAndExec]\n[SystemIO]\nallow_open_readonly = true\n"
    app.file("policy.toml", policy + "[Networking]\nallow_start_tcp_clients = true\n")
    app.says("learn", "--merge", "policy.toml", "-o", "merged.toml", "app.py")
    lines = app.says("diff", "policy.toml", "merged.toml", status=1).splitlines()
    assert any(line.startswith("+ getsid") for line in lines)
    assert [line for line in lines if line.startswith("-")] == []


@pytest.mark.parametrize("status", [0, 1, 9])
def test_its_exit_status(app, status):
    app.file("app.py", f"raise SystemExit({status})")
    app.says("learn", "-o", "policy.toml", "app.py", status=status)
    assert (app.folder / "policy.toml").exists()


def test_an_exception(app):
    app.file("app.py", APP + "1 / 0")
    ended = app("learn", "-o", "policy.toml", "app.py")
    assert ended.returncode == 1
    assert ended.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "getsid" in (app.folder / "policy.toml").read_text()


def test_more_than_there_is_room_for(app):
    (app.folder / "many").mkdir()
    app.file("app.py", "for i in range(10000):\n    open(f'many/{i}', 'w').close()\n")
    ended = app("learn", "-o", "policy.toml", "app.py")
    assert ended.returncode == 0
    assert re.match(r"pyextrasafe: \d+ calls are missing, ", ended.stderr)
    assert ended.stderr.count("\n") == 1


def test_a_child_tells_nothing(app):
    app.file("app.py", "import os\nif os.fork():\n    os.wait()\nelse:\n    os.getsid(0)\n")
    chain = app.says("learn", "app.py")
    assert chain.count("SafetyContext()") == 1
    assert "getsid" in chain
    assert "ForkAndExec" in chain or "Threads" in chain


def test_a_file_that_cannot_be_written(app):
    app.file("app.py", "")
    line = app.complains("learn", "-o", "nowhere/policy.toml", "app.py")
    assert line == "nowhere/policy.toml: No such file or directory"


def test_a_program_that_goes_elsewhere(app):
    app.file("elsewhere/none", "")
    app.file("app.py", "import os\nos.chdir('elsewhere')\n")
    app.says("learn", "-o", "policy.toml", "app.py")
    assert "chdir" in (app.folder / "policy.toml").read_text()
    assert not (app.folder / "elsewhere/policy.toml").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_program_that_gives_up_root(app):
    """The new user may not be able to read the standard library."""
    app.file(
        "app.py",
        "import os, sys\nos.getsid(0)\nos.setgid(65534)\nos.setuid(65534)\n"
        "sys.path[:] = []\nsys.path_importer_cache.clear()\n",
    )
    assert "setuid" in app.says("learn", "app.py")


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("import io, sys\nsys.stdout = io.StringIO()\n", 0),
        ("import sys\nsys.stdout.close()\n", 2),
        ("import os\nos.close(1)\n", 2),
    ],
)
def test_a_program_that_gives_up_its_output(app, ending, status):
    app.file("app.py", f"import os\nos.getsid(0)\n{ending}")
    ended = app("learn", "app.py")
    assert ended.returncode == status, ended
    assert ("getsid" in ended.stdout) == (status == 0)
    assert ("pyextrasafe: standard output: " in ended.stderr) == (status == 2)
    assert "Traceback" not in ended.stderr


def test_what_python_does_at_the_very_end(app):
    """What was not written yet is written, and what that needs is learnt."""
    (app.folder / "made").mkdir()
    app.file(
        "app.py",
        "import tempfile\n"
        "left = open('written', 'w')\n"
        "left.write('important')\n"
        "passing = tempfile.NamedTemporaryFile(dir='made')\n",
    )
    for words in (["learn", "-o", "policy.toml"], ["run", "policy.toml"]):
        app.says(*words, "app.py")
        assert (app.folder / "written").read_text() == "important"
        # PyPy leaves to the system what is open.
        left = list((app.folder / "made").iterdir())
        assert left == [] or sys.implementation.name == "pypy"


def test_threads_that_go_on(app):
    """They find what they need until the very end, and what was not written yet is written."""
    app.file(
        "app.py",
        "import threading\n"
        "def work():\n"
        "    while True:\n"
        "        threading.Event().wait(0.001)\n"
        "for _ in range(4):\n"
        "    threading.Thread(target=work, daemon=True).start()\n"
        "left = open('written', 'w')\n"
        "left.write('important')\n",
    )
    app.says("learn", "-o", "policy.toml", "app.py")
    assert (app.folder / "written").read_text() == "important"


@pytest.mark.parametrize("words", [["app.py"], ["--", sys.executable, "app.py"]])
def test_modules_that_are_compiled(app, words):
    """A program need not write where its code lies."""
    app.file("lib.py", "")
    app.file("app.py", "import lib\n")
    app.says("learn", "-o", "policy.toml", *words)
    text = (app.folder / "policy.toml").read_text()
    assert "allow_python_files" in text
    assert "scratch" not in text
    assert "create" not in text
    assert (app.folder / "__pycache__").exists() == (len(words) > 1)
    for path in (app.folder / "__pycache__").glob("*"):
        path.unlink()
    app.says("run", "policy.toml", *words)


CHILD = """
import multiprocessing, os, time

def work(writer):
    time.sleep(0.01)
    os.write(writer, b"x")
    time.sleep(60)

reader, writer = os.pipe()
child = multiprocessing.get_context("fork").Process(target=work, args=[writer])
child.start()
os.read(reader, 1)
child.terminate()
child.join()
print(child.exitcode)
"""


def test_a_child_that_is_ended(app):
    app.file("app.py", CHILD)
    for words in (["learn", "-o", "policy.toml"], ["run", "policy.toml"]):
        assert app.says(*words, "app.py") == "-15\n"
    text = (app.folder / "policy.toml").read_text()
    assert '"sig == SIGTERM"' in text
    assert "pid ==" not in text
    assert "# Allowed for every process, since their numbers change: kill(" in text


def test_modules_beside_the_program(app):
    """What a program adds to sys.path is not there yet when the policy is applied."""
    app.file("lib/extra.py", "print('imported')")
    app.file("app.py", "import sys\nsys.path.insert(0, 'lib')\nimport extra\n")
    app.file(
        "other.py", f"import sys\nsys.path.insert(0, {str(app.folder / 'lib')!r})\nimport extra\n"
    )
    for name in ("app.py", "other.py"):
        for words in (["learn", "-o", "policy.toml"], ["run", "policy.toml"]):
            assert app.says(*words, name) == "imported\n"


EXPECTED = """
import contextlib, os, pathlib, sys
for attempt in [
    lambda: os.unlink("folder/none"),
    lambda: pathlib.Path("folder/none").unlink(),
    lambda: os.mkdir("folder/there"),
    lambda: os.rmdir("folder/none"),
    lambda: os.rename("folder/none", "folder/other"),
    lambda: os.symlink("x", "folder/there"),
    lambda: open("folder/there", "x"),
]:
    try:
        attempt()
    except (FileNotFoundError, FileExistsError) as error:
        print(type(error).__name__, flush=True)
"""


def test_what_a_program_expects_to_fail(app):
    app.file("folder/there", "")
    app.file("app.py", EXPECTED)
    learnt = app.says("learn", "-o", "policy.toml", "app.py")
    assert learnt.count("FileNotFoundError") == 4
    assert learnt.count("FileExistsError") == 3
    assert app.says("run", "policy.toml", "app.py") == learnt
    text = (app.folder / "policy.toml").read_text()
    assert f"{app.folder}/folder" in text
    assert "Not allowed" not in text


COMMAND = ("sh", "-c", "cat read; cat read > made; rm made; exit 3")


def test_a_command(app):
    assert app.says("learn", "-o", "policy.toml", "--", *COMMAND, status=3) == "what it read\n"
    assert app.says("run", "policy.toml", "--", *COMMAND, status=3) == "what it read\n"
    line = "sh: 1: cannot create /var/tmp/made: Permission denied\n"
    ended = app("run", "policy.toml", "--", "sh", "-c", "echo > /var/tmp/made")
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", line)
    assert not os.path.exists("/var/tmp/made")
    printed = app.says("learn", "--merge", "policy.toml", "--", *COMMAND, status=3)
    chain = printed.partition("what it read\n")[2]
    assert app.says("show", "policy.toml").startswith(chain)


@pytest.mark.parametrize(
    ("command", "status", "line"),
    [
        (["no-such-program"], 127, "no-such-program: no such program"),
        (["./no-such-program"], 127, "./no-such-program: no such program"),
        (["./app.py"], 126, "./app.py: Permission denied"),
    ],
)
def test_a_command_that_cannot_be_started(app, command, status, line):
    assert app.complains("learn", "-o", "policy.toml", "--", *command, status=status) == line
    assert not (app.folder / "policy.toml").exists()


def test_a_command_that_is_killed(app):
    app.says("learn", "-o", "policy.toml", "--", "sh", "-c", "kill -9 $$", status=128 + 9)
    assert (app.folder / "policy.toml").exists()


def test_a_command_that_is_interrupted(app):
    """As by Ctrl-C, which goes to all that were started in this terminal."""
    code = "import os, signal, time; os.killpg(0, signal.SIGINT); time.sleep(60)"
    command = [sys.executable, "-m", "pyextrasafe", "learn", "-o", "policy.toml"]
    ended = subprocess.run(
        [*command, "--", sys.executable, "-c", code],
        cwd=app.folder,
        start_new_session=True,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 128 + 2
    assert ended.stderr.endswith(b"KeyboardInterrupt\n")
    assert (app.folder / "policy.toml").exists()


def test_where_it_cannot_learn(app):
    """Under a policy, which would hide what it denies; nothing is run then."""
    app.file("app.py", MORE)
    app.file("policy.toml", "[SystemIO]\neverything = true\n")
    line = app.complains("run", "policy.toml", "-m", "pyextrasafe", "learn", "app.py")
    assert line.startswith("learn() works only before a context is applied")
    assert not (app.folder / "made").exists()


def test_a_terminal_is_told_how_far_it_is(app):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pyextrasafe", "learn", "-o", "policy.toml", "app.py"]
    process = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, cwd=app.folder, check=True
    )
    said = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    os.close(theirs)
    assert process.stdout == b"what it read\n"
    assert said[0] == "pyextrasafe: watching app.py until it ends"
    assert said[1].startswith("pyextrasafe: ")
    assert " calls, of " in said[1]


@pytest.mark.parametrize("words", [["app.py"], ["--", sys.executable, "app.py"]])
def test_a_server_that_is_ended(app, words):
    """As timeout(1) and service managers do it."""
    # Python does not notice a signal that comes just before it sleeps.
    program = "import time\nopen('begun', 'w').close()\nfor _ in range(600):\n    time.sleep(0.1)\n"
    app.file("app.py", program)
    command = [sys.executable, "-m", "pyextrasafe", "learn", "-o", "policy.toml", *words]
    with subprocess.Popen(command, cwd=app.folder, stderr=subprocess.PIPE) as learning:
        while not (app.folder / "begun").exists():
            time.sleep(0.01)
        learning.terminate()
        assert learning.wait(timeout=60) == 128 + 15
        assert learning.stderr.read() == b""
    assert "allow_create_in_dir" in (app.folder / "policy.toml").read_text()
