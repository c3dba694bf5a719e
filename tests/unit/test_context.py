"""SafetyContext and ExtraSafeError, without a filter being loaded."""

import copy
import errno
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pyextrasafe
from pyextrasafe import (
    BasicCapabilities,
    Custom,
    ExtraSafeError,
    ForkAndExec,
    Networking,
    SafetyContext,
    SystemIO,
    Threads,
    Time,
    _ffi,
)
from pyextrasafe._ffi import ffi, lib

APPLY = ["apply_to_current_thread", "apply_to_all_threads"]
EPERM = lib.ES_ACTION_ERRNO | errno.EPERM


def evaluate(expression):
    return eval(expression, vars(pyextrasafe).copy())


class Library:
    """The C library, with some functions replaced."""

    def __init__(self, **replacements):
        self.__dict__.update(replacements)

    def __getattr__(self, name):
        return getattr(lib, name)


class Loads:
    """Takes the place of the kernel: keeps the policies that would have been loaded."""

    def __init__(self, monkeypatch):
        self.threads = []
        self.interrupts = []
        self.policies = []
        library = Library(
            es_prepare=self.prepare, es_commit=self.commit, es_policy_free=self.policies.append
        )
        monkeypatch.setattr(_ffi, "lib", library)

    def prepare(self, policy, options, loadable, error):
        self.threads.append(options.threads)
        self.interrupts.append(options.interrupt)
        return lib.es_prepare(policy, options, loadable, error)

    def commit(self, loadable, error):
        assert loadable != ffi.NULL
        return lib.ES_OK

    def decide(self, name, *arguments):
        """What the last policy decides about a call."""
        call = ffi.new("es_call *")
        call.arch = lib.es_arch_native()
        call.nr = name if isinstance(name, int) else lib.es_syscall_number(0, name.encode())
        call.args = [*arguments, *[0] * (6 - len(arguments))]
        return lib.es_policy_decide(self.policies[-1], call, 1)


@pytest.fixture
def loads(monkeypatch):
    loads = Loads(monkeypatch)
    yield loads
    for policy in loads.policies:
        lib.es_policy_free(policy)


def state_of_this_thread():
    lines = Path("/proc/thread-self/status").read_text(encoding="ascii").splitlines()
    return [line for line in lines if line.startswith(("NoNewPrivs", "Seccomp"))]


# ---- enable() ------------------------------------------------------------------------------------


def test_enable_returns_its_own_object():
    context = SafetyContext()
    assert context.enable() is context
    assert context.enable(SystemIO(), Threads()) is context


@pytest.mark.parametrize(
    "expression",
    [
        "SafetyContext()",
        "SafetyContext().enable(BasicCapabilities())",
        "SafetyContext().enable(BasicCapabilities(), SystemIO().allow_stdout())",
        "SafetyContext().enable(Custom().add_simple('write'), SystemIO.everything())",
        "SafetyContext().interrupt_threads()",
        "SafetyContext().interrupt_threads().enable(SystemIO().allow_read_path('/srv'))",
    ],
)
def test_repr_is_code(expression):
    assert repr(evaluate(expression)) == expression


def test_repr_joins_several_calls():
    context = SafetyContext().enable(SystemIO()).enable().enable(Threads().allow_sleep())
    assert repr(context) == "SafetyContext().enable(SystemIO(), Threads().allow_sleep())"


def test_later_changes_of_a_ruleset_do_not_count(loads):
    ruleset, custom = SystemIO().allow_stdout(), Custom().add_simple("fsync")
    context = SafetyContext().enable(ruleset, custom)
    ruleset.allow_stderr()
    custom.add_simple("fdatasync")
    assert repr(context) == (
        "SafetyContext().enable(SystemIO().allow_stdout(), Custom().add_simple('fsync'))"
    )
    context.apply_to_current_thread()
    assert loads.decide("write", 1) == lib.ES_ACTION_ALLOW
    assert loads.decide("write", 2) == EPERM
    assert loads.decide("fsync") == lib.ES_ACTION_ALLOW
    assert loads.decide("fdatasync") == EPERM


class Mine(Custom):
    def __init__(self, call):
        self.add_simple(call)


