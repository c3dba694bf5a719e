"""Help, mistakes, colours and completion: what all commands have in common."""

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig

import pytest

from pyextrasafe import __version__, cli

pytestmark = pytest.mark.once
NAMES = list(cli.commands().by_name)


def test_help(shell):
    text = shell.says("--help")
    assert all(re.search(rf"^    {name} ", text, re.MULTILINE) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command(shell, name):
    text = shell.says(name, "--help")
    assert text.startswith(f"usage: pyextrasafe {name} [-h]")
    assert f"examples:\n  pyextrasafe {name} " in text
    assert "\nexit status:\n  0 " in text
    assert "\n  2    " in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_examples_can_be_typed(name):
    made = cli.commands()
    assert made.by_name[name].examples
    for line in made.by_name[name].examples:
        words = shlex.split(re.split(r" [|>] ", line)[0])
        assert made.parse(words[1:]).command in NAMES


def test_version(shell):
    assert shell.says("--version") == f"pyextrasafe {__version__}\n"


def test_the_script(tmp_path):
    script = os.path.join(sysconfig.get_path("scripts"), "pyextrasafe")
    ended = subprocess.run([script, "--version"], stdout=subprocess.PIPE, check=True)
    assert ended.stdout == f"pyextrasafe {__version__}\n".encode()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "required: COMMAND; see pyextrasafe --help"),
        (["shw"], "invalid choice: 'shw'"),
        (["show"], "required: POLICY; see pyextrasafe show --help"),
        (["show", "--bp", "policy.toml"], "--bp"),
        (["show", "--wide", "policy.toml"], "--wide"),
        (["run"], "required: POLICY"),
        (["run", "policy.toml"], "the name of a program is missing; see pyextrasafe run --help"),
        (["run", "policy.toml", "--"], "the name of a command is missing"),
        (["explain", "-m"], "the name of a module is missing"),
        (["explain", "--policy"], "expected one argument"),
        (["status", "me"], "invalid int value: 'me'"),
    ],
)
def test_wrong_usage(shell, words, line):
    shell.file("policy.toml", "")
    assert line in shell.complains(*words)


@pytest.mark.parametrize("words", [["show", "two\nlines"], ["show", "policy.toml", "two\nlines"]])
def test_a_name_of_two_lines(shell, words):
    shell.file("policy.toml", "")
    assert "two lines" in shell.complains(*words)


WITH_POLICY = [
    ["run", "bad.toml", "app.py"],
    ["explain", "--policy", "bad.toml", "app.py"],
    ["check", "bad.toml"],
    ["show", "bad.toml"],
    ["why", "bad.toml", "write", "1"],
    ["diff", "good.toml", "bad.toml"],
    ["export", "--oci", "bad.toml"],
]


@pytest.mark.parametrize("words", WITH_POLICY, ids=lambda words: words[0])
def test_a_bad_file(shell, words):
    shell.file("app.py", "open('ran', 'w')")
    shell.file("good.toml", "")
    shell.file("bad.toml", "[SystemIO]\nallow_stdot = true\n")
    line = "bad.toml: [SystemIO] allow_stdot: no such permission; did you mean allow_stdout?"
    assert shell.complains(*words) == line
    (shell.folder / "bad.toml").write_bytes(b"\xff\n\n")
    assert shell.complains(*words).startswith("bad.toml: not TOML: ")
    (shell.folder / "bad.toml").unlink()
    assert shell.complains(*words) == "bad.toml: No such file or directory"
    assert not (shell.folder / "ran").exists()


@pytest.mark.parametrize("words", [words for words in WITH_POLICY if words[0] != "check"])
def test_a_contradiction(shell, words):
    shell.file("app.py", "open('ran', 'w')")
    shell.file("good.toml", "")
    shell.file("bad.toml", "[SystemIO]\nallow_open = true\nallow_open_readonly = true\n")
    line = shell.complains(*words)
    assert line.startswith("bad.toml: ")
    assert "allow_open_readonly" in line
    assert not (shell.folder / "ran").exists()


def test_standard_input(shell):
    text = "[SystemIO]\nallow_read_path = ['here']\n"
    shown = shell.says("show", "-", stdin=text)
    assert f"allow_read_path({str(shell.folder / 'here')!r})" in shown
    line = "standard input: [SystemIO] x: no such permission; "
    assert shell.complains("show", "-", stdin="[SystemIO]\nx = true").startswith(line)
    assert "one of the two" in shell.complains("diff", "-", "-")


# ---- Terminals ----


def on_a_terminal(shell, *words, **environ):
    """Type a command whose standard output is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pyextrasafe", *words]
    environ = {**os.environ, "TERM": "xterm", "NO_COLOR": "", **environ}
    with subprocess.Popen(command, stdout=theirs, cwd=shell.folder, env=environ) as process:
        os.close(theirs)
        parts = []
        while True:
            try:
                parts.append(os.read(ours, 4096))
            except OSError:  # nobody has it open any more
                break
            if not parts[-1]:
                break
    os.close(ours)
    return process.returncode, b"".join(parts)


def test_colours(shell):
    shell.file("policy.toml", "")
    words = ["why", "policy.toml", "getpid"]
    assert on_a_terminal(shell, *words)[1].startswith(b"\033[32mgetpid() is allowed")
    assert on_a_terminal(shell, *words, NO_COLOR="1")[1].startswith(b"getpid() is allowed")
    assert on_a_terminal(shell, *words, TERM="dumb")[1].startswith(b"getpid() is allowed")
    assert shell.says(*words, TERM="xterm").startswith("getpid() is allowed")


def test_a_filter_is_not_written_to_a_terminal(shell):
    shell.file("policy.toml", "")
    assert on_a_terminal(shell, "export", "--bpf", "policy.toml") == (2, b"")


def test_a_reader_that_leaves(shell):
    shell.file("policy.toml", "[SystemIO]\neverything = true\n")
    command = [sys.executable, "-m", "pyextrasafe", "show", "--bpf", "policy.toml"]
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, cwd=shell.folder, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_output_that_is_full(shell):
    shell.file("policy.toml", "")
    command = [sys.executable, "-m", "pyextrasafe", "show", "policy.toml"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, cwd=shell.folder, check=False
        )
    line = b"pyextrasafe: standard output: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (2, line)


def test_streams_that_are_closed(shell):
    shell.file("policy.toml", "")
    command = f"{sys.executable} -m pyextrasafe show policy.toml >&-"
    assert subprocess.run(["sh", "-c", command], cwd=shell.folder, check=False).returncode == 0
    command = f"{sys.executable} -m pyextrasafe show - <&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, b"pyextrasafe: -: Bad file descriptor\n")


def test_a_locale_that_lacks_letters(shell):
    shell.file("policy.toml", "")
    said = shell.says("why", "policy.toml", "chdir", "/\u20ac", status=1, PYTHONIOENCODING="ascii")
    assert said.isascii()
    assert said.startswith("chdir(")


# ---- Completion ----


def complete(shell, line):
    """Return what bash would be told, as argcomplete's protocol has it."""
    path = shell.folder / "completions"
    environ = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(path),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    script = shutil.which("pyextrasafe", path=sysconfig.get_path("scripts"))
    subprocess.run([script], env=environ, check=False, cwd=shell.folder, timeout=60)
    return [word.strip() for word in path.read_text().split("\n")]


def test_completion(shell):
    shell.file("policy.toml", "")
    assert complete(shell, "pyextrasafe s") == ["show", "status"]
    assert complete(shell, "pyextrasafe diff --w") == ["--wider"]
    assert complete(shell, "pyextrasafe run po") == ["policy.toml"]
