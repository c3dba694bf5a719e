"""Programs that start other programs, processes and threads, and handle signals."""

import sys

from programs.program import SILENT

from . import program

NO_THREAD = ("RuntimeError", "can't start new thread")


@program(
    files={"words": b"c\nb\na\n"},
    refusals={
        "allow_open_readonly()": ("CalledProcessError", "Command .* returned non-zero"),
        # P itself opens no file without.
        "allow_metadata()": ("CalledProcessError|PermissionError", ""),
        "allow_stdout()": ("CalledProcessError", "Command .* returned non-zero"),
    },
)
def captured_output(result):
    assert result.stdout == b"a b c\n"


@program(
    # From CPython 3.15 on a descriptor of the process is waited for.
    needless=["allow_sleep()"] if sys.version_info >= (3, 15) else [],
    refusals={
        "allow_open_readonly()": ("CalledProcessError", "Command .* returned non-zero"),
        "allow_metadata()": ("CalledProcessError", "Command .* returned non-zero"),
    },
)
def child_with_timeout(result):
    assert result.stdout == b"it was too slow\n"


@program()
def fork_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(
    files={"words": b"c\nb\na\n"},
    made=["count"],
    refusals={
        "allow_create_threads()": ("CalledProcessError", "Command .* returned non-zero"),
        "allow_stdout()": ("CalledProcessError", "Command .* returned non-zero"),
    },
)
def static_program(result):
    assert result.stdout == b"3 lines\n"


@program(refusals={"allow_metadata()": ("ModuleNotFoundError", "No module named 'multipro")})
def spawn_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


# Nothing is found: no directory for temporary files, or no module.
@program(refusals={"everything()": ("(FileNot|ModuleNot)FoundError", "")})
def forkserver_workers(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program(refusals={"allow_create_threads()": NO_THREAD})
def thread_pool(result):
    assert result.stdout == b"[0, 1, 4, 9]\n"


@program()
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


@program(refusals={"allow_metadata()": ("ModuleNotFoundError", "No module named 'sqlite3'")})
def late_import(result):
    assert result.stdout == b"[(42,)]\n"
