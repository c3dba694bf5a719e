"""Policy files: what they say, what is wrong with others, and where their paths are."""

import os
import pathlib
import re
import resource
import signal
import sys

import pytest

from pyextrasafe import (
    BasicCapabilities,
    Compare,
    CompareOp,
    Custom,
    ForkAndExec,
    Networking,
    Rule,
    SafetyContext,
    SystemIO,
    Threads,
    Time,
    _ask,
    _ffi,
)
from pyextrasafe.formats import _conditions, _policy_file

DOCS = pathlib.Path(__file__).parents[2] / "docs"
O_ACCMODE = 3  # PyPy has no name for it


@pytest.fixture
def read(tmp_path):
    """read(text) makes the context of a file with this text."""

    def read(text, **how):
        path = tmp_path / "policy.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return SafetyContext.from_file(path, **how)

    return read


@pytest.fixture
def written(tmp_path):
    """written(context) is the text of its file."""

    def written(context):
        path = tmp_path / "written.toml"
        assert context.to_file(path) is None
        return path.read_text(encoding="utf-8")

    return written


def rulesets(context):
    return list(context._rulesets)


# ---- What a file says ----

WHOLE = """\
[SafetyContext]
explain_denials = true
interrupt_threads = true

[SystemIO]
allow_stdout = true
allow_file_read = ["stdin", 7]
allow_file_write = ["stderr"]
allow_read_path = ["/srv/é", "/a\\"\\\\\\U0000000A"]
allow_python_files = true

[Networking]
allow_start_tcp_clients = [443, 5432]
allow_start_tcp_servers = true

[Threads]

[ForkAndExec]
allow_execute_path = ["/bin/true"]

[Time]
allow_gettime = true

[BasicCapabilities]

[[Custom]]
call = "getpid"

[[Custom]]
call = 1000

[[Custom]]
call = "openat"
conditions = [
    "dirfd == AT_FDCWD",
    "(flags & ~(O_NOFOLLOW|O_CLOEXEC)) == O_RDONLY",
    "mode < 512",
    "flags != O_RDONLY|O_CLOEXEC",
]

[[Custom]]
call = "fcntl"
conditions = ["cmd == F_SETFL", "arg == O_WRONLY|O_NONBLOCK"]
unite = true

[[Custom]]
call = 1000
conditions = ["argument 0 != -1", "(argument 5 & 0xff) == 1"]
"""
CHAIN = [
    SystemIO()
    .allow_stdout()
    .allow_file_read(0)
    .allow_file_read(7)
    .allow_file_write(2)
    .allow_read_path("/srv/é", '/a"\\\n')
    .allow_python_files(),
    Networking().allow_start_tcp_clients(443, 5432).allow_start_tcp_servers(),
    Threads(),
    ForkAndExec().allow_execute_path("/bin/true"),
    Time().allow_gettime(),
    BasicCapabilities(),
    Custom()
    .add_simple("getpid")
    .add_simple(1000)
    .add_conditional(
        (
            "openat",
            [
                (0, "==", -100),
                (2, ~(os.O_NOFOLLOW | os.O_CLOEXEC), os.O_RDONLY),
                (3, "<", 512),
                (2, "!=", os.O_CLOEXEC),
            ],
        )
    )
    .add_conditional(("fcntl", [(1, "==", 4), (2, "==", os.O_WRONLY | os.O_NONBLOCK)]), unite=True)
    .add_conditional((1000, [(0, "!=", -1), (5, 0xFF, 1)])),
]


def test_a_file_is_the_chain(read):
    context = read(WHOLE)
    assert rulesets(context) == CHAIN
    assert repr(context).startswith("SafetyContext().interrupt_threads().explain_denials(2).")


def test_explanations_elsewhere_than_on_standard_error(tmp_path):
    for elsewhere in (0, 1, False):
        context = SafetyContext().explain_denials(elsewhere)
        with pytest.raises(ValueError, match=r"explain_denials\(\) can only name standard error"):
            context.to_file(tmp_path / "policy.toml")
    assert not (tmp_path / "policy.toml").exists()


