"""Every code block of README.md does what README.md says, and every link leads to a file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


PROGRAMS = blocks("python")
PRINTED, EXPLAINED, REFUSED = blocks("text")


def with_lines(text):
    """What is printed; on PyPy, whose stacks have the lines of functions, without those."""
    pypy = sys.implementation.name == "pypy"
    return re.sub(r"^(  File .*, line )\d+", r"\1N", text, flags=re.M) if pypy else text


def run(program, folder, **environment):
    (folder / "program.py").write_text(program)
    return subprocess.run(
        [sys.executable, folder / "program.py"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.once
def test_every_block_is_checked():
    assert {name for name, _ in BLOCKS} == {"python", "text", "sh"}
    assert len(PROGRAMS) == 2


def test_the_first_program(tmp_path):
    process = run(PROGRAMS[0], tmp_path)
    assert (process.stdout, process.stderr, process.returncode) == (PRINTED, "", 0)


def test_what_is_explained(tmp_path):
    process = run(PROGRAMS[0], tmp_path, PYEXTRASAFE_EXPLAIN="1")
    assert (process.stdout, process.returncode) == (PRINTED, 0)
    # Frames have the whole path of the file.
    explained = process.stderr.replace(f"{tmp_path}/", "")
    assert with_lines(explained).startswith(with_lines(EXPLAINED))


def test_paths_and_ports(tmp_path):
    process = run(PROGRAMS[1], tmp_path)
    assert (process.stdout, process.stderr, process.returncode) == (REFUSED, "", 0)
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["letter.txt"]
    assert (tmp_path / "uploads/letter.txt").read_text() == "kept"


@pytest.mark.once
def test_shell_blocks_are_commands():
    usage = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  (\w+) {2,}", usage, re.M)
    install, *lines = "".join(blocks("sh")).splitlines()
    assert install == "pip install pyextrasafe"
    assert lines == ["./dev demo", "./dev test"]
    for line in lines:
        assert line.split()[1] in commands


@pytest.mark.once
def test_links_lead_to_files():
    links = re.findall(r"\]\((\S+?)\)", README)
    assert "docs/tutorial.rst" in links
    for link in links:
        assert (ROOT / link).is_file(), link
