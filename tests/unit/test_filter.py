"""Filters that are asked, and never loaded; tests/property asks the kernel the same."""

import copy
import errno
import itertools
import os
import pickle
import struct
import unicodedata

import pytest

import pyextrasafe
from pyextrasafe import (
    BasicCapabilities,
    Custom,
    Decision,
    ExtraSafeError,
    Filter,
    ForkAndExec,
    Networking,
    SafetyContext,
    SystemIO,
    Threads,
    Time,
)
from pyextrasafe._ffi import ffi, lib

INSTRUCTION = struct.Struct("=HBBI")


def compiled(*rulesets):
    return SafetyContext().enable(*rulesets).compile()


NOTHING = compiled()
OUTPUT = compiled(SystemIO().allow_stdout())


# ---- Filters as values ----


def test_they_cannot_be_made():
    with pytest.raises(TypeError, match=r"call SafetyContext.compile\(\)"):
        Filter()
    with pytest.raises(TypeError, match=r"call Filter.decide\(\)"):
        Decision()
    for kind in (Filter, Decision):
        with pytest.raises(TypeError, match="not an acceptable base type"):
            type("Mine", (kind,), {})


@pytest.mark.parametrize("value", [OUTPUT, OUTPUT.decide("write", 1), OUTPUT.decide("write", 2)])
def test_values(value):
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(other) is type(value)
        assert other == value
        assert hash(other) == hash(value)
        assert str(other) == str(value)
    assert value != NOTHING
    with pytest.raises(AttributeError):
        value.other = 1
    with pytest.raises(AttributeError):
        del value.errno


def test_the_digest_tells_filters_apart():
    again = compiled(SystemIO().allow_stdout(), SystemIO().allow_stdout(), BasicCapabilities())
    assert again == OUTPUT
    assert len({again, OUTPUT, NOTHING}) == 2
    assert again.digest == OUTPUT.digest != NOTHING.digest
    assert len(OUTPUT.digest) == 12
    assert repr(OUTPUT) == f"<Filter {OUTPUT.digest} of {len(OUTPUT)} instructions>"


def test_a_pickle_decides_the_same():
    other = pickle.loads(pickle.dumps(compiled(SystemIO().allow_read_path("/srv"))))
    assert other.decide("openat", "AT_FDCWD", "/srv/a", "O_RDONLY")
    assert not other.decide("openat", "AT_FDCWD", "/etc/a", "O_RDONLY")


def test_the_context_can_grow_afterwards():
    context = SafetyContext().enable(SystemIO().allow_stdout())
    before = context.compile()
    context.enable(SystemIO().allow_stderr())
    assert not before.decide("write", 2)
    assert context.compile().decide("write", 2)


def test_interrupting_makes_no_difference():
    context = SafetyContext().enable(SystemIO().allow_read_path("/srv"))
    assert context.compile() == context.interrupt_threads().compile()


def test_contradictions_are_found():
    with pytest.raises(ExtraSafeError) as caught:
        compiled(SystemIO().allow_stdout().allow_write())
    assert caught.value.code == "contradiction"
    assert "allow_stdout" in str(caught.value)


def test_names_of_the_package():
    assert pyextrasafe.Filter is Filter
    with pytest.raises(AttributeError, match="has no attribute 'Fliter'"):
        pyextrasafe.Fliter  # noqa: B018


# ---- Decisions ----


def test_allowed():
    decision = OUTPUT.decide("write", 1)
    assert decision
    assert decision.action == "allow"
    assert decision.errno is None
    assert decision.allowed_by == ("SystemIO().allow_stdout()",)
    assert decision.needs == ()
    assert str(decision) == "write(1, ?, ?) is allowed by SystemIO().allow_stdout()"


def test_denied():
    decision = NOTHING.decide("write", 1)
    assert not decision
    assert decision.action == "errno"
    assert decision.errno == errno.EPERM
    assert decision.allowed_by == ()
    assert decision.needs[0] == "SystemIO().allow_file_write(1)"
    assert {"SystemIO().allow_stdout()", "SystemIO().allow_write()"} < set(decision.needs)
    assert decision.needs[-1] == "SystemIO.everything()"
    assert str(decision).startswith("write(1, ?, ?) is denied with EPERM: it needs SystemIO()")


def test_what_no_permission_allows():
    decision = NOTHING.decide("ptrace", "PTRACE_ATTACH", 1)
    assert decision.needs == ()
    assert str(decision) == (
        "ptrace(PTRACE_ATTACH, 1, ?, ?) is denied with EPERM: no permission allows it"
    )