def test_a_ruleset_of_ones_own_is_enabled_as_what_it_grants(loads):
    context = SafetyContext().enable(Mine("fsync"))
    assert repr(context) == "SafetyContext().enable(Custom().add_simple('fsync'))"
    context.apply_to_current_thread()
    assert loads.decide("fsync") == lib.ES_ACTION_ALLOW


@pytest.mark.parametrize("wrong", [None, 1, "SystemIO", int, len, [SystemIO()], SafetyContext()])
def test_enable_takes_rulesets_only(wrong):
    context = SafetyContext().enable(Threads())
    message = f"^enable\\(\\) argument 2 must be RuleSet, not {type(wrong).__name__}$"
    with pytest.raises(TypeError, match=message):
        context.enable(SystemIO(), wrong, Networking())
    assert repr(context) == "SafetyContext().enable(Threads())"


@pytest.mark.parametrize(
    ("wrong", "instead"),
    [
        (SystemIO, "type: write SystemIO()"),
        (SystemIO.allow_stdout, "function: write SystemIO().allow_stdout()"),
        (SystemIO().allow_stdout, "method: write SystemIO().allow_stdout()"),
    ],
)
def test_enable_says_what_to_write(wrong, instead):
    with pytest.raises(TypeError) as raised:
        SafetyContext().enable(wrong)
    assert str(raised.value) == f"enable() argument 1 must be RuleSet, not {instead}"


def test_from_file_drops_nothing(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("[Time]\n")
    with pytest.raises(TypeError) as raised:
        SafetyContext().enable(SystemIO()).from_file(path)
    assert str(raised.value) == (
        "SafetyContext.from_file() makes a new object, and would drop "
        "SafetyContext().enable(SystemIO()): write SafetyContext.from_file() alone"
    )
    assert SafetyContext().from_file(path=path)._rulesets == [Time()]


def test_final():
    with pytest.raises(TypeError, match="'SafetyContext' is not an acceptable base type$"):
        type("Mine", (SafetyContext,), {})


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda context: pickle.loads(pickle.dumps(context))]
)
def test_a_copy_goes_its_own_way(duplicate):
    context = SafetyContext().enable(SystemIO().allow_close())
    other = duplicate(context)
    assert repr(other) == repr(context)
    other.enable(Threads()).interrupt_threads()
    assert repr(context) == "SafetyContext().enable(SystemIO().allow_close())"
    assert repr(duplicate(other)) == (
        "SafetyContext().interrupt_threads().enable(SystemIO().allow_close(), Threads())"
    )


# ---- What is applied -----------------------------------------------------------------------------


@pytest.mark.parametrize("apply", APPLY)
def test_basic_capabilities_are_always_in(loads, apply):
    getattr(SafetyContext(), apply)()
    assert loads.decide("getpid") == lib.ES_ACTION_ALLOW
    assert loads.decide("write", 1) == EPERM


def test_which_threads(loads):
    SafetyContext().apply_to_current_thread()
    SafetyContext().apply_to_all_threads()
    assert loads.threads == [lib.ES_THIS_THREAD, lib.ES_ALL_THREADS]


def test_threads_are_interrupted_where_the_context_says_so(loads):
    context = SafetyContext()
    context.apply_to_all_threads()
    assert context.interrupt_threads() is context
    context.apply_to_all_threads()
    context.interrupt_threads().apply_to_all_threads()
    assert loads.interrupts == [0, 1, 1]


def test_everything_that_was_enabled(loads):
    context = SafetyContext().enable(SystemIO().allow_file_read(7), Threads().allow_sleep())
    context.enable(Custom().add_conditional(("write", [(0, "==", 1), (2, "<", 10)])))
    context.enable(Custom().add_simple(1000), ForkAndExec())
    context.apply_to_all_threads()
    assert loads.decide("read", 7) == lib.ES_ACTION_ALLOW
    assert loads.decide("read", 8) == EPERM
    assert loads.decide("nanosleep") == lib.ES_ACTION_ALLOW
    assert loads.decide("write", 1, 0, 9) == lib.ES_ACTION_ALLOW
    assert loads.decide("write", 1, 0, 10) == EPERM
    assert loads.decide("write", 2, 0, 9) == EPERM
    assert loads.decide(1000) == lib.ES_ACTION_ALLOW
    assert loads.decide("execve") == lib.ES_ACTION_ALLOW