def test_the_chain_is_the_file(written):
    context = SafetyContext().interrupt_threads().explain_denials(2)
    assert written(context.enable(*CHAIN)) == WHOLE
    # One table for all rule sets of a class.
    apart = SafetyContext().enable(Time(), SystemIO().allow_stdin(), Custom().add_simple("fsync"))
    apart.enable(SystemIO().allow_stdout(), Time().allow_gettime(), Custom().add_simple("getpid"))
    assert written(apart) == (
        "[Time]\nallow_gettime = true\n\n"
        "[SystemIO]\nallow_stdin = true\nallow_stdout = true\n\n"
        '[[Custom]]\ncall = "fsync"\n\n[[Custom]]\ncall = "getpid"\n'
    )


def test_nothing(read, written):
    assert written(SafetyContext()) == ""
    assert rulesets(read("# nothing\n")) == []


def test_all_file_io(read, written):
    context = SafetyContext().enable(SystemIO.everything())
    assert written(context) == "[SystemIO]\neverything = true\n"
    assert rulesets(read(written(context))) == [SystemIO.everything()]
    both = read("[SystemIO]\nallow_locks = true\neverything = true")
    assert rulesets(both) == [SystemIO.everything().allow_locks()]


def test_long_lines_are_wrapped(read, written):
    paths = [f"/srv/a/rather/long/path/{number}" for number in range(5)]
    context = SafetyContext().enable(SystemIO().allow_read_path(*paths))
    text = written(context)
    assert max(map(len, text.splitlines())) <= 100
    assert rulesets(read(text)) == rulesets(context)


def test_what_a_file_says_no_to(read):
    off = "[SafetyContext]\ninterrupt_threads = false\nexplain_denials = false\n"
    rule = '[[Custom]]\ncall = "flock"\nconditions = ["fd == 3"]\nunite = false'
    context = read(off + rule)
    assert repr(context).startswith("SafetyContext().enable(")
    assert rulesets(context) == [Custom().add_conditional(("flock", [(0, "==", 3)]))]


class Derived(Custom):
    def __init__(self):
        self.add_simple("fsync")


def test_a_derived_class_comes_back_as_custom(read, written):
    context = read(written(SafetyContext().enable(Derived())))
    (custom,) = rulesets(context)
    assert type(custom) is Custom
    assert custom == Custom().add_simple("fsync")


# ---- Paths ----


def test_relative_paths_count_from_the_file(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "policy.toml").write_text(
        '[SystemIO]\nallow_read_path = ["a/./b", "../c", ".", "/d"]\n'
    )
    monkeypatch.chdir(tmp_path)
    expected = [
        SystemIO().allow_read_path(
            tmp_path / "etc/a/b", tmp_path / "etc/../c", tmp_path / "etc", "/d"
        )
    ]
    for path in ("etc/policy.toml", b"etc/policy.toml", tmp_path / "etc" / "policy.toml"):
        assert rulesets(SafetyContext.from_file(path)) == expected
    monkeypatch.chdir("etc")
    assert rulesets(SafetyContext.from_file("policy.toml")) == expected


