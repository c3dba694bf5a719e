"""Commands that answer questions about policies."""

import json
import os
import re
import struct
import subprocess
import sys

import pytest

import pyextrasafe
from pyextrasafe import SafetyContext

pytestmark = pytest.mark.once

# ---- check ----


def test_check(shell):
    shell.file("policy.toml", "[SystemIO]\nallow_stdout = true\nallow_read_path = ['/usr']\n")
    said = shell.says("check", "policy.toml").splitlines()
    assert said[0] == "ok: it is a policy file"
    assert said[2:] == ["ok: the kernel accepts it", said[3]]
    assert said[3].startswith("ok: paths and ports are limited by ABI ")


def test_check_applies_nothing_to_itself(shell):
    """A policy that allows no output is told about all the same, and explains nothing."""
    shell.file("policy.toml", "[SafetyContext]\nexplain_denials = true\n")
    assert shell.says("check", "policy.toml").endswith("ok: the kernel accepts it\n")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("allow_open = true\nallow_open_readonly = true", ["allow_open_readonly"]),
        (
            "allow_read_path = ['/nowhere', '/usr', 'b']",
            ["there is no '/nowhere'", "there is no '{folder}/b'"],
        ),
    ],
)
def test_check_what_cannot_be_applied(shell, text, sentences):
    shell.file("policy.toml", f"[SystemIO]\n{text}\n")
    said = shell.says("check", "policy.toml", status=1).splitlines()
    failed = [line for line in said if line.startswith("failed: ")]
    assert len(failed) == len(sentences)
    for line, sentence in zip(failed, sentences):
        assert sentence.format(folder=shell.folder) in line


def test_check_without_landlock(shell):
    shell.file("policy.toml", "[SystemIO]\nallow_read_path = ['/usr']\n")
    said = shell.says("check", "policy.toml", status=1, PYEXTRASAFE_LANDLOCK_ABI="0")
    assert said.splitlines()[-1].startswith("failed: ")
    assert "Landlock" in said
    said = shell.says("check", "policy.toml", PYEXTRASAFE_LANDLOCK_ABI="1")
    assert "by ABI 1 of Landlock" in said
    assert "ok: ABI 1 cannot limit" in said


# ---- show ----

POLICY = """
[SafetyContext]
explain_denials = true
[SystemIO]
allow_stdout = true
allow_read_path = ["/usr", "/etc/a directory"]
allow_write_file = ["/var/lib/application/database/first", "/var/lib/application/database/second"]
[Networking]
allow_start_tcp_clients = [443]
[ForkAndExec]
[[Custom]]
call = "fcntl"
conditions = ["cmd == F_SETFL", "arg == O_WRONLY|O_NONBLOCK"]
unite = true
[[Custom]]
call = "sched_yield"
"""


def test_show(shell):
    shell.file("policy.toml", POLICY)
    shown = shell.says("show", "policy.toml")
    context = SafetyContext.from_file(shell.folder / "policy.toml")
    code = shown.partition("\n\n")[0]
    assert repr(eval(code, vars(pyextrasafe))) == repr(context)
    compiled = context.compile()
    assert shown.endswith(f"\n\n{len(compiled)} instructions, digest {compiled.digest}\n")
    for line in [
        "  allow_stdout()\n      Write to standard output.\n",
        "  allow_start_tcp_clients(443)\n      ",
        "ForkAndExec\n  Start other programs, wait for them, and end them.\n",
        "  fcntl, where cmd == F_SETFL and arg == O_WRONLY|O_NONBLOCK\n",
        "  sched_yield, whatever its arguments\n",
    ]:
        assert line in shown


def test_show_an_empty_policy(shell):
    shell.file("policy.toml", "")
    assert shell.says("show", "policy.toml").startswith("SafetyContext()\n\nBasicCapabilities\n")


def test_show_instructions(shell):
    shell.file("policy.toml", POLICY)
    compiled = SafetyContext.from_file(shell.folder / "policy.toml").compile()
    assert shell.says("show", "--bpf", "policy.toml").strip() == compiled.disassemble().strip()


# ---- why ----


@pytest.mark.parametrize(
    ("words", "status", "begin"),
    [
        ("write 1", 0, "write(1, ?, ?) is allowed by SystemIO().allow_stdout()"),
        ("write 2 ? 0x10", 1, "write(2, ?, 16) is denied with EPERM: it needs SystemIO()."),
        ("openat AT_FDCWD /usr/lib O_RDONLY", 0, 'openat(AT_FDCWD, "/usr/lib", O_RDONLY) is all'),
        ("openat -100 /etc/hosts O_RDONLY", 1, 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY) is den'),
        ("openat AT_FDCWD 12 O_RDONLY", 1, 'openat(AT_FDCWD, "12", O_RDONLY) is denied'),
        ("openat AT_FDCWD ? O_RDONLY", 0, "openat(AT_FDCWD, ?, O_RDONLY) is allowed"),
        ("100000", 1, "syscall_100000(?, ?, ?, ?, ?, ?) is denied with ENOSYS"),
    ],
)
def test_why(shell, words, status, begin):
    shell.file("policy.toml", '[SystemIO]\nallow_stdout = true\nallow_read_path = ["/usr"]\n')
    assert shell.says("why", "policy.toml", *words.split(), status=status).startswith(begin)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("opnat", "unknown system call 'opnat'"),
        ("socket AF_INETT", "AF_INETT"),
        ("getpid 1 2 3 4 5 6 7", "at most 6"),
        (
            "openat /etc/passwd O_RDONLY",
            "openat takes dirfd before the path: openat AT_FDCWD /etc/passwd O_RDONLY",
        ),
        ("renameat AT_FDCWD /a /b", "newdirfd before the path: renameat AT_FDCWD /a AT_FDCWD /b"),
        ("write 0x1ffffffffffffffff", "is no number that fd can have"),
    ],
)
def test_why_not(shell, words, line):
    shell.file("policy.toml", "")
    assert line in shell.complains("why", "policy.toml", *words.split())


