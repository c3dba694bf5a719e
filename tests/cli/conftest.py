"""The command line as processes of its own, each in a PID namespace."""

import subprocess
import sys

import pytest
from kernel.box import environment, way_in

#: What an interpreter needs that runs a program, and tells what it found.
PYTHON = "[SystemIO]\nallow_stdout = true\nallow_stderr = true\nallow_python_files = true\n"


class Shell:
    """A folder with files, and commands that are typed there."""

    def __init__(self, folder):
        self.folder = folder

    def file(self, name, text):
        """Write a file, and return its name."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return name

    def __call__(self, *words, stdin="", python=("-m", "pyextrasafe"), **environ):
        """Type a command; return the process that has ended."""
        return subprocess.run(
            [*way_in(), sys.executable, *python, *words],
            cwd=self.folder,
            env={"NO_COLOR": "", **environment(), **environ},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def says(self, *words, status=0, **options):
        """Type a command that has nothing to complain of, and return what it prints."""
        ended = self(*words, **options)
        assert (ended.returncode, ended.stderr) == (status, ""), ended
        return ended.stdout

    def complains(self, *words, status=2, **options):
        """Type a command that cannot be done, and return the line that says so."""
        ended = self(*words, **options)
        assert (ended.returncode, ended.stdout) == (status, ""), ended
        assert ended.stderr.startswith("pyextrasafe: ")
        assert ended.stderr.count("\n") == 1, ended.stderr
        return ended.stderr[len("pyextrasafe: ") : -1]


@pytest.fixture
def shell(tmp_path):
    """shell("show", "policy.toml") types a command in a folder of its own."""
    return Shell(tmp_path)
