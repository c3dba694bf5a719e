"""The programs of examples/: what they promise, and that they notice when it does not hold."""

import pathlib
import re
import runpy
import socket
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
ATTEMPTS = {
    attempt.tried: attempt for attempt in runpy.run_path(str(EXAMPLES / "breakout.py"))["ATTEMPTS"]
}

# What the demonstration has to try, and how it is refused.
REFUSED = {
    "open a file for reading": "EACCES",
    "the same from inside the folder, by ..": "EACCES",
    "the same by a link that was planted in the folder": "EACCES",
    "the same from a folder that was left open": "EACCES",
    "the same by /proc/self/root": "EACCES",
    "the same by /proc/self/fd": "EACCES",
    "the same by way of O_PATH": "EACCES",
    "list the folder above": "EACCES",
    "open the environment of another process": "EACCES",
    "open a file of the folder for writing": "EPERM",
    "empty a file of the folder by opening it for reading": "EPERM",
    "make a new file in the folder": "EPERM",
    "move a file out of the folder": "EPERM",
    "link a file into the folder": "EPERM",
    "let everybody write to the log": "EPERM",
    "open a file for writing": "EPERM",
    "make a new file": "EPERM",
    "map an open file and write to the memory": "EPERM",
    "truncate an open file": "EPERM",
    "truncate a file by its name": "EPERM",
    "remove a file": "EPERM",
    "read from standard input": "EPERM",
    "write to descriptor 0": "EPERM",
    "write to standard output": "EPERM",
    "duplicate descriptor 1 and write to the copy": "EPERM",
    "open a socket: TCP, IPv4": "EPERM",
    "open a socket: TCP, IPv6": "EPERM",
    "open a socket: UDP, IPv4": "EPERM",
    "open a socket: UDP, IPv6": "EPERM",
    "open a socket: UNIX, stream": "EPERM",
    "open a socket: UNIX, datagram": "EPERM",
    "open a socket: netlink": "EPERM",
    "connect a socket that is there already": "EPERM",
    "connect it by sending (sendto, MSG_FASTOPEN)": "EPERM",
    "connect it by sending (sendmsg, MSG_FASTOPEN)": "EPERM",
    "bind a socket to a port": "EPERM",
    "listen on a socket that was never bound": "EPERM",
    "fork": "EPERM",
    "fork with clone3": "ENOSYS",
    "start a program": "EPERM",
    "become another program": "EPERM",
    "get a handle on another process": "ENOSYS",
    "signal another process (kill)": "EPERM",
    "signal another process (tgkill)": "EPERM",
}
# The kernel of some machines refuses these without a filter too: to all, or to ordinary users.
REFUSED_ANYWAY = {
    "the same with openat2": "ENOSYS",
    "open a socket: raw ICMP": "EPERM",
    "open a socket: packet": "EPERM",
    "open a socket: kernel cryptography": "EPERM",
    "open a socket: virtual machine": "EPERM",
    "trace another process": "EPERM",
    "read another process's memory": "EPERM",
    "set up io_uring": "ENOSYS",
    "load a kernel module from memory": "EPERM",
    "load a kernel module from a file": "EPERM",
    "type a character into the terminal": "EPERM",
    "enter a namespace that is there already": "EPERM",
    **{f"enter a new namespace: {kind}": "EPERM" for kind in ("mount", "network", "user")},
    **{
        f"start a process in a new namespace: {kind}": "EPERM"
        for kind in ("mount", "network", "user")
    },
}
# Refusals that the visitor can see the effect of, and the sentence that says so.
VISIBLE = {
    "no connection arrived at the port next door",
    "no socket of the server was given a port",
    "the process next door still runs",
    "no file was made or removed",
    "the file is as it was",
    "the mode of the log is as it was",
    "the pages are as they were",
    "nothing outside of the folder was served",
    "nothing arrived on the server's standard input",
    "nothing arrived on its standard output",
}

UNLOCKED = """
import runpy, sys
import pyextrasafe

pyextrasafe.SafetyContext.apply_to_all_threads = lambda self: None
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
VISIT = """
import sys

sys.path.insert(0, sys.argv[1])
import visitor

sys.exit(visitor.demo(sys.argv[2:]))
"""
RUDE = """
import os, socket, ssl, sys, urllib.error, urllib.parse

sys.path.insert(0, sys.argv[1])
import visitor

with visitor.ServerProcess(sys.argv[2:]) as server:
    address = urllib.parse.urlsplit(server.facts["address"])
    tls = ssl.create_default_context(cafile=server.facts["certificate"])

    def connect():
        return socket.create_connection((address.hostname, address.port), timeout=60)

    connect().close()
    with connect() as plain:
        plain.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    with tls.wrap_socket(connect(), server_hostname=address.hostname) as encrypted:
        os.write(encrypted.fileno(), b"this is no TLS record")
        try:
            while encrypted.recv(1024):
                pass
        except OSError:
            pass
    try:
        server.fetch("no-such-page")
    except urllib.error.HTTPError as error:
        print(error.code)
    print(visitor.GREETING in server.fetch(""))
    print(server.stop()[2])
