"""The applications, as test_recipes.py has the recipes."""

import sys

import pytest
from applications import APPLICATIONS, data, files, web  # noqa: F401  they register
from applications.conftest import (  # noqa: F401  their servers
    ghostscript,
    postgresql,
    postgresql_socket,
    redis,
    redis_socket,
)

from . import learnt

EARLY = "a client may come before it begins to learn, and what it does for that one is not seen"
HOSTILE = "its input attacks it, and what that needs would be learnt"
NOT_HERE = {
    "catalogue": HOSTILE,
    "celery_worker": HOSTILE,
    "grpc_server": EARLY,
    "pictures": HOSTILE,
    "settings": HOSTILE,
    "unpack": HOSTILE,
    "zmq_server": EARLY,
}
if "t" in sys.abiflags:
    NOT_HERE["word_count"] = "what the interpreter reserves leaves no memory for observations"
NUMBERS = "numbers of descriptors change from one run to the next"
# What is allowed besides what was written by hand: who allows it, and why.
WIDER = {
    "counter": {
        "SystemIO().allow_metadata()": NUMBERS,
        "SystemIO().allow_read()": NUMBERS,
        "SystemIO().allow_write()": NUMBERS,
    },
    "fastapi_service": {"SystemIO().allow_pipes()": "libuv makes a pipe for signals"},
    "flask_service": {"Custom()": "gunicorn copies by sendfile(2), and does without"},
    "flask_threads": {"Custom()": "gunicorn copies by sendfile(2), and does without"},
    "forecast": {
        "SystemIO().allow_close()": "a library reads how many processors there are",
        "SystemIO().allow_read()": "a library reads how many processors there are",
    },
    "grpc_client": {
        "Custom()": "an option of TCP, without which it works as well",
        "Networking().allow_start_tcp_servers(0)": "it tries out sockets, and does without",
        "SystemIO().allow_dns_files()": "it looks for name servers, and does without",
        "Threads().allow_sleep()": "it waits for its clock, and does without",
    },
    "journal": {
        "Custom()": "as root, sqlite gives the journal to the owner by fchown(2)",
        "SystemIO().allow_read_path('/dev/urandom')": "sqlite does without",
    },
    "papers": {"SystemIO().allow_metadata()": "a library asks for the size of its input"},
    "suite": {
        f"SystemIO().allow_list_dir('{APPLICATIONS.folder}')": "pytest lists where it begins",
        "SystemIO().allow_read_path('/etc/inputrc')": "readline reads it, and does without",
    },
    "word_count": {"SystemIO().allow_metadata()": NUMBERS, "SystemIO().allow_read()": NUMBERS},
}
# The same besides where it is not CPython 3.11 that runs this.
WIDER_ELSEWHERE = {
    "httpx_client": {"SystemIO().allow_python_files()": "a late import, done without"},
    "suite": {
        "Custom()": "a library asks as whom it opens files, and does without",
        "SystemIO().allow_read_path('/usr/share/terminfo/x/xterm')": "readline does without",
    },
}
BY_CHANCE = {"grpc_client", "zmq_client"}

LEARNT = [program for program in APPLICATIONS.here() if program.name not in NOT_HERE]


@pytest.mark.once
@pytest.mark.parametrize("program", LEARNT, ids=repr)
def test_it_is_learnt(program, play):
    is_there = sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11)
    wider = dict(WIDER.get(program.name, {}))
    if not is_there:
        wider.update(WIDER_ELSEWHERE.get(program.name, {}))
    by_chance = program.name in BY_CHANCE
    learnt.check(program, play, wider, by_chance, all_of_it=is_there and not by_chance)


@pytest.mark.once
def test_the_table_is_about_programs():
    names = {path.stem for path in APPLICATIONS.folder.glob("*.py")}
    assert names.issuperset([*NOT_HERE, *WIDER, *WIDER_ELSEWHERE, *BY_CHANCE])
