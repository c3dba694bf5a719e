import contextlib
import multiprocessing
import os
import subprocess
import sys

import hours
import pytest

from pyextrasafe import denials


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "measurements.csv"
    file.write_text("hour,temperature\n6,11.5\n")
    return str(file)


def test_its_permissions(path):
    asked = hours.context(path).compile()
    assert asked.decide("openat", "AT_FDCWD", path, "O_RDONLY")
    assert not asked.decide("openat", "AT_FDCWD", "/etc/passwd", "O_RDONLY")
    assert not asked.decide("openat", "AT_FDCWD", path, "O_WRONLY")


def test_it_is_denied_nothing(path):
    process = subprocess.run(
        [sys.executable, hours.__file__, path],
        env={**os.environ, "PYEXTRASAFE_EXPLAIN": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (process.stdout, process.stderr) == ("6\n", "")


def attack(path):
    hours.context(path).explain_denials(False).apply_to_all_threads()
    with contextlib.suppress(PermissionError):
        os.remove(path)
    assert [denial.path for denial in denials()] == [path]


def test_an_attack_is_denied(path):
    child = multiprocessing.get_context("fork").Process(target=attack, args=[path])
    child.start()
    child.join()
    assert child.exitcode == 0
    assert os.path.exists(path)