def test_what_ends_the_process():
    decision = NOTHING.decide(0x40000001)
    assert decision.action == "kill_process"
    assert decision.errno is None
    assert not decision
    assert "another architecture" in str(decision)


def test_what_is_not_told_decides_what_is_needed():
    decision = NOTHING.decide("clock_nanosleep")
    assert decision.needs == ()
    assert str(decision).endswith("what it needs depends on what is not given")


def test_errnos():
    assert NOTHING.decide("statx", None, "/").errno == errno.ENOSYS
    assert NOTHING.decide(-1).errno == errno.ENOSYS
    assert NOTHING.decide("ioctl", 0, "TIOCSWINSZ").errno == errno.ENOTTY
    assert NOTHING.decide("ioctl", 0, "TCGETS").errno == errno.EPERM


def test_rules_allow():
    custom = Custom().add_conditional(("flock", [(0, "==", 3)])).add_simple("fsync")
    asked = compiled(custom)
    assert asked.decide("flock", 3).allowed_by == ('Custom().add_conditional(Rule("flock", ...))',)
    assert asked.decide("fsync").allowed_by == ('Custom().add_simple("fsync")',)
    assert compiled(Custom().add_simple(1000)).decide(1000).allowed_by == (
        "Custom().add_simple(1000)",
    )


def test_the_narrowest_comes_first():
    asked = compiled(SystemIO.everything(), SystemIO().allow_write())
    assert asked.decide("write", 7).allowed_by == (
        "SystemIO().allow_write()",
        "SystemIO.everything()",
    )


def test_the_own_process_is_the_one_that_asks():
    assert NOTHING.decide("kill", os.getpid(), "SIGTERM")
    assert not NOTHING.decide("kill", os.getpid() + 1, "SIGTERM")


def test_what_would_contradict_is_not_needed():
    assert "SystemIO().allow_write()" in NOTHING.decide("write", 2).needs
    needs = OUTPUT.decide("write", 2).needs
    assert "SystemIO().allow_stderr()" in needs
    assert "SystemIO().allow_write()" not in needs


# ---- Arguments ----


def test_words():
    asked = compiled(SystemIO().allow_open_readonly())
    words = asked.decide("openat", "AT_FDCWD", None, "O_RDONLY|O_CLOEXEC")
    numbers = asked.decide("openat", -100, None, os.O_RDONLY | os.O_CLOEXEC)
    assert words == numbers
    assert str(words).startswith("openat(AT_FDCWD, ?, O_RDONLY|O_CLOEXEC) is allowed by ")
    decision = asked.decide("openat", "AT_FDCWD", None, "O_WRONLY|O_CREAT", 0o600)
    assert str(decision).startswith("openat(AT_FDCWD, ?, O_WRONLY|O_CREAT, 0600) is denied")


@pytest.mark.parametrize(
    "call",
    [
        *["dup3", "pipe2", "eventfd2", "signalfd4", "timerfd_create", "memfd_create"],
        *["memfd_secret", "userfaultfd", "inotify_init1", "epoll_create1", "accept4", "socket"],
        "delete_module",
    ],
)
def test_flags_of_what_opens_no_file(call):
    """There is no O_RDONLY, which is no flag: what has none is 0."""
    number = lib.es_syscall_number(0, call.encode())
    place = ffi.new("char[]", 32)
    names = []
    while lib.es_syscall_argument(0, number, len(names), place) == lib.ES_OK:
        names.append(ffi.string(place).decode())
    position = names.index("type" if call == "socket" else "flags")
    arguments = [None] * position
    none = NOTHING.decide(call, *arguments, "0")
    assert str(none) == str(NOTHING.decide(call, *arguments, 0))
    assert "O_RDONLY" not in str(none)
    assert "O_RDONLY" in str(NOTHING.decide("openat", None, None, 0))
    other = {"memfd_secret": 0, "delete_module": os.O_NONBLOCK}.get(call, os.O_CLOEXEC)
    assert "O_RDONLY" not in str(NOTHING.decide(call, *arguments, other))


def test_words_that_another_argument_explains():
    decision = NOTHING.decide("fcntl", 3, "F_SETFL", "O_NONBLOCK")
    assert str(decision).startswith("fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) is denied")


