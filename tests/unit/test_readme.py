"""Every code block of README.md does what README.md says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)

# The files that each Python block leaves behind, in the order of the blocks.
FILES = [{}, {"journal.txt": "written after the lock-down\n"}, {"letter.txt": "kept"}, {}]


def blocks(language):
    return [text for name, text in BLOCKS if name == language]


def with_lines(text):
    """What is printed; on PyPy, whose stacks have the lines of functions, without those."""
    pypy = sys.implementation.name == "pypy"
    return re.sub(r"^(  File .*, line )\d+", r"\1N", text, flags=re.M) if pypy else text


@pytest.mark.once
def test_every_block_is_checked():
    assert {name for name, _ in BLOCKS} == {"python", "text", "sh"}
    assert len(blocks("python")) == len(blocks("text")) == len(FILES)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_python_block(number, tmp_path):
    process = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.stderr == ""
    assert with_lines(process.stdout) == with_lines(blocks("text")[number])
    assert process.returncode == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.name: file.read_text() for file in files} == FILES[number]


@pytest.mark.once
def test_shell_blocks_are_commands_of_dev():
    usage = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  (\w+) {2,}", usage, re.M)
    lines = "".join(blocks("sh")).splitlines()
    assert lines == ["./dev demo", "./dev test"]
    for line in lines:
        assert line.split()[1] in commands