def test_the_same_is_said_once(monkeypatch, loads):
    permitted = []

    def permit(policy, index, given, error):
        permitted.append((index, given))
        return lib.es_policy_permit(policy, index, given, error)

    _ffi.lib.es_policy_permit = permit
    io = SystemIO().allow_stdout()
    SafetyContext().enable(BasicCapabilities(), io, io, BasicCapabilities()).apply_to_all_threads()
    assert len(permitted) == len(set(permitted)) == 2


def test_a_context_can_be_applied_again(loads):
    context = SafetyContext().enable(SystemIO().allow_stdout())
    context.apply_to_current_thread()
    context.enable(SystemIO().allow_stderr()).apply_to_current_thread()
    assert loads.decide("write", 2) == lib.ES_ACTION_ALLOW
    assert len(loads.policies) == 2


# ---- Failures ------------------------------------------------------------------------------------

CONTRADICTION = SafetyContext().enable(SystemIO().allow_stdout().allow_write())
SEVERAL = SafetyContext().enable(
    SystemIO().allow_file_write(0).allow_file_write(1).allow_stderr(),
    Custom().add_conditional(("write", [(0, ">", 2)])),
)
ONE_PLACE = SafetyContext().enable(
    SystemIO().allow_write_file("/srv").allow_open().allow_list_dir("/etc")
)
ONE_PORT = SafetyContext().enable(
    Networking().allow_start_tcp_clients(443), Custom().add_simple("connect")
)
PAST_PATHS = SafetyContext().enable(
    SystemIO().allow_python_files().allow_list_dir("/srv"), Custom().add_simple("chroot")
)
PAST_PORTS = SafetyContext().enable(
    Networking().allow_start_tcp_servers(0), Custom().add_conditional(("socket", [(0, "==", 2)]))
)
MADE_ANYHOW = SafetyContext().enable(
    SystemIO().allow_create_dir("/srv", "/var"),
    Custom().add_conditional(("mkdirat", [(0, "==", 5)])),
)
# Odd descriptors cannot be united to ranges, and with pairs of arguments not even be searched.
TOO_LONG = SafetyContext().enable(
    *(
        Custom().add_conditional(("write", [(0, "==", 2 * i + 1), (2, "==", 1000 + 7 * i * i)]))
        for i in range(5000)
    )
)


@pytest.mark.parametrize("apply", APPLY)
@pytest.mark.parametrize(
    ("context", "code", "words"),
    [
        (CONTRADICTION, "contradiction", ["write", "allow_stdout", "allow_write", "remove"]),
        (
            SEVERAL,
            "contradiction",
            ["allow_file_write(0) limits write", "allow_stderr() and others together allow"],
        ),
        (TOO_LONG, "too-long", ["4096", "Custom"]),
        (
            ONE_PLACE,
            "contradiction",
            [
                "SystemIO().allow_write_file('/srv') says where the program may write files",
                "but SystemIO().allow_open() lets it do so everywhere; remove",
            ],
        ),
        (
            ONE_PORT,
            "contradiction",
            [
                "Networking().allow_start_tcp_clients(443) says where the program may connect TCP",
                'but Custom().add_simple("connect") lets it do so everywhere',
            ],
        ),
        (
            PAST_PATHS,
            "contradiction",
            [
                "limits the program, but it may bypass the limits on paths by "
                'Custom().add_simple("chroot"); remove',
            ],
        ),
        (
            PAST_PORTS,
            "contradiction",
            [
                "Networking().allow_start_tcp_servers(0) limits the program, but it may bypass "
                'the limits on ports by Custom().add_conditional(Rule("socket"',
            ],
        ),
        (
            MADE_ANYHOW,
            "contradiction",
            ["mkdirat", "SystemIO().allow_create_dir('/srv')"],
        ),
    ],
)
def test_a_context_that_cannot_be_applied(context, code, words, apply):
    before = state_of_this_thread(), repr(context)
    with pytest.raises(ExtraSafeError) as caught:
        getattr(context, apply)()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.code == code
    assert caught.value.operation is None
    assert caught.value.errno is None
    assert caught.value.tid is None
    assert caught.value.__cause__ is None
    assert (state_of_this_thread(), repr(context)) == before


FUNCTIONS = [
    "es_policy_new",
    "es_policy_permit",
    "es_policy_allow_packed",
    "es_prepare",
    "es_check_rings",
    "es_commit",
]