@pytest.mark.parametrize(
    "told",
    [
        ("wriet", 1),
        (2**31,),
        (-(2**31) - 1,),
        ("write", 2**64),
        ("write", -(2**63) - 1),
        ("openat", "AT_FDCWD", None, "O_RDNOLY"),
        ("openat", "AT_FDCWD", None, "O_RDONLY|O_WRONLY"),
        ("openat", "AT_FDCWD", None, "O_RDONLY\0"),
        ("openat", "AT_FDCWD", "a\0b", 0),
        ("write", "stdout"),
    ],
)
def test_wrong_values(told):
    with pytest.raises(ValueError, match="."):
        NOTHING.decide(*told)


@pytest.mark.parametrize(
    "told",
    [
        (None,),
        (1.0,),
        (True,),
        (b"write",),
        ("write", 1.0),
        ("write", True),
        ("write", b"1"),
        ("write", [1]),
        ("write", 1, 2, 3, 4, 5, 6, 7),
    ],
)
def test_wrong_types(told):
    with pytest.raises(TypeError):
        NOTHING.decide(*told)


@pytest.mark.parametrize(
    ("call", "name"), [("write", "fd"), ("seccomp", "op"), ("kill", "pid"), ("ioctl", "request")]
)
def test_what_decides_has_to_be_known(call, name):
    with pytest.raises(ValueError, match=rf"^{call}: the answer depends on .*\b{name}\b"):
        OUTPUT.decide(call)


def test_questions_are_answered_whatever_is_allowed():
    asked = compiled(Custom().add_simple("seccomp"))
    with pytest.raises(ValueError, match="depends on op"):
        asked.decide("seccomp")
    assert asked.decide("seccomp", lib.ES_QUESTION - 1)
    decision = asked.decide("seccomp", lib.ES_QUESTION)
    assert decision.errno == lib.ES_ANSWER
    assert decision.needs == ()
    assert "is a question" in str(decision)


def test_what_does_not_decide_may_be_unknown():
    assert compiled(SystemIO().allow_write()).decide("write")
    assert not NOTHING.decide("openat")


# ---- Paths and ports ----


def opens(asked, path, flags="O_RDONLY", directory="AT_FDCWD"):
    return asked.decide("openat", directory, path, flags)


def test_paths_are_judged_as_written(monkeypatch, tmp_path):
    asked = compiled(SystemIO().allow_read_path("/srv", "/etc/hosts"))
    for path in ("/srv", "/srv/a/b", b"/srv/a", "/etc/../srv/a", "//srv/a", "/dev/null"):
        assert opens(asked, path), path
    for path in ("/srvx", "/", "/etc", "/etc/hosts.allow", "/srv/../etc"):
        decision = opens(asked, path)
        assert decision.errno == errno.EACCES, path
    assert opens(asked, "/etc/hosts").allowed_by == ("SystemIO().allow_read_path('/etc/hosts')",)
    monkeypatch.chdir(tmp_path)
    assert not opens(asked, "file")
    assert opens(compiled(SystemIO().allow_read_path(tmp_path)), "file")
    assert opens(compiled(SystemIO().allow_read_path(tmp_path)), tmp_path / "file")


@pytest.mark.parametrize("call", ["stat", "creat", "statx", "newfstatat", "open"])
def test_relative_paths_of_all_calls(call):
    if lib.es_syscall_number(0, call.encode()) < 0:
        pytest.skip("not on this machine")
    told = ("AT_FDCWD",) if call in ("statx", "newfstatat") else ()
    needs = NOTHING.decide(call, *told, "file", 0).needs
    assert any("allow_" in code for code in needs)
    assert not any("..." in code for code in needs)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/a b", '"/a b"'),
        ("/it's", '"/it\'s"'),
        ('/"', '"/\\""'),
        ("/'\"", '"/\'\\""'),
        ("/a\n\\", '"/a\\n\\\\"'),
    ],
)
def test_how_paths_are_written(path, written):
    assert str(NOTHING.decide("chdir", path)).startswith(f"chdir({written}) is denied")


@pytest.mark.once
def test_paths_are_written_as_python_does():
    """But for what no Unicode has assigned, which differs from one Python to the next."""
    assigned = [
        chr(i) for i in range(1, 0x110000) if unicodedata.category(chr(i)) not in ("Cn", "Cs")
    ]
    undecodable = [chr(i) for i in range(0xDC80, 0xDD00)]
    for text in ["".join(assigned).replace("/", ""), "".join(undecodable), "'", '"', "'\""]:
        for path in (f"/srv/{text[i : i + 500]}" for i in range(0, len(text), 500)):
            needs = opens(NOTHING, path).needs
            assert needs[0] == f"SystemIO().allow_read_path({path!r})"


