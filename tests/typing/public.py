"""What type checkers know of the public names.  It is checked, and never run.

mypy and pyright read it, both strictly, and unused comments that silence them are errors too: the
lines that have one must be wrong.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Dict, List, Optional, Tuple, Union

import pyextrasafe
from pyextrasafe import (
    BasicCapabilities,
    Compare,
    CompareOp,
    Custom,
    Decision,
    ExtraSafeError,
    Filter,
    ForkAndExec,
    Limits,
    Networking,
    Rule,
    RuleSet,
    SafetyContext,
    Status,
    SystemIO,
    Threads,
    Time,
    lock_pid_file,
    restrict_privileges,
    status,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type

assert_type(pyextrasafe.__version__, str)
pyextrasafe.SafteyContext()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


class Folder:
    def __fspath__(self) -> str:
        return "/run"


# ---- Rule sets -----------------------------------------------------------------------------------

assert_type(BasicCapabilities(), BasicCapabilities)
assert_type(ForkAndExec(), ForkAndExec)
assert_type(SystemIO.everything(), SystemIO)
assert_type(SystemIO().allow_stdout().allow_file_read(5), SystemIO)
assert_type(Networking().allow_start_tcp_clients(), Networking)
assert_type(Networking().allow_start_tcp_clients(443).allow_start_tcp_servers(0, 80), Networking)
assert_type(SystemIO().allow_read_path("/srv", b"/srv", Path("/srv"), Folder()), SystemIO)
assert_type(SystemIO().allow_scratch_dir("/srv").allow_python_files(), SystemIO)
assert_type(ForkAndExec().allow_execute_path("/bin/true", *["/bin/false"]), ForkAndExec)
assert_type(Threads().allow_create(), Threads)
assert_type(Time().allow_gettime(), Time)
assert_type(SystemIO() == SystemIO(), bool)

SystemIO().allow_file_read(sys.stdin)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
SystemIO().allow_read_path(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
SystemIO().allow_read_path(["/srv"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
SystemIO().allow_read_path(path="/srv")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
SystemIO().allow_python_files("/srv")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Networking().allow_start_tcp_clients("443")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
SystemIO().allow_file_read()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
SystemIO(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
SystemIO().allow_stdot()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


class MySystemIO(SystemIO):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


# ---- Rules of one's own --------------------------------------------------------------------------

assert_type(CompareOp.Less, CompareOp)
assert_type(CompareOp.MaskedEqual(3), CompareOp)
assert_type(CompareOp.Less.mask, Optional[int])
assert_type(CompareOp.Less < CompareOp.Greater, bool)
CompareOp.MaskedEqual("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

compare = Compare(0, "==", 1)
assert_type(compare.arg, int)
assert_type(compare.op, CompareOp)
assert_type(compare.datum, int)
Compare(0, CompareOp.NotEqual, -1)
Compare(0, 0xFF, 1)
Compare(0, "=", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Compare(0, b"==", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Compare("0", "==", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Compare(0, "==")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
assert_type({compare: 1}, Dict[Compare, int])
assert_type(hash(CompareOp.Less), int)


class MyCompare(Compare):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


rule = Rule("write", [(0, "==", 1), compare, (2, "<=", 100), (0, 3, 1)])
assert_type(rule.syscall, Union[int, str])
assert_type(rule.comparators, Tuple[Compare, ...])
Rule(1, ())
Rule("write", {compare})
Rule("write", (Compare(0, "==", number) for number in (1, 2)))
Rule("write", [[0, "==", 1]])
Rule(b"write", [])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Rule("write")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Rule("write", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Rule("write", [(0, "==")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
Rule("write", b"")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Rule("write", range(3))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

custom = Custom().add_simple("fsync").add_simple(74)
assert_type(custom, Custom)
assert_type(custom.add_conditional(rule), Custom)
assert_type(custom.add_conditional(rule, unite=True), Custom)
custom.add_conditional(("flock", [(1, "==", 1)]), unite=bool(custom))
custom.add_conditional(["flock", [[1, "==", 1]]])
custom.add_conditional(rule, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
custom.add_conditional("flock")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
custom.add_conditional(("flock", [(1, "=", 1)]))  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
custom.add_simple(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Files(Custom):
    """As the documentation derives it."""

    def __init__(self) -> None:
        self.add_simple("fsync").add_conditional(("flock", [(1, "==", 1)]))


class Level(Custom):
    """With an argument of its own, and the constructor of its base."""

    def __init__(self, level: int, *, name: str = "") -> None:
        super().__init__()
        self.level = level
        self.name = name


class Plain(Custom):
    pass


assert_type(Files(), Files)
assert_type(Files().add_simple("read"), Files)
assert_type(Level(3, name="x").add_conditional(rule).level, int)
assert_type(Plain().add_simple("read"), Plain)
Files(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Level()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# ---- Contexts ------------------------------------------------------------------------------------

rulesets: "list[RuleSet]" = [Files(), SystemIO(), custom]
context = SafetyContext().enable(*rulesets)
assert_type(context, SafetyContext)
assert_type(context.enable(SystemIO(), Level(1)), SafetyContext)
assert_type(context.interrupt_threads(), SafetyContext)
context.apply_to_current_thread()
assert_type(SafetyContext.from_file("policy.toml"), SafetyContext)
assert_type(SafetyContext.from_file(Path("policy.toml")), SafetyContext)
SafetyContext.from_file(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
context.to_file(b"policy.toml")
SafetyContext().enable(Threads()).apply_to_all_threads()
context.enable("SystemIO")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
context.enable(rulesets)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
context.enable(SystemIO)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
SafetyContext(SystemIO())  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
done = context.apply_to_all_threads()  # type: ignore[func-returns-value]


class MyContext(SafetyContext):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


try:
    context.apply_to_all_threads()
except ExtraSafeError as error:
    assert_type(error.errno, Optional[int])
    assert_type(error.tid, Optional[int])
    assert_type(error.code, Optional[str])
    assert_type(error.operation, Optional[str])
    assert_type(error.path, Optional[str])
ExtraSafeError("a sentence", errno=1, tid=2, code="kernel", operation="seccomp(2)", path="/srv")
ExtraSafeError("a sentence", errno="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# ---- Filters -------------------------------------------------------------------------------------

compiled = context.compile()
assert_type(compiled, Filter)
assert_type(len(compiled), int)
assert_type(compiled.digest, str)
assert_type(compiled.disassemble(), str)
assert_type(compiled.to_bpf(), bytes)
assert_type(compiled.to_oci(), str)
assert_type(compiled.to_oci(without=["own process"]), str)
assert_type(compiled.to_systemd({"own process", "conditions"}), str)
compiled.to_oci([1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
assert_type(compiled.diff(compiled), List[str])
assert_type({compiled: 1}, Dict[Filter, int])
decision = compiled.decide("openat", "AT_FDCWD", Path("/srv"), os.O_RDONLY)
assert_type(decision, Decision)
assert_type(decision.action, str)
assert_type(decision.errno, Optional[int])
assert_type(decision.allowed_by, Tuple[str, ...])
assert_type(decision.needs, Tuple[str, ...])
assert_type(bool(decision), bool)
compiled.decide(1)
compiled.decide("openat", -100, b"/srv", None)
compiled.decide("openat", None, Folder())
compiled.decide("write", 1.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
compiled.decide(b"write")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
compiled.decide()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
compiled.diff(context)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class MyFilter(Filter):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


# ---- Status --------------------------------------------------------------------------------------

found = status()
assert_type(found, Status)
assert_type(found.confined, Optional[bool])
assert_type(found.why, Optional[str])
assert_type(found.filters, Optional[int])
assert_type(found.layers, Optional[int])
assert_type(found.digest, Optional[str])
assert_type(found.no_new_privs, Optional[bool])
assert_type(found.threads, Optional[Dict[int, Status]])
assert_type(found.landlock, Optional[Limits])
if found.landlock is not None:
    assert_type(found.landlock.abi, int)
    assert_type(found.landlock.asked, Tuple[str, ...])
    assert_type(found.landlock.left_out, Tuple[str, ...])
    assert_type(found.landlock.canary, Optional[str])
assert_type(status(1), Status)
assert_type(status(pid=None), Status)
status("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
status(1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
found.threads[1]  # type: ignore[index]  # pyright: ignore[reportOptionalSubscript]


class MyStatus(Status):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    pass


# ---- Helpers -------------------------------------------------------------------------------------

assert_type(lock_pid_file("pid"), BinaryIO)
lock_pid_file(b"pid", closefd=True, cloexec=False, mode=0o600, contents=b"1")
lock_pid_file(Folder())
lock_pid_file(os.fsencode("pid"), contents=None)
lock_pid_file(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
lock_pid_file("pid", True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
lock_pid_file("pid", contents="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
restrict_privileges()
