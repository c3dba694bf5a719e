"""The programs of the recipes: each runs inside of what it was learnt to need, which is no wider
than the chain that was written by hand, or for a reason.
"""

import sys

import pytest
from recipes import RECIPES, files, network, packages, processes, suites  # noqa: F401  they register

from . import learnt

# What cannot be learnt within the process.
NOT_HERE = {
    "captured_output": "what it starts is not seen",
    "child_with_timeout": "what it starts is not seen",
    "static_program": "what it starts is not seen",
    "forkserver_workers": "what it starts is not seen",
    "simplejson_suite": "what it starts is not seen",
    "watchdog": "the process is ended from C",
}
if sys.implementation.name == "pypy":
    NOT_HERE["https_server"] = "PyPy writes to standard error when it ends, which is not watched"
# What is allowed besides what was written by hand: who allows it, and why.
WIDER = {
    "temporary_files": {
        "Custom()": "shutil copies by sendfile(2), and goes on without when it is refused",
    },
    "database": {
        "SystemIO().allow_read_path('/dev/urandom')": "sqlite does without",
        "Custom()": "as root, sqlite gives the journal to the owner of the database by fchown(2), "
        "and goes on when it may not",
    },
    "thumbnail": {
        "SystemIO().allow_metadata()": "Pillow asks for the size of its input, and does without",
    },
    "transform": {
        "SystemIO().allow_metadata()": "lxml asks for the size of its input, and does without",
    },
    "signal_handlers": {
        "SystemIO().allow_read()": "numbers of descriptors change from one run to the next",
        "SystemIO().allow_write()": "numbers of descriptors change from one run to the next",
        "SystemIO().allow_metadata()": "likewise: the size of an open file",
    },
    "gunicorn_service": {
        "SystemIO().allow_metadata()": "a module is looked for late, and done without",
    },
    "table": {
        "SystemIO().allow_read()": "numpy reads how many processors there are, and does without",
        "SystemIO().allow_close()": "numpy reads how many processors there are, and does without",
    },
    "fork_workers": {"Threads().allow_sleep()": "a permission comes before a rule of Custom"},
    "fork_pool": {"Threads().allow_sleep()": "a permission comes before a rule of Custom"},
    "matrix": {"Custom()": "OpenBLAS asks for memory near its processors, and does without"},
}
# The same besides from CPython 3.14 on.
LATE = "multiprocessing.resource_tracker is imported late, and done without"
WIDER_ON_314 = {
    "fork_workers": {"SystemIO().allow_python_files()": LATE},
    "fork_pool": {"SystemIO().allow_python_files()": LATE},
    "matrix": {"SystemIO().allow_read_path('/proc/self/maps')": "a library does without"},
    "spawn_workers": {
        "Networking().allow_running_tcp_clients()": "the module selectors tries epoll(7)",
        "Networking().allow_running_udp_sockets()": "the same",
        "SystemIO().allow_stdout()": "the result is written by another call",
    },
}
# The same on PyPy.
WIDER_ON_PYPY = {
    "https_client": {
        "SystemIO().allow_metadata()": "glibc looks whether /etc/localtime has changed",
    },
    "matrix": {
        "SystemIO().allow_read_path('/proc/self/status')": "a library does without",
        "SystemIO().allow_read_path('/proc/mounts')": "a library does without",
    },
}
# Ports that are others in each run.
BY_CHANCE = {"https_client"}

LEARNT = [program for program in RECIPES.here() if program.name not in NOT_HERE]


@pytest.mark.parametrize("program", LEARNT, ids=repr)
def test_it_is_learnt(program, play):
    wider = dict(WIDER.get(program.name, {}))
    if sys.implementation.name == "pypy":
        wider.update(WIDER_ON_PYPY.get(program.name, {}))
    if sys.version_info >= (3, 14):
        wider.update(WIDER_ON_314.get(program.name, {}))
    all_of_it = sys.version_info < (3, 14)
    learnt.check(program, play, wider, program.name in BY_CHANCE, all_of_it=all_of_it)


@pytest.mark.once
def test_the_table_is_about_programs():
    names = {path.stem for path in RECIPES.folder.glob("*.py")}
    assert names.issuperset([*NOT_HERE, *WIDER, *WIDER_ON_PYPY, *WIDER_ON_314, *BY_CHANCE])