def test_paths_in_a_directory_that_was_removed(monkeypatch, tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    there.rmdir()
    assert "SystemIO().allow_read_path(...)" in opens(NOTHING, "file").needs
    assert "SystemIO().allow_read_path('/file')" in opens(NOTHING, "/file").needs


def test_paths_that_are_not_known():
    asked = compiled(SystemIO().allow_read_path("/srv"))
    for decision in (opens(asked, None), opens(asked, "file", directory=5)):
        assert decision
        assert str(decision).endswith(", if its path is one that is granted")
    assert not str(opens(asked, "/srv/a")).endswith("granted")
    assert "if its path" not in str(asked.decide("newfstatat", "AT_FDCWD", None))


def test_a_path_that_is_missing():
    decision = opens(compiled(SystemIO().allow_read_path("/srv")), "/etc/hosts")
    assert decision.needs[0] == "SystemIO().allow_read_path('/etc/hosts')"
    # Nothing that writes, where the call only reads.
    assert "SystemIO().allow_scratch_dir('/etc')" not in decision.needs
    assert "SystemIO().allow_dns_files()" in decision.needs
    # What is promised about reading is not lifted.
    assert "SystemIO().allow_open_readonly()" not in decision.needs
    assert "/etc/hosts" in str(decision)
    assert "SystemIO().allow_read_path(...)" in opens(NOTHING, None).needs


def test_only_what_is_meant_is_needed():
    assert NOTHING.decide("newfstatat", "AT_FDCWD", "/etc").needs == (
        "SystemIO().allow_metadata()",
        "SystemIO.everything()",
    )
    assert NOTHING.decide("close", 4).needs[0] == "SystemIO().allow_close()"
    assert not any("SystemIO" in code and "/" in code for code in NOTHING.decide("close", 4).needs)
    assert opens(NOTHING, "/etc/passwd").needs == (
        "SystemIO().allow_read_path('/etc/passwd')",
        "SystemIO().allow_open_readonly()",
    )
    # Nothing else is left.
    limited = compiled(SystemIO().allow_read_path("/srv"))
    assert limited.decide("rename", "/tmp/a", "/tmp/b").needs == (
        "SystemIO().allow_scratch_dir('/tmp')",
    )


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (("fcntl", 4, "F_SETLK"), ["SystemIO().allow_locks()", "SystemIO().allow_ioctl()"]),
        (("epoll_create1", 0), ["Networking().allow_event_loop()"]),
        (("epoll_ctl", 4, "EPOLL_CTL_ADD", 5), ["Networking().allow_event_loop()"]),
        (
            ("pipe2", None, "O_CLOEXEC"),
            ["SystemIO().allow_pipes()", "Networking().allow_event_loop()"],
        ),
        (("poll",), ["Threads().allow_sleep()", "Networking().allow_event_loop()"]),
        (("connect", 4), ["Networking().allow_start_unix_datagrams()"]),
    ],
)
def test_what_reaches_beyond_the_process_comes_later(asked, first):
    needs = list(NOTHING.decide(*asked).needs)
    assert needs[: len(first)] == first
    # Programs come behind sockets that are connected.
    if asked[0] == "poll":
        assert needs.index("ForkAndExec()") > needs.index(
            "Networking().allow_running_tcp_clients()"
        )


@pytest.mark.parametrize("call", ["link", "rename"])
def test_what_moves_a_file_needs_both_directories(call):
    both = "SystemIO().allow_scratch_dir('/inbox', '/out')"
    granted = SystemIO().allow_read_path("/inbox").allow_create_in_dir("/out")
    asked = compiled(granted)
    assert asked.decide(call, "/inbox/a", "/out/a").needs == (both,)
    assert compiled(granted.allow_scratch_dir("/inbox", "/out")).decide(call, "/inbox/a", "/out/a")
    # One is enough where it contains the other, or the other is granted.
    assert asked.decide(call, "/out/sub/a", "/out/a").needs == (
        "SystemIO().allow_scratch_dir('/out')",
    )
    beside = compiled(SystemIO().allow_scratch_dir("/out"))
    assert beside.decide(call, "/inbox/a", "/out/a").needs == (
        "SystemIO().allow_scratch_dir('/inbox')",
    )
    # A file may not win rights by it.
    executable = compiled(
        SystemIO().allow_read_path("/inbox"), ForkAndExec().allow_execute_path("/out")
    )
    assert both not in executable.decide(call, "/inbox/a", "/out/a").needs


