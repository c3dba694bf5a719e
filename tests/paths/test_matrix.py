"""Every operation under a policy of paths and ports: with both halves and with either alone, for
each ABI of Landlock, held against docs/data/paths.csv."""

import csv
import json
import pathlib
import subprocess
import sys

import pytest
from kernel.box import call_numbers, environment, way_in

from .halves import build

HERE = pathlib.Path(__file__).parent
EXPECTED = HERE.parents[1] / "docs/data/paths.csv"
SETTINGS = [
    ("none", 7),
    ("filter", 7),
    *[("Landlock", abi) for abi in range(1, 8)],
    *[("both", abi) for abi in range(1, 8)],
]
pytestmark = pytest.mark.once


def column(half, abi):
    return f"{half} {abi}" if half in ("Landlock", "both") else half


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return str(build(tmp_path_factory.mktemp("halves")))


def outcomes(folder, half, abi, library, program):
    """What became of each operation, in a network and mounts of its own."""
    # The program is linked to several places.
    own = folder / "program"
    own.write_bytes(pathlib.Path(program).read_bytes())
    own.chmod(0o755)
    request = {
        "folder": str(folder / "world"),
        "half": half,
        "abi": abi,
        "library": library,
        "program": str(own),
        "numbers": call_numbers(),
    }
    child = [sys.executable, "-B", str(HERE / "inside/matrix.py")]
    done = subprocess.run(
        [*way_in("--net", "--mount"), *child],
        input=json.dumps(request).encode(),
        stdout=subprocess.PIPE,
        check=True,
        env=environment(),
        timeout=300,
    )
    return json.loads(done.stdout)


def expected(name):
    """The outcomes of a column; an operation is called by its words."""
    with EXPECTED.open(newline="") as file:
        lines = list(csv.DictReader(file))
    return {line["operation"].replace(" ", "_"): line[name] for line in lines}


@pytest.mark.parametrize(("half", "abi"), SETTINGS)
def test_each_operation(tmp_path, half, abi, library, static_program):
    found = outcomes(tmp_path, half, abi, library, static_program)
    assert found == expected(column(half, abi))
