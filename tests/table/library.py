"""The library with its tables open: built, loaded with ctypes, and its types."""

import ctypes
import shlex
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CSRC = HERE.parents[1] / "csrc"
# Of these table.c includes copies, in which the tables are not constant.
TABLES = {"table/rulesets.c": 1, "table/syscalls.c": 1, "table/rights.c": 2}
CLOSED = "static const struct {"

ERR_CONTRADICTION = 5
EQUAL, NOT_EQUAL, MASKED_EQUAL, MASKED_NOT_EQUAL = 2, 3, 6, 7
LESS, LESS_OR_EQUAL, GREATER_EQUAL, GREATER = 0, 1, 4, 5
CONSTANT, GIVEN, OWN_PID = 0, 1, 2
TAKES_NOTHING, TAKES_DESCRIPTOR, TAKES_PATH, TAKES_PORT, TAKES_FILES = range(5)
RULE, PROMISE, INCLUDE, ABSENT, ANSWER, RIGHTS, PROMISED_RIGHTS, YIELDING_RIGHTS = range(8)
KINDS_OF_RIGHTS = {RIGHTS: "", PROMISED_RIGHTS: "promised ", YIELDING_RIGHTS: "yielding "}
ALWAYS, NO_PORT, TRUNCATE, AARCH64, NOT_AARCH64 = range(5)
WHEN = {NO_PORT: "no port", TRUNCATE: "truncate", AARCH64: "aarch64", NOT_AARCH64: "not aarch64"}
WIDTHS = {0: "unknown", 1: "p", 2: "2", 3: "-", 4: "4", 8: "8", 12: "?"}
END_OF_COMPARISONS = 0xFF


class Comparison(ctypes.Structure):
    """es_comparison"""

    _fields_ = [
        ("argument", ctypes.c_uint8),
        ("op", ctypes.c_uint8),
        ("source", ctypes.c_uint8),
        ("negative", ctypes.c_uint8),
        ("mask", ctypes.c_uint64),
        ("datum", ctypes.c_uint64),
    ]


class PermissionInfo(ctypes.Structure):
    """es_permission_info"""

    _fields_ = [
        ("ruleset", ctypes.c_uint32),
        ("takes", ctypes.c_uint8),
        ("is_public", ctypes.c_uint8),
        ("name", ctypes.c_char_p),
        ("summary", ctypes.c_char_p),
    ]


class RulesetInfo(ctypes.Structure):
    """es_ruleset_info"""

    _fields_ = [("name", ctypes.c_char_p), ("summary", ctypes.c_char_p)]


class RowInfo(ctypes.Structure):
    """es_row_info"""

    _fields_ = [
        ("permission", ctypes.c_uint32),
        ("included", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("comparison_count", ctypes.c_uint32),
        ("comparisons", ctypes.POINTER(Comparison)),
        ("syscall", ctypes.c_char_p),
        ("reason", ctypes.c_char_p),
        ("errnum", ctypes.c_int32),
        ("rights", ctypes.c_uint32),
        ("when", ctypes.c_uint32),
    ]


class Argument(ctypes.Structure):
    """es_argument"""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("descriptor", ctypes.c_int32),
        ("port", ctypes.c_int32),
        ("path", ctypes.c_char_p),
    ]


class Origin(ctypes.Structure):
    """es_origin"""

    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("permission", ctypes.c_uint32),
        ("argument", Argument),
    ]


class Error(ctypes.Structure):
    """es_error"""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("code", ctypes.c_int32),
        ("errnum", ctypes.c_int32),
        ("tid", ctypes.c_int32),
        ("operation", ctypes.c_char_p),
        ("call", ctypes.c_int32),
        ("limited_by", Origin),
        ("allowed_by", Origin * 3),
        ("allowed_by_count", ctypes.c_uint32),
        ("right", ctypes.c_uint32),
        ("abi", ctypes.c_uint32),
        ("abi_needed", ctypes.c_uint32),
        ("message", ctypes.c_char * 512),
    ]


class Rights(ctypes.Structure):
    """What table.c tells of rights of landlock(7)."""

    _fields_ = [
        (name, ctypes.c_uint32)
        for name in ("given", "everywhere", "promised", "yielding", "limited")
    ]


class Grant(ctypes.Structure):
    _fields_ = [("permission", ctypes.c_uint32), ("argument", Argument)]


def make_variable(name):
    command = ["make", "-s", "--no-print-directory", "-C", str(CSRC), f"print-{name}"]
    value = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return shlex.split(value)


def build(folder):
    """Build and load the library with its tables open."""
    for name, count in TABLES.items():
        text = (CSRC / name).read_text()
        if text.count(CLOSED) != count:
            raise SystemExit(f"{name} has not {count} of {CLOSED!r}: which are the tables?")
        Path(folder, Path(name).name).write_text(text.replace(CLOSED, "static struct {"))
    library = Path(folder, "table.so")
    sources = [str(CSRC / name) for name in make_variable("SOURCES") if name not in TABLES]
    command = [*make_variable("CC"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-w", "-fPIC", "-shared"]
    command += make_variable("VERSION_FLAG")
    command += [f"-I{folder}", f"-I{CSRC}", f"-I{CSRC}/include", "-o", str(library)]
    command += [str(HERE / "table.c"), *sources]
    subprocess.run([*command, *make_variable("SECCOMP_LIBS")], check=True)
    lib = ctypes.CDLL(str(library))
    lib.listed_arguments.restype = ctypes.c_void_p
    lib.es_listed_name.restype = ctypes.c_void_p
    lib.use_call.restype = ctypes.c_char_p
    lib.use_rights.restype = ctypes.c_uint32
    lib.judge.restype = ctypes.c_int64
    return lib