def test_what_is_for_a_descriptor_comes_first():
    assert NOTHING.decide("ioctl", 1, "TCGETS").needs[0] == "SystemIO().allow_stdout()"
    assert NOTHING.decide("write", 1).needs[:2] == (
        "SystemIO().allow_file_write(1)",
        "SystemIO().allow_stdout()",
    )
    needs = compiled(SystemIO().allow_stdout()).decide("read", 4).needs
    assert needs[:2] == ("SystemIO().allow_file_read(4)", "SystemIO().allow_read()")
    assert any(code.startswith("Networking") for code in needs)


def test_ready_made_sets_are_named():
    asked = compiled(SystemIO().allow_dns_files().allow_read_path("/srv"))
    assert opens(asked, "/etc/hosts").allowed_by == ("SystemIO().allow_dns_files()",)


def test_changing_is_judged_by_the_folder():
    asked = compiled(SystemIO().allow_scratch_dir("/tmp/a").allow_create_dir("/tmp/b"))
    assert asked.decide("mkdir", "/tmp/a/new")
    assert asked.decide("mkdir", "/tmp/b/new")
    assert asked.decide("mkdir", "/tmp/a").errno == errno.EACCES
    assert asked.decide("unlink", "/tmp/a/file")
    assert asked.decide("unlink", "/tmp/b/file").errno == errno.EACCES
    assert asked.decide("rename", "/tmp/a/x", "/tmp/a/y")
    assert asked.decide("rename", "/tmp/a/x", "/tmp/b/y").errno == errno.EACCES
    assert NOTHING.decide("mkdir", "/tmp/b/new").needs[0] == "SystemIO().allow_create_dir('/tmp/b')"


def test_creating_is_told_by_the_flags():
    asked = compiled(SystemIO().allow_write_file("/srv"))
    assert opens(asked, "/srv/file", "O_WRONLY|O_CREAT")
    assert opens(asked, "/srv/file", "O_WRONLY|O_CREAT|O_EXCL").errno == errno.EACCES
    assert opens(asked, "/srv/file", "O_RDONLY").errno == errno.EPERM
    assert opens(asked, "/srv/file", "O_RDWR").errno == errno.EACCES


def test_ports():
    asked = compiled(Networking().allow_start_tcp_clients(443))
    decision = asked.decide("connect", 5)
    assert decision.allowed_by == ("Networking().allow_start_tcp_clients(443)",)
    assert str(decision).endswith(", if its port is one that is granted")
    everywhere = compiled(Networking().allow_start_tcp_clients()).decide("connect", 5)
    assert str(everywhere).endswith("allow_start_tcp_clients()")
    assert "Networking().allow_start_tcp_clients(...)" in NOTHING.decide("connect", 5).needs


# ---- What is needed ----


def test_programs_that_may_be_started():
    needs = NOTHING.decide("execve", "/bin/true").needs
    assert needs == ("ForkAndExec().allow_execute_path('/bin/true')", "ForkAndExec()")
    asked = compiled(ForkAndExec().allow_execute_path("/bin/true"))
    assert asked.decide("execve", "/bin/true")
    assert asked.decide("execve", "/bin/false").errno == errno.EACCES


ASKED = [
    ("write", 1),
    ("openat", "AT_FDCWD", "/etc/hosts", "O_RDONLY"),
    ("openat", "AT_FDCWD", "/srv/x", "O_WRONLY|O_CREAT"),
    ("socket", "AF_INET", "SOCK_STREAM", 0),
    ("clone", "SIGCHLD", 0, 0, 0, 0),
    ("mkdirat", "AT_FDCWD", "/srv/x"),
    ("fstat", 5),
    ("clock_nanosleep", "CLOCK_MONOTONIC", 0),
]


def made_of(code):
    """The rule set that code makes."""
    names = {kind.__name__: kind for kind in (SystemIO, Networking, Threads, ForkAndExec, Time)}
    told = "(443)" if code.startswith("Networking") else "('/srv')"
    return eval(code.replace("(...)", told), names)


@pytest.mark.once
@pytest.mark.parametrize("call", ASKED, ids=lambda call: call[0])
def test_each_of_the_needs_is_enough(call):
    needs = NOTHING.decide(*call).needs
    assert needs
    for code in needs:
        assert compiled(made_of(code)).decide(*call), code


