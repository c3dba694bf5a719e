"""Programs that start other programs, processes and threads, and handle signals."""

import sys

from programs.program import HANGS, SILENT

from . import program

FAILED = ("CalledProcessError", "Command .* returned non-zero")
# It tells its parent by a descriptor from 3 up, which nothing allows to write to; from CPython 3.13
# on the C library starts it, and needs none.
NOT_STARTED = (
    "CalledProcessError|PermissionError",
    "Command .* returned non-zero exit status 255|EACCES",
)
NO_THREAD = ("RuntimeError", "can't start new thread")


@program(
    files={"words": b"c\nb\na\n"},
    refusals={
        "allow_read_path('words')": FAILED,
        "allow_execute_path(sort)": NOT_STARTED,
        "allow_python_files()": FAILED,
        "allow_stdout()": FAILED,
    },
)
def captured_output(result):
    assert result.stdout == b"a b c\n"


@program(
    # From CPython 3.15 on a descriptor of the process is waited for.
    needless=["allow_sleep()"] if sys.version_info >= (3, 15) else [],
    refusals={
        "allow_execute_path(cat)": NOT_STARTED,
        "allow_stdin()": FAILED,
    },
)
def child_with_timeout(result):
    assert result.stdout == b"it was too slow\n"


WAITS, WAITS_NOT = "add_simple('poll')", "add_simple('ppoll')"
if sys.version_info >= (3, 15):
    WAITS, WAITS_NOT = WAITS_NOT, WAITS


# The pool's thread that waits ends, and says so nowhere.
@program(refusals={WAITS: HANGS}, needless=[WAITS_NOT])
def fork_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(
    files={"words": b"c\nb\na\n"},
    made=["count"],
    refusals={
        "allow_execute_path('count')": NOT_STARTED,
        "allow_create_threads()": FAILED,
        "allow_stdout()": FAILED,
    },
)
def static_program(result):
    assert result.stdout == b"3 lines\n"


@program(
    refusals={
        "allow_python_files()": ("ModuleNotFoundError", "No module named 'multipro"),
        # Its parent reads what it says, or writes to it.
        "allow_execute_path(sys.executable)": ("EOFError|BrokenPipeError", ""),
    }
)
def spawn_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(
    services=["temporary"],
    refusals={
        "allow_python_files()": ("ModuleNotFoundError|PermissionError", ""),
        "allow_scratch_dir(tempfile.gettempdir())": ("FileNotFoundError|PermissionError", ""),
        "allow_execute_path(sys.executable)": (
            "ConnectionRefusedError|ConnectionResetError|BrokenPipeError|EOFError",
            "",
        ),
    },
)
def forkserver_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(refusals={"allow_create_threads()": NO_THREAD})
def thread_pool(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(refusals={WAITS: HANGS}, needless=[WAITS_NOT])
def fork_pool(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(files={"configuration": b"old"}, visitor="signal_visitor")
def signal_handlers(result):
    assert result.peers["visitor"] == ("ok", "told it")
    assert (result.directory / "log").read_text().strip(".") == "new"


@program(
    ends="exit 1",
    refusals={
        "allow_create_threads()": ("RuntimeError", ".*unable to start watchdog thread"),
        "allow_stderr()": SILENT,
    },
)
def watchdog(result):
    assert b"Timeout" in result.stderr
    assert b"in stuck" in result.stderr


@program(refusals={"allow_python_files()": ("ModuleNotFoundError", "No module named 'sqlite3'")})
def late_import(result):
    assert result.stdout == b"[(42,)]\n"