"""


@pytest.fixture
def python(tmp_path):
    """Return a function that runs Python in a folder of its own: exit status, stdout, stderr."""

    def run(*arguments, **options):
        process = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=tmp_path,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **options,
        )
        return process.returncode, process.stdout, process.stderr

    return run


class Output:
    """What the demonstration printed: the table, and what could be seen."""

    def __init__(self, text):
        table, _, rest = text.partition("\n\n")
        heading, _, *rows = table.splitlines()
        assert re.split("  +", heading) == [
            "tried",
            "refused with",
            "rule that would have to be granted",
        ]
        cells = [re.split("  +", row) for row in rows]
        self.answers = {row[0]: row[1] for row in cells}
        self.rules = {row[0]: row[2] for row in cells}
        self.marked = {row[0] for row in cells if len(row) > 3}
        self.seen = {line[7:] for line in rest.splitlines() if line.startswith("  yes  ")}
        self.not_seen = {line[7:] for line in rest.splitlines() if line.startswith("  NO   ")}


def test_quickstart(python):
    status, stdout, stderr = python(EXAMPLES / "quickstart.py")
    first, second, third = stdout.splitlines()
    assert first.startswith("1. Before the lock-down")
    assert second.startswith("2. Locked down")
    assert third.startswith("3. The kernel refused")
    assert (status, stderr) == (0, "")


def test_quickstart_fails_without_a_filter(python):
    status, stdout, stderr = python("-c", UNLOCKED, EXAMPLES / "quickstart.py")
    assert status == 1
    assert "must never appear" in stdout
    assert "The lock-down does not work" in stderr


def test_web_server(python):
    status, stdout, stderr = python(EXAMPLES / "web_server.py", "--demo")
    output = Output(stdout)
    assert (status, stderr, output.marked) == (0, "", set()), stdout
    assert set(output.answers) == set(ATTEMPTS)
    for tried, answer in {**REFUSED, **REFUSED_ANYWAY}.items():
        assert output.answers[tried] == answer
    admitted = {tried for tried, answer in output.answers.items() if answer == "let through"}
    assert {output.rules[tried] for tried in admitted} == {
        "admitted by design: Networking writes to every descriptor from 3 up",
        "admitted by design: to look at a file cannot be limited by its path",
    }
    assert output.seen >= VISIBLE | {
        "the page was served before the attempts",
        "the page was served after them",
        "its log arrived on its standard error",
        "it stopped in good order",
    }
    assert not output.not_seen


def test_web_server_survives_rude_clients(python):
    command = [sys.executable, EXAMPLES / "web_server.py", "--port", "0"]
    status, stdout, stderr = python("-c", RUDE, EXAMPLES, *command)
    assert stdout.startswith("404\nTrue\n"), stderr
    assert "127.0.0.1 failed: SSLError" in stdout
    assert status == 0


def test_web_server_fails_without_a_filter(python):
    server = [sys.executable, "-c", UNLOCKED, EXAMPLES / "web_server.py", "--port", "0"]
    status, stdout, stderr = python("-c", VISIT, EXAMPLES, *server)
    output = Output(stdout)
    assert (status, stderr) == (1, ""), stdout
    assert output.marked >= set(REFUSED), "these attempts cannot succeed: they prove nothing"
    assert output.not_seen >= VISIBLE
    assert "the page was served after them" in output.seen
    assert stdout.endswith("The lock-down FAILED.\n")


def test_web_server_fails_if_no_page_is_served(python):
    dead = [sys.executable, "-c", "import sys; sys.exit('dead on arrival')"]
    status, stdout, _ = python("-c", VISIT, EXAMPLES, *dead)
    assert status == 1
    assert "did not serve its pages" in stdout
    assert "dead on arrival" in stdout


def test_an_errno_of_the_kernel_itself_is_no_refusal(python):
    """EBADF or ENOENT mean that the filter let the call through: the demonstration must fail."""
    server = UNLOCKED.replace(
        "runpy.run_path(",
        "import breakout; breakout.ATTEMPTS[:] = [\n"
        "    a for a in breakout.ATTEMPTS if a.tried == 'become another program']\n"
        "runpy.run_path(",
    )
    command = [sys.executable, "-c", server, EXAMPLES / "web_server.py", "--port", "0"]
    status, stdout, _ = python("-c", VISIT, EXAMPLES, *command)
    output = Output(stdout)
    assert output.answers == {"become another program": "ENOENT"}
    assert output.marked == {"become another program"}
    assert status == 1


# ---- The last column: it names the rule that grants the attempt ----------------------------------

ATTEMPT_ONE = """
import sys

sys.path.insert(0, sys.argv[1])
import breakout
from pyextrasafe import *

one, = [a for a in breakout.ATTEMPTS if a.tried == sys.argv[2]]
playground = breakout.Playground()
SafetyContext().enable(*eval(sys.argv[3])).apply_to_all_threads()
sys.exit(40 + (breakout.make(one, playground) == one.expected))
"""
ALL_RULES = """[
    SystemIO.everything(), ForkAndExec(), Time().allow_gettime(),
    Threads().allow_create().allow_sleep(),
    Networking().allow_start_tcp_clients().allow_start_tcp_servers()
                .allow_start_udp_servers().allow_start_unix_servers(),
]"""


def attempt_refused(python, tried, rules):
    """Make one attempt under some rules, with descriptor 0 as the demonstration has it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"not for you")
        status, _, stderr = python("-c", ATTEMPT_ONE, EXAMPLES, tried, rules, stdin=theirs)
    assert status in (40, 41), stderr
    return status == 41


@pytest.mark.parametrize("tried", [a.tried for a in ATTEMPTS.values() if "()" in a.rule])
def test_the_rule_of_an_attempt_grants_it(python, tried):
    rule = ATTEMPTS[tried].rule
    assert not attempt_refused(python, tried, f"[{rule}]")


@pytest.mark.parametrize("tried", [a.tried for a in ATTEMPTS.values() if a.rule.startswith("none")])
def test_all_rules_together_do_not_grant_the_others(python, tried):
    assert attempt_refused(python, tried, ALL_RULES)
