"""The commands that pages of the documentation show do what the pages say."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from kernel.box import environment, way_in

pytestmark = pytest.mark.once

DOCS = pathlib.Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^( *)\.\. code-block:: console\n\n((?:\1 +.*\n|\n)+)", re.M)
MARK = "-- the end, with status "

#: Why commands that begin so are not run.
NOT_RUN = {
    "pip install": "it needs a package index; ./dev wheel installs each artefact",
    "sudo dmesg": "it needs the log of the kernel, which only root may read, and containers do not",
}

READER = "print(open('/etc/hostname').read() != '')\n"
LOCKER = "import fcntl\nwith open('kept', 'w') as kept:\n    fcntl.lockf(kept, fcntl.LOCK_EX)\n"
POLICY = """
from pyextrasafe import ForkAndExec, SafetyContext, SystemIO

context = SafetyContext().enable(ForkAndExec(), SystemIO().everything())
"""

#: They exit with 1: it is denied, or needs more.
ANSWER_NO = ("pyextrasafe why", "pyextrasafe diff --wider")

#: What a page takes for granted: files by their names, and commands that were typed before.
GIVEN = {
    "command-line-tools": (["warmest.py", "measurements.csv"], []),
    "command-line": ({"report.py": READER}, []),
    "denials": ({"program.py": "try:\n    open('/etc/passwd')\nexcept OSError:\n    pass\n"}, []),
    "deployment": ({"policy.toml": "[SystemIO]\nallow_stdout = true\n"}, []),
    "formats": ({"policy.py": POLICY, "app.py": READER}, []),
    "learning": ({"app.py": READER}, []),
    "testing": (
        {"old.py": LOCKER.replace("fcntl.lockf", "id"), "app.py": LOCKER},
        ["pyextrasafe learn -o policy.toml old.py --self-test"],
    ),
    "troubleshooting": ({}, ["pyextrasafe learn -o policy.toml -- cat /etc/hostname"]),
}


def commands_of(page):
    """Yield each command of a page, and the lines that it prints."""
    for _, block in BLOCK.findall((DOCS / f"{page}.rst").read_text()):
        for part in re.split(r"^ *\$ ", block, flags=re.M)[1:]:
            command, *printed = (line.strip() for line in part.strip().split("\n"))
            yield command, printed


PAGES = [path.stem for path in DOCS.glob("*.rst") if BLOCK.search(path.read_text())]
SHOWN = {page: [*commands_of(page)] for page in PAGES}


def is_run(pair):
    return not pair[0].startswith(tuple(NOT_RUN))


#: The same without what is not run.
RUN = {page: [*filter(is_run, shown)] for page, shown in SHOWN.items() if any(map(is_run, shown))}


def prepare(folder, files):
    """Write the files of a page, or copy them from what the page shows."""
    for name in files:
        if isinstance(files, dict):
            (folder / name).write_text(files[name])
        else:
            shutil.copy(DOCS / "snippets" / name, folder)


def type_in(folder, commands):
    """Type commands into one shell; return what each prints, and its status."""
    script = "".join(
        f"{command}\nstatus=$?; echo; echo '{MARK}'$status; (exit $status)\n"
        for command in commands
    )
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        [*way_in(), "bash", "-c", script],
        cwd=folder,
        env={**environment(), "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    parts = re.split(rf"^{MARK}(\d+)\n", ended.stdout, flags=re.M)
    return [(text, int(status)) for text, status in zip(parts[::2], parts[1::2])]


def plain(line):
    """Numbers differ from machine to machine, but for that of a status."""
    return re.sub(r"\b\d+ (?=instructions)|(?<=ABI )\d+", "N ", line.strip())


@pytest.mark.parametrize("page", RUN)
def test_what_a_page_shows(page, tmp_path):
    files, before = GIVEN[page]
    shown = RUN[page]
    prepare(tmp_path, files)
    ended = type_in(tmp_path, [*before, *(command for command, _ in shown)])
    assert len(ended) == len(before) + len(shown), ended
    for (command, printed), (text, status) in zip(shown, ended[len(before) :]):
        assert status == (1 if command.startswith(ANSWER_NO) else 0), (command, text)
        found = map(plain, text.splitlines())
        assert all(plain(line) in found for line in printed), (command, text)


def test_each_command_is_known():
    commands = [command for shown in SHOWN.values() for command, _ in shown]
    assert all(any(command.startswith(start) for command in commands) for start in NOT_RUN)
    assert set(GIVEN) == set(RUN)