@pytest.mark.parametrize("failing", [*FUNCTIONS, None])
def test_everything_is_freed(monkeypatch, failing):
    made, freed = [], []

    def watch(name):
        def function(*arguments):
            error = arguments[-1]
            if name == failing:
                error.code = lib.ES_ERR_NO_MEMORY
                return lib.ES_ERR_NO_MEMORY
            if name == "es_commit":
                return lib.ES_OK
            status = getattr(lib, name)(*arguments)
            if name in ("es_policy_new", "es_prepare"):
                made.append(arguments[-2][0])
            return status

        return function

    def free(name):
        def function(handle):
            if handle:
                freed.append(handle)
            getattr(lib, name)(handle)

        return function

    library = Library(
        **{name: watch(name) for name in FUNCTIONS},
        **{name: free(name) for name in ("es_policy_free", "es_filter_free")},
    )
    monkeypatch.setattr(_ffi, "lib", library)
    context = SafetyContext().enable(Custom().add_simple("write"))
    if failing:
        with pytest.raises(MemoryError):
            context.apply_to_current_thread()
    else:
        context.apply_to_current_thread()
    assert set(made) == set(freed)
    assert len(made) == len(freed) == [0, 1, 1, 1, 2, 2, 2][[*FUNCTIONS, None].index(failing)]


def failure(code, errnum=0, tid=0, message="It went wrong."):
    error = ffi.new("es_error *", {"code": code, "errnum": errnum, "tid": tid})
    error.message = message.encode()
    return _ffi._failure(error)


def failure_of_path(errnum, path):
    """What es_prepare() says of a path of SystemIO().allow_read_path()."""
    error = ffi.new("es_error *", {"code": lib.ES_ERR_PATH, "errnum": errnum})
    encoded = ffi.new("char[]", path)
    error.limited_by.permission = lib.es_permission_find(b"SystemIO", b"allow_read_path")
    error.limited_by.argument.kind = lib.ES_TAKES_PATH
    error.limited_by.argument.path = encoded
    return _ffi._failure(error)


ERRORS = {name: getattr(lib, name) for name in dir(lib) if name.startswith("ES_ERR_")}
WORDED_BY_PYTHON = "ES_ERR_CONTRADICTION", "ES_ERR_PATH"
OF_PYTHON = {
    "ES_ERR_ARGUMENT": ValueError,
    "ES_ERR_UNKNOWN": ValueError,
    "ES_ERR_COMPARISON": ValueError,
    "ES_ERR_NO_MEMORY": MemoryError,
}


@pytest.mark.parametrize("name", sorted(ERRORS.keys() - WORDED_BY_PYTHON))
def test_errors_of_c_are_exceptions(name):
    exception = failure(ERRORS[name])
    assert type(exception) is OF_PYTHON.get(name, ExtraSafeError)
    assert str(exception) == "It went wrong."
    if type(exception) is ExtraSafeError:
        assert exception.code == ffi.string(lib.es_status_name(ERRORS[name])).decode()
        assert exception.operation is None
    assert exception.__cause__ is None


def test_every_code_is_documented():
    codes = {ffi.string(lib.es_status_name(code)).decode() for code in ERRORS.values()}
    codes.add("format")  # of pyextrasafe/formats, which the core knows nothing of
    for name in OF_PYTHON:
        codes.remove(ffi.string(lib.es_status_name(ERRORS[name])).decode())
    listed = re.findall(r"^ *\* (.*?):", ExtraSafeError.__doc__, re.M)
    assert sorted(re.findall(r'`"([\w-]+)"`', " ".join(listed))) == sorted(codes)


def test_an_operation_is_named():
    error = ffi.new("es_error *", {"code": lib.ES_ERR_KERNEL, "errnum": errno.EPERM})
    name = ffi.new("char[]", b"seccomp(2)")
    error.operation = name
    exception = _ffi._failure(error)
    assert (exception.code, exception.operation) == ("kernel", "seccomp(2)")


def test_a_refusal_of_the_kernel():
    exception = failure(lib.ES_ERR_KERNEL, errno.EACCES)
    assert exception.errno == errno.EACCES
    assert exception.tid is None
    assert type(exception.__cause__) is PermissionError
    assert exception.__cause__.errno == errno.EACCES
    assert exception.__cause__.strerror == os.strerror(errno.EACCES)