# ---- diff ----

PIPES = ["pipe", "fcntl", "pipe2"]


def test_diff(shell):
    narrow = shell.file("narrow.toml", "[SystemIO]\nallow_stdout = true\n")
    wide = shell.file("wide.toml", "[SystemIO]\nallow_stdout = true\nallow_pipes = true\n")
    other = shell.file("other.toml", '[[Custom]]\ncall = "sync"\n')
    more = "".join([f"+ {call}: SystemIO().allow_pipes()\n" for call in PIPES])
    assert shell.says("diff", narrow, narrow) == ""
    assert shell.says("diff", narrow, wide, status=1) == more
    assert shell.says("diff", wide, narrow, status=1) == more.replace("+", "-")
    assert shell.says("diff", "--wider", narrow, wide, status=1) == more
    assert shell.says("diff", "--wider", wide, narrow) == ""
    both = shell.says("diff", other, narrow, status=1).splitlines()
    assert {line[0] for line in both} == {"+", "-"}
    wider = shell.says("diff", "--wider", other, narrow, status=1).splitlines()
    assert wider == [line for line in both if line[0] == "+"]
    assert wider


def test_diff_of_what_means_the_same(shell):
    one = shell.file("one.toml", '[[Custom]]\ncall = "sync"\n[[Custom]]\ncall = "fsync"\n')
    other = shell.file("other.toml", '[[Custom]]\ncall = "fsync"\n[[Custom]]\ncall = "sync"\n')
    assert shell.says("diff", one, "-", stdin=(shell.folder / other).read_text()) == ""


# ---- export ----


def test_export(shell):
    shell.file("policy.toml", "[SystemIO]\nallow_stdout = true\n")
    compiled = SafetyContext.from_file(shell.folder / "policy.toml").compile()
    without = ["--without", "own process"]
    said = shell.says("export", "--oci", *without, "policy.toml")
    assert json.loads(said) == json.loads(compiled.to_oci(["own process"]))
    without += ["--without", "conditions", "--without", "answers"]
    said = shell.says("export", "--systemd", *without, "policy.toml")
    assert said.strip() == compiled.to_systemd(["own process", "conditions", "answers"]).strip()
    command = [sys.executable, "-m", "pyextrasafe", "export", "--bpf", "policy.toml"]
    data = subprocess.run(command, cwd=shell.folder, check=True, stdout=subprocess.PIPE).stdout
    assert data == compiled.to_bpf()
    assert len(data) % struct.calcsize("HBBI") == 0


def test_export_what_cannot_be_said(shell):
    shell.file("policy.toml", "[SystemIO]\nallow_stdout = true\n")
    line = shell.complains("export", "--oci", "policy.toml")
    assert line.startswith("policy.toml: OCI cannot express ")
    assert 'without=["own process"]' not in line
    assert '--without "own process"' in line
    assert "--without" in shell.complains("export", "--bpf", "--without", "numbers", "policy.toml")
    assert "one of" in shell.complains("export", "policy.toml")
    assert "one of" in shell.complains("export", "--oci", "--bpf", "policy.toml")


@pytest.mark.parametrize(
    "limit",
    [
        '[SystemIO]\nallow_read_path = ["/etc"]',
        "[SystemIO]\nallow_python_files = true",
        '[ForkAndExec]\nallow_execute_path = ["/bin"]',
        "[Networking]\nallow_start_tcp_clients = [443]",
    ],
)
@pytest.mark.parametrize("form", ["oci", "systemd", "bpf"])
def test_export_limits_of_landlock(shell, form, limit):
    """The filter alone would allow every path, and every port."""
    shell.file("policy.toml", limit)
    line = shell.complains("export", f"--{form}", "policy.toml")
    assert re.search(r" cannot express \w+\(\)\.allow_", line)


# ---- status ----


def test_status(shell):
    assert shell.says("status").startswith("confined      no\n")
    said = shell.says("status", "1")
    assert said.startswith("confined      ")
    assert shell.complains("status", str(2**22 + 1)) == f"there is no process {2**22 + 1}"
    assert "pid must be" in shell.complains("status", "0")


def test_status_of_another_process(shell):
    program = "import pyextrasafe as p; p.SafetyContext().enable(p.SystemIO().everything())"
    program += ".apply_to_all_threads(); print('here', flush=True); input()"
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        process.stdout.readline()
        ours = [sys.executable, "-m", "pyextrasafe", "status", str(process.pid)]
        said = subprocess.run(ours, stdout=pipe, text=True, check=True, env=os.environ).stdout
        process.communicate("\n")
    assert "\nfilters       1\n" in said