def test_a_path_that_is_not_utf_8(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("# as before\n")
    context = SafetyContext().enable(SystemIO().allow_read_path(b"/a\xff"))
    with pytest.raises(ValueError, match=r"allow_read_path: '/a\\udcff' is not UTF-8"):
        context.to_file(path)
    assert path.read_text() == "# as before\n"
    # The folder may be so all the same.
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    with open(folder + b"/policy.toml", "w") as file:
        file.write('[SystemIO]\nallow_read_path = ["a"]\n')
    context = SafetyContext.from_file(folder + b"/policy.toml")
    assert rulesets(context) == [SystemIO().allow_read_path(folder + b"/a")]


def test_ports_and_all_ports(tmp_path):
    one, other = Networking().allow_start_tcp_clients(443), Networking().allow_start_tcp_clients()
    with pytest.raises(ValueError, match=r"Networking\(\).allow_start_tcp_clients\(\) allows all"):
        SafetyContext().enable(one, other).to_file(tmp_path / "policy.toml")
    assert not (tmp_path / "policy.toml").exists()


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        SafetyContext.from_file(tmp_path / "policy.toml")
    with pytest.raises(IsADirectoryError):
        SafetyContext.from_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        SafetyContext().to_file(tmp_path / "folder" / "policy.toml")


def test_half_a_file_is_not_left(tmp_path):
    """As on a full disk: half a policy may allow more than the whole."""
    path = tmp_path / "policy.toml"
    path.write_text("old")
    path.chmod(0o640)
    conditions = [("ioctl", [(1, "==", number)]) for number in range(200)]
    custom = Custom()
    for condition in conditions:
        custom.add_conditional(condition)
    context = SafetyContext().enable(custom)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            context.to_file(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    context.to_file(path)
    assert path.stat().st_mode & 0o777 == 0o640
    assert repr(SafetyContext.from_file(path)) == repr(context)


def test_a_link_to_a_file_stays(tmp_path):
    (tmp_path / "link").symlink_to("policy.toml")
    SafetyContext().to_file(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert repr(SafetyContext.from_file(tmp_path / "policy.toml")) == "SafetyContext()"


def test_what_is_no_regular_file(tmp_path):
    SafetyContext().to_file("/dev/null")
    assert not os.path.isfile("/dev/null")


# ---- Conditions ----


def arguments():
    """Every argument of every call of this machine, with what is known of the call."""
    for number in range(600):
        call = _ask.Call(number)
        for position in range(_ask.ARGUMENTS):
            yield call, position


@pytest.mark.once
def test_every_argument_in_words():
    """What is written is read as the same comparison; mostly by a name, and where it has one."""
    seen = {"named": 0, "numbered": 0}
    for call, position in arguments():
        for op, datum in [("==", 1), ("==", -100), (">", 0x80002), (~0x800, 3), (7, 2), (-1, 0)]:
            try:
                rule = Rule(call.number, [(position, op, datum)])
            except ValueError:  # not read by the kernel, a pointer, beyond its width
                continue
            (text,) = _conditions.write(call.number, rule.comparators)
            assert tuple(_conditions.read(call.number, [text])) == rule.comparators, text
            seen["numbered" if text.lstrip("(").startswith("argument") else "named"] += 1
    assert min(seen.values()) > 500


@pytest.mark.once
def test_words_that_depend_on_other_arguments():
    for call, first, second in [
        ("fcntl", "cmd == F_ADD_SEALS", "arg == F_SEAL_SEAL|F_SEAL_GROW"),
        ("socket", "family == AF_INET", "protocol == IPPROTO_TCP"),
        ("setsockopt", "level == SOL_TCP", "optname == TCP_NODELAY"),
        ("prctl", "option == PR_CAPBSET_DROP", "arg2 == CAP_SYS_ADMIN"),
    ]:
        for texts in ([first, second], [second, first]):
            compares = _conditions.read(call, texts)
            assert _conditions.write(call, compares) == texts
        with pytest.raises(ValueError, match="has no word"):
            _conditions.read(call, [second])


def test_numbers_are_as_in_c():
    texts = ["fd == 017", "offset == -0x10", "whence == 0", "offset < 18446744073709551615"]
    assert _conditions.read("lseek", texts) == [
        Compare(0, "==", 15),
        Compare(1, "==", -16),
        Compare(2, "==", 0),
        Compare(1, "<", 2**64 - 1),
    ]
    assert _conditions.read("openat", ["flags == O_CREAT|0x3", "(flags & ~0x3) == O_CREAT"]) == [
        Compare(2, "==", os.O_CREAT | 3),
        Compare(2, CompareOp.MaskedEqual(~3), os.O_CREAT),
    ]
    texts = ["(flags & O_ACCMODE) == O_WRONLY", "(flags & ~(O_ACCMODE|O_CLOEXEC)) == 0"]
    assert _conditions.read("openat", texts) == [
        Compare(2, CompareOp.MaskedEqual(O_ACCMODE), os.O_WRONLY),
        Compare(2, CompareOp.MaskedEqual(~(O_ACCMODE | os.O_CLOEXEC)), 0),
    ]
    assert _conditions.write("openat", _conditions.read("openat", texts)) == texts
    assert _conditions.read("read", ["buf != NULL"]) == [Compare(1, "!=", 0)]


def test_what_cannot_be_said_in_the_same_words_is_numbers():
    """The words would mean the same, but would not be the same comparison."""
    compares = Rule("openat", [(0, "==", 2**32 - 100), (2, 2**32 - 1 - 0x80000, 0)]).comparators
    assert _conditions.write("openat", compares) == [
        "dirfd == 4294967196",
        "(flags & 0xfff7ffff) == 0x0",
    ]


@pytest.mark.parametrize(
    ("text", "compare"),
    [
        ("flags == O_CLOEXEC", (1, "==", os.O_CLOEXEC)),
        ("flags == 0", (1, "==", 0)),
        ("(flags & ~(O_NONBLOCK|O_CLOEXEC)) == 0", (1, ~0o2004000, 0)),
    ],
)
def test_flags_of_what_opens_no_file(read, text, compare):
    file = f'[[Custom]]\ncall = "pipe2"\nconditions = ["{text}"]\n'
    (custom,) = rulesets(read(file))
    assert custom == Custom().add_conditional(("pipe2", [compare]))
    compares = Rule("pipe2", [compare]).comparators
    assert _conditions.write("pipe2", compares) == [text]


def test_calls_of_other_machines(read, written):
    """A policy can be read on machines that lack some of its calls."""
    for call, text, compare in [
        ("open", "flags == O_RDONLY", (1, "==", 0)),
        ("arch_prctl", "argument 0 == 4098", (0, "==", 4098)),
        ("riscv_flush_icache", "flags == 1", (2, "==", 1)),
    ]:
        file = f'[[Custom]]\ncall = "{call}"\nconditions = ["{text}"]\n'
        (custom,) = rulesets(read(file))
        assert custom == Custom().add_conditional((call, [compare]))
        (custom,) = rulesets(read(written(SafetyContext().enable(custom))))
        assert custom == Custom().add_conditional((call, [compare]))


# ---- What is wrong with a file ----

CONDITION = '[[Custom]]\ncall = "openat"\nconditions = [%s]\n'
BAD = {
    "no TOML": ("[SystemIO", "not TOML: Expected ']'"),
    "not UTF-8": (b"# \xff", "not TOML: 'utf-8' codec can't decode byte 0xff"),
    "twice": ("[Time]\n[Time]", "not TOML: "),
    "too deep": ("a = " + "[" * 100000, "not TOML"),
    "a huge number": ("[Time]\nallow_gettime = " + "9" * 5000, "o"),  # not TOML, or expected true
    "an unknown table": ("[SystemIo]", "[SystemIo]: no such table; did you mean SystemIO?"),
    "no table at all": (
        "[quux]",
        "[quux]: no such table; expected one of SafetyContext, BasicCapabilities, ForkAndExec, ",
    ),
    "a class that is none": ("[RuleSet]", "[RuleSet]: no such table"),
    "a key of its own": ("SystemIO = true", "[SystemIO]: expected a table"),
    "tables": ("[[SystemIO]]", "[SystemIO]: expected a table"),
    "a permission": (
        "[SystemIO]\nallow_stdot = true",
        "[SystemIO] allow_stdot: no such permission; did you mean allow_stdout?",
    ),
    "a permission of another table": (
        "[Networking]\nallow_stdout = true",
        "[Networking] allow_stdout: it belongs to [SystemIO]",
    ),
    "a link in another table": (
        "[SystemIO]\ninterrupt_threads = true",
        "[SystemIO] interrupt_threads: it belongs to [SafetyContext]",
    ),
    "a permission of the context": (
        "[SafetyContext]\nallow_sleep = true",
        "[SafetyContext] allow_sleep: it belongs to [Threads]",
    ),
    "a permission without a table": (
        "allow_stdout = true",
        "allow_stdout: put it beneath [SystemIO]",
    ),
    "what is a method": ("[SystemIO]\n_allow = true", "[SystemIO] _allow: no such permission"),
    "what the rule set itself grants": ('[ForkAndExec]\n"" = true', '[ForkAndExec] "": no such'),
    "a name with a null": (
        '[SystemIO]\n"allow_stdout\\u0000" = true',
        '[SystemIO] "allow_stdout\\U00000000": no such permission; did you mean allow_stdout?',
    ),
    "a name on two lines": ('"a\\nb" = 1', '["a\\U0000000Ab"]: no such table'),
    "false": (
        "[SystemIO]\nallow_stdout = false",
        "[SystemIO] allow_stdout: expected true; to allow nothing, remove the line",
    ),
    "a number": ("[SystemIO]\nallow_stdout = 1", "[SystemIO] allow_stdout: expected true"),
    "an argument too many": (
        '[SystemIO]\nallow_python_files = ["/"]',
        "[SystemIO] allow_python_files: expected true",
    ),
    "a single descriptor": (
        "[SystemIO]\nallow_file_read = 3",
        "[SystemIO] allow_file_read: expected an array of descriptors: numbers, or ",
    ),
    "a descriptor's name": ('[SystemIO]\nallow_file_read = ["stdnull"]', "expected an array of d"),
    "a descriptor that is true": ("[SystemIO]\nallow_file_read = [true]", "expected an array of d"),
    "a negative descriptor": (
        "[SystemIO]\nallow_file_read = [-1]",
        "[SystemIO] allow_file_read: file descriptor cannot be a negative integer (-1)",
    ),
    "a single path": (
        '[SystemIO]\nallow_read_path = "/"',
        '[SystemIO] allow_read_path: expected an array of paths, such as ["/srv"]',
    ),
    "no path": ("[SystemIO]\nallow_read_path = []", "expected an array of paths"),
    "all paths": ("[SystemIO]\nallow_read_path = true", "expected an array of paths"),
    "an empty path": ('[SystemIO]\nallow_read_path = [""]', "allow_read_path: a path cannot be em"),
    "a null": ('[SystemIO]\nallow_read_path = ["a\\u0000"]', "allow_read_path: embedded null"),
    "a port's name": (
        '[Networking]\nallow_start_tcp_clients = ["https"]',
        "[Networking] allow_start_tcp_clients: expected an array of ports, such as [443], or true",
    ),
    "no port": ("[Networking]\nallow_start_tcp_clients = []", "expected an array of ports"),
    "port 0": (
        "[Networking]\nallow_start_tcp_clients = [0]",
        "[Networking] allow_start_tcp_clients: a port must be from 1 to 65535, not 0",
    ),
    "an unknown link": (
        "[SafetyContext]\ninterrupt_thread = true",
        "[SafetyContext] interrupt_thread: no such key; did you mean interrupt_threads?",
    ),
    "what is no link": ("[SafetyContext]\ncompile = true", "[SafetyContext] compile: no such key"),
    "a link of 1": (
        "[SafetyContext]\ninterrupt_threads = 1",
        "[SafetyContext] interrupt_threads: expected true or false",
    ),
    "one Custom": ("[Custom]\ncall = 1", "[[Custom]]: expected [[Custom]], a table for each rule"),
    "no rule": ("Custom = []", "[[Custom]]: expected [[Custom]], a table for each rule"),
    "a rule without a call": (
        "[[Custom]]",
        "[[Custom]] number 1, call: expected the name of a system call, or its number",
    ),
    "an unknown call": (
        '[[Custom]]\ncall = "fsync"\n[[Custom]]\ncall = "getpdi"',
        "[[Custom]] number 2, call: unknown system call 'getpdi'; did you mean 'getpid'?",
    ),
    "a number that is none": (
        "[[Custom]]\ncall = -1",
        "[[Custom]] number 1, call: syscall must be from 0 to 1073741823, not -1",
    ),
    "true as a call": ("[[Custom]]\ncall = true", "call: expected the name of a system call"),
    "a key of a rule": (
        "[[Custom]]\ncall = 1\ncondition = []",
        "[[Custom]] number 1, condition: no such key; did you mean conditions?",
    ),
    "unite alone": (
        "[[Custom]]\ncall = 1\nunite = true",
        "[[Custom]] number 1, unite: expected conditions beside it",
    ),
    "unite": (CONDITION % '"mode == 1"' + "unite = 1", "number 1, unite: expected true or false"),
    "no conditions": (CONDITION % "", "number 1, conditions: expected an array of conditions"),
    "an argument": (
        CONDITION % '"flag == O_RDONLY"',
        "[[Custom]] number 1, conditions: 'flag == O_RDONLY': no argument 'flag'; "
        "there is dirfd, path, flags, mode",
    ),
    "an argument of a call without a name": (
        '[[Custom]]\ncall = 1000\nconditions = ["fd == 1"]',
        "'fd == 1': no argument 'fd'; there is argument 0",
    ),
    "a word": (
        CONDITION % '"flags == O_RDNOLY"',
        "conditions: 'flags == O_RDNOLY': flags has no word 'O_RDNOLY'",
    ),
    "words that clash": (CONDITION % '"flags == O_RDONLY|O_WRONLY"', "'O_WRONLY' says something e"),
    "one =": (CONDITION % '"flags = O_RDONLY"', "'flags = O_RDONLY' is not a condition, such as "),
    "no blanks": (CONDITION % '"flags==1"', "'flags==1' is not a condition, such as "),
    "as C would not read it": (CONDITION % '"flags & 3 == 1"', "is not a condition, such as "),
    "two conditions": (CONDITION % '"flags == 1 and mode == 1"', "is not a condition, such as "),
    "an expression": (CONDITION % '"flags == 1+1"', "'1+1' is no number that flags can have"),
    "code": (CONDITION % '"flags == __import__(0)"', "is not a condition, such as "),
    "masked and unequal": (
        CONDITION % '"(flags & 3) != 1"',
        "'(flags & 3) != 1': a masked argument can only be compared by ==",
    ),
    "outside of the mask": (
        CONDITION % '"(flags & 3) == 4"',
        "conditions: datum 4 has bits outside its mask",
    ),
    "beyond the argument": (CONDITION % '"flags == 4294967296"', "conditions: "),
    "beyond all arguments": (CONDITION % '"flags == 18446744073709551616"', "conditions: "),
    "what can never hold": (CONDITION % '"flags == 1", "flags == 2"', "conditions: "),
    "a pointer": (CONDITION % '"path == 1"', "conditions: "),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file(case, read, tmp_path):
    text, expected = BAD[case]
    with pytest.raises(ValueError, match=re.escape(expected)) as caught:
        read(text)
    assert type(caught.value) is ValueError
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/policy.toml: ")
    assert "\n" not in message


def test_the_name_of_the_file_stays_on_its_line(tmp_path):
    path = tmp_path / "a\nb"
    path.write_text("[")
    with pytest.raises(ValueError, match=r"^'/\S*/a\\nb': not TOML"):
        SafetyContext.from_file(path)


@pytest.mark.parametrize("path", [None, 0, object()])
def test_what_is_no_path(path):
    with pytest.raises(TypeError):
        SafetyContext.from_file(path)
    with pytest.raises(TypeError):
        SafetyContext().to_file(path)


def test_without_tomli(read, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(ImportError, match=r"pip install 'pyextrasafe\[cli\]'"):
        read("")


# ---- The files that are shown ----


def test_the_page_has_every_table_and_every_key():
    page = (DOCS / "policy-files.rst").read_text()
    for table in (*_policy_file._TABLES, "[Custom]"):
        assert table == "Custom" or f"``[{table}]``" in page, table
    permissions = _policy_file._permissions(SystemIO).items()
    descriptors = [name for name, takes in permissions if takes == _ffi.lib.ES_TAKES_DESCRIPTOR]
    assert len(descriptors) == 2
    for key in (*_policy_file._LINKS, *_policy_file._OF_A_RULE, *descriptors):
        assert f"``{key} = " in page, key


def test_the_file_that_is_shown(written):
    shown = DOCS / "snippets" / "policy_file.toml"
    context = SafetyContext.from_file(shown)
    folder = shown.parent
    assert rulesets(context) == [
        SystemIO()
        .allow_stdout()
        .allow_file_write(2)
        .allow_read_path(folder / "measurements.csv")
        .allow_python_files(),
        Threads().allow_sleep(),
        Custom()
        .add_simple("sched_yield")
        .add_conditional(("fadvise64", [(0, ">", 2), (3, "==", 2)]))
        .add_conditional(("madvise", [(2, "==", 14)]), unite=True),
    ]
    context.compile()
    assert _ffi.syscall_number("fadvise64") > 0