def test_a_path_that_cannot_be_opened():
    exception = failure_of_path(errno.ENOENT, b"/caf\xe9")
    assert type(exception) is ExtraSafeError
    assert (exception.code, exception.errno, exception.path) == ("path", errno.ENOENT, "/caf\udce9")
    assert str(exception) == (
        "SystemIO().allow_read_path('/caf\\udce9'): No such file or directory: '/caf\\udce9'"
    )
    assert type(exception.__cause__) is FileNotFoundError
    assert exception.__cause__.filename == "/caf\udce9"


def test_an_abi_that_is_too_old():
    error = ffi.new("es_error *", {"code": lib.ES_ERR_UNSUPPORTED, "abi": 1, "abi_needed": 2})
    error.limited_by.permission = lib.es_permission_find(b"SystemIO", b"allow_close")
    exception = _ffi._failure(error)
    assert (exception.code, exception.errno, exception.path) == ("unsupported", None, None)
    assert str(exception) == (
        "SystemIO().allow_close() needs ABI 2 of Landlock, which Linux 5.19 has; only ABI 1 is "
        "available"
    )


def test_a_thread_that_could_not_be_synchronised():
    exception = failure(lib.ES_ERR_THREAD, tid=1234)
    assert exception.tid == 1234
    assert exception.errno is None


def test_a_message_that_is_no_utf8():
    error = ffi.new("es_error *", {"code": lib.ES_ERR_FILE})
    error.message = b"caf\xe9"
    assert str(_ffi._failure(error)) == "caf\N{REPLACEMENT CHARACTER}"


# ---- ExtraSafeError ------------------------------------------------------------------------------


def test_extrasafeerror_is_an_ordinary_exception():
    assert ExtraSafeError.__bases__ == (Exception,)
    plain = ExtraSafeError("a sentence")
    assert plain.args == ("a sentence",)
    attributes = "errno", "tid", "code", "operation", "path"
    assert [getattr(plain, name) for name in attributes] == [None] * 5


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_extrasafeerror_is_copied_with_its_attributes(duplicate):
    attributes = {
        "errno": 1,
        "tid": 2,
        "code": "kernel",
        "operation": "seccomp(2)",
        "path": "/srv",
    }
    other = duplicate(ExtraSafeError("a sentence", **attributes))
    assert type(other) is ExtraSafeError
    assert (other.args, vars(other)) == (("a sentence",), attributes)


# ---- After a context ----

CONFINED = """
import pyextrasafe
from pyextrasafe import SafetyContext, SystemIO
context = SafetyContext()
confine = SafetyContext().enable(SystemIO().allow_stdout().allow_stderr())
confine.apply_to_all_threads()
try:
    {call}
except ImportError as error:
    print(f"{{type(error).__name__}}: {{error}}")
except pyextrasafe.ExtraSafeError as error:
    print(f"{{error.code}}: {{error}}")
"""


def confined(call):
    """What a call says in a process that is confined."""
    code = CONFINED.format(call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("call", "kind", "name"),
    [
        ("pyextrasafe.learn", "ImportError", "pyextrasafe.learn"),
        ("pyextrasafe.Filter", "ImportError", "pyextrasafe.Filter"),
        ("SafetyContext.from_file('p')", "ModuleNotFoundError", "SafetyContext.from_file"),
        ("context.to_file('p')", "ModuleNotFoundError", "SafetyContext.to_file"),
        ("context.compile()", "ModuleNotFoundError", "SafetyContext.compile"),
        ("context.explain_denials()", "ImportError", "SafetyContext.explain_denials"),
    ],
)
def test_an_import_that_comes_too_late_says_so(call, kind, name):
    assert confined(call) == (
        f"{kind}: a context was applied before, which does not allow importing what {name} needs: "
        f"use {name} once before that"
    )


def test_a_path_that_an_earlier_context_does_not_allow_opening():
    call = "context.enable(SystemIO().allow_read_path('/etc')).apply_to_all_threads()"
    allowed = "SystemIO().allow_read_path('/etc'): Operation not permitted: '/etc'"
    assert confined(call) == (
        f"path: {allowed}: a context that was applied before does not allow opening it"
    )