@pytest.mark.once
@pytest.mark.parametrize("call", ASKED, ids=lambda call: call[0])
def test_nothing_narrower_stands_behind(call):
    filters = [compiled(made_of(code)) for code in NOTHING.decide(*call).needs if "/" not in code]
    for first, second in itertools.combinations(filters, 2):
        found = first.diff(second)
        assert not found or any(line[0] == "+" for line in found), found


# ---- Programs ----


def test_text():
    lines = OUTPUT.disassemble().splitlines()
    assert len([line for line in lines if line and not line.startswith(";")]) == len(OUTPUT)
    assert "; write: SystemIO().allow_stdout() where fd == 1" in lines
    assert any(line.startswith("; futex: BasicCapabilities() where ") for line in lines)
    assert any(line.startswith("; ioctl: ENOTTY where ") for line in lines)
    assert any("; write" in line and "jeq" in line for line in lines)
    named = compiled(SystemIO().allow_read_path("/srv", "/etc")).disassemble()
    assert "; pread64: SystemIO().allow_read_path('/etc') where fd >= 3" in named


def test_bpf():
    program = OUTPUT.to_bpf()
    assert len(program) == INSTRUCTION.size * len(OUTPUT)
    instructions = list(INSTRUCTION.iter_unpack(program))
    assert instructions[-1][0] == 0x06  # BPF_RET
    # The own process id is nowhere in it.
    assert os.getpid() not in [k for code, _, _, k in instructions if code == 0x15]


# ---- Differences ----


def lines(one, other):
    return SafetyContext().enable(*one).compile().diff(SafetyContext().enable(*other).compile())


def flock(*comparisons, unite=False):
    return Custom().add_conditional(("flock", list(comparisons)), unite=unite)


def test_what_is_added_shows():
    more = [Custom().add_simple("flock").add_simple(1000), Threads().allow_sleep()]
    made = lines([], more)
    assert '+ flock: Custom().add_simple("flock")' in made
    assert "+ clock_nanosleep: Threads().allow_sleep()" in made
    assert "+ syscall_1000: Custom().add_simple(1000)" in made
    assert lines(more, []) == ["-" + line[1:] for line in made]


SAME = [
    ([Threads().allow_sleep()], [Threads().allow_sleep(), Threads().allow_sleep()]),
    ([SystemIO.everything()], [SystemIO.everything(), SystemIO().allow_pipes()]),
    ([flock((0, "<", 3))], [flock((0, "<=", 2))]),
    ([flock((0, "==", 1), (1, "==", 2))], [flock((1, "==", 2), (0, "==", 1))]),
    ([flock((0, "==", 2**32 - 1))], [flock((0, "==", -1))]),
    ([flock((0, "<", 2))], [flock((0, "==", 0)).add_conditional(("flock", [(0, "==", 1)]))]),
    ([Custom().add_simple("flock")], [Custom().add_simple(lib.es_syscall_number(0, b"flock"))]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_read_path("/a/b", "/a", "//a/./")]),
    (
        [Networking().allow_start_tcp_clients(1, 2)],
        [Networking().allow_start_tcp_clients(2).allow_start_tcp_clients(1)],
    ),
]
OTHER = [
    ([flock((0, "<", 3))], [flock((0, "<", 4))]),
    ([flock((0, "==", 1))], [flock((1, "==", 1))]),
    ([SystemIO().allow_file_read(5)], [SystemIO().allow_file_read(6)]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_read_path("/a", "/ab")]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_read_path("/a/b")]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_read_path("/a/../b")]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_write_file("/a")]),
    ([SystemIO().allow_read_path("/a")], [SystemIO().allow_open_readonly()]),
    ([SystemIO().allow_dns_files()], [SystemIO().allow_ssl_files()]),
    ([Networking().allow_start_tcp_clients(1)], [Networking().allow_start_tcp_clients(2)]),
    ([Networking().allow_start_tcp_clients(1)], [Networking().allow_start_tcp_clients()]),
    ([Networking().allow_start_tcp_clients(1)], [Networking().allow_start_tcp_servers(1)]),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_do_not_show(one, other):
    assert lines(one, other) == []
    assert lines(other, one) == []


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_meanings_show(one, other):
    there, back = lines(one, other), lines(other, one)
    assert there
    swap = {"+": "-", "-": "+"}
    assert sorted(swap[line[0]] + line[1:] for line in there) == sorted(back)
    assert lines(one, one) == lines(other, other) == []


def test_diff_takes_filters():
    with pytest.raises(TypeError, match="other must be Filter, not SafetyContext"):
        NOTHING.diff(SafetyContext())
