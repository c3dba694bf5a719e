"""The digest of a context: what counts for it, and what does not."""

import copy
import hashlib
import pickle
import subprocess
import sys

import pytest

import pyextrasafe
from pyextrasafe import (
    BasicCapabilities,
    Compare,
    CompareOp,
    Custom,
    ForkAndExec,
    Networking,
    SafetyContext,
    SystemIO,
    Threads,
    _digest,
    _ffi,
)


class Digested(Exception):
    """Nothing is loaded: the digest is all that is wanted."""


@pytest.fixture(autouse=True)
def _no_loading(monkeypatch):
    def load(_permissions, _rules, _threads, _interrupt, digest, _explanation):
        raise Digested(_digest.as_text(digest))

    monkeypatch.setattr(_ffi, "load", load)


def of_context(context):
    with pytest.raises(Digested) as caught:
        context.apply_to_current_thread()
    return str(caught.value)


def of(*rulesets):
    return of_context(SafetyContext().enable(*rulesets))


def hashed(*lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


BASIC = "('BasicCapabilities', '', None)"


def test_it_is_a_hash_of_what_was_written():
    """What a digest is must not change: it is written down, and compared with that of others."""
    assert of() == hashed(BASIC)
    rule = ("openat", [(3, "<", -1), (0, "==", -100), (2, CompareOp.MaskedEqual(0x41), 0x40)])
    custom = Custom().add_simple(74).add_conditional(rule).add_conditional(rule, unite=True)
    comparisons = "(0, '==', 0, -100), (2, '&', 65, 64), (3, '<', 0, -1)"
    assert of(custom, SystemIO().allow_stdout().allow_file_read(5), ForkAndExec()) == hashed(
        BASIC,
        "('Custom', 'openat', " + comparisons + ", False)",
        "('Custom', 'openat', " + comparisons + ", True)",
        "('Custom', 74, False)",
        "('ForkAndExec', '', None)",
        "('SystemIO', 'allow_file_read', 5)",
        "('SystemIO', 'allow_stdout', None)",
    )
    io = SystemIO().allow_read_path("/é\n", b"/\xff").allow_python_files()
    assert of(io, Networking().allow_start_tcp_servers(0)) == hashed(
        BASIC,
        "('Networking', 'allow_start_tcp_servers', 0)",
        "('SystemIO', 'allow_python_files', None)",
        r"('SystemIO', 'allow_read_path', '/\udcff')",
        r"('SystemIO', 'allow_read_path', '/\xe9\n')",
    )


IO = SystemIO().allow_stdout().allow_file_read(5)
RULE = ("lseek", [(0, "==", 3), (1, "<", 7)])
SAME = {
    "nothing": [[], [SystemIO()], [Custom(), Networking()], [BasicCapabilities()]],
    "permissions": [
        [IO],
        [IO, IO],
        [SystemIO().allow_file_read(5), SystemIO().allow_stdout()],
        [SystemIO().allow_file_read(5).allow_stdout().allow_file_read(5), BasicCapabilities()],
    ],
    "rules": [
        [Custom().add_conditional(RULE)],
        [Custom().add_conditional(("lseek", [(1, "<", 7), Compare(0, CompareOp.Equal, 3)]))],
        [Custom().add_conditional(("lseek", [(1, "<", 7), (0, "==", 3), (1, "<", 7)]))],
    ],
    "always": [
        [Custom().add_simple("fsync")],
        [Custom().add_conditional(("fsync", []), unite=True)],
        [Custom().add_conditional(("fsync", ()))],
    ],
    # Each of these differs from all others.
    "unite": [[Custom().add_conditional(RULE, unite=True)]],
    "another descriptor": [[SystemIO().allow_stdout().allow_file_read(6)]],
    "another permission": [[SystemIO().allow_stderr().allow_file_read(5)]],
    "one permission less": [[SystemIO().allow_stdout()]],
    "paths": [
        [SystemIO().allow_read_path("/a", "/b").allow_write_file("/a")],
        [SystemIO().allow_read_path("/b/", b"/a"), SystemIO().allow_write_file("//a/.")],
        [SystemIO().allow_write_file("/a").allow_read_path("/b").allow_read_path("/a", "/b")],
    ],
    "the other path": [[SystemIO().allow_read_path("/a", "/b").allow_write_file("/b")]],
    "a path that does not exist": [[SystemIO().allow_read_path("/does/not/exist")]],
    "ready-made paths": [[SystemIO().allow_timezone_files()]],
    "ports": [
        [Networking().allow_start_tcp_clients(443, 5432)],
        [Networking().allow_start_tcp_clients(5432).allow_start_tcp_clients(443)],
    ],
    "another port": [[Networking().allow_start_tcp_clients(443, 5433)]],
    "all ports": [[Networking().allow_start_tcp_clients()]],
    "a rule set that grants by itself": [[ForkAndExec()]],
    "everything": [[SystemIO.everything()]],
    "by number": [[Custom().add_simple(_ffi.syscall_number("fsync"))]],
    "a call of other machines": [[Custom().add_simple("riscv_flush_icache")]],
    "signed": [[Custom().add_conditional(("write", [(0, "==", -1)]))]],
    "unsigned": [[Custom().add_conditional(("write", [(0, "==", 2**32 - 1)]))]],
    "masked": [[Custom().add_conditional(("write", [(0, 2**32 - 1, 1)]))]],
    "not masked": [[Custom().add_conditional(("write", [(0, "==", 1)]))]],
    "two rules": [
        [Custom().add_conditional(("write", [(0, "==", 1)])).add_conditional(RULE)],
        [Custom().add_conditional(RULE), Custom().add_conditional(("write", [(0, "==", 1)]))],
    ],
}


def test_what_is_the_same_and_what_differs():
    found = {}
    for name, contexts in SAME.items():
        digests = {of(*rulesets) for rulesets in contexts}
        assert len(digests) == 1, name
        found.setdefault(digests.pop(), []).append(name)
    assert list(found.values()) == [[name] for name in SAME]


class Mine(Custom):
    def __init__(self):
        self.add_conditional(RULE)


def test_copies_and_subclasses_have_the_same():
    context = SafetyContext().enable(Mine(), IO, Threads().allow_create())
    expected = of(Custom().add_conditional(RULE), IO, Threads().allow_create())
    assert of_context(context) == expected
    assert of_context(copy.deepcopy(context)) == expected
    assert of_context(pickle.loads(pickle.dumps(context))) == expected
    assert of_context(eval(repr(context).replace("Mine()", "Custom()"), vars(pyextrasafe))) == (
        expected
    )


PROGRAM = """
from pyextrasafe import Custom, SafetyContext, SystemIO, status
context = SafetyContext().enable(Custom().add_simple("fsync"), SystemIO().allow_stdout())
context.apply_to_current_thread()
print(status().digest)
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_other_processes_have_the_same(seed):
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert told.stdout.decode().strip() == of(
        SystemIO().allow_stdout(), Custom().add_simple("fsync")
    )


def test_text_has_all_digits():
    assert _digest.as_text(0) == "000000000000"
    assert _digest.as_text(2**48 - 1) == "ffffffffffff"
