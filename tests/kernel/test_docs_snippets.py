"""The programs that the documentation shows do what it says, and it shows no others."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
SUITES = sorted((DOCS / "snippets").glob("test_*.py"))
# It serves until it is ended, by the test that is shown beside it.
SERVER = DOCS / "snippets/capitals.py"
SNIPPETS = sorted({*(DOCS / "snippets").glob("*.py")}.difference(SUITES, [SERVER]))
READ = sorted((DOCS / "snippets").glob("*.csv")) + sorted((DOCS / "snippets").glob("*.toml"))
# The folders of tests with these names run them.
PROGRAMS = [
    path for name in ("recipes", "applications") for path in (ROOT / "examples" / name).glob("*.*")
]
# Built and run by csrc/tests/install.sh.
MANUAL = ROOT / "csrc/man/example.c"
UNIT = DOCS / "snippets/report.service"
PAGES = {
    str(page.relative_to(DOCS)): page.read_text()
    for folder in (DOCS, DOCS / "applications")
    for page in folder.glob("*.rst")
}


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_snippet(snippet, tmp_path):
    for path in READ:
        shutil.copy(path, tmp_path)
    process = subprocess.run(
        [sys.executable, snippet],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.stderr == ""
    # Frames have the whole path of the file.
    printed = process.stdout.replace(f"{snippet.parent}/", "")
    expected = snippet.with_suffix(".out").read_text()
    if sys.implementation.name == "pypy":  # its stacks have the lines of functions
        printed, expected = [re.sub(r"(File .* line )\d+", "", it) for it in (printed, expected)]
    assert printed == expected
    assert process.returncode == 0
    for path in READ:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_suite(suite, tmp_path):
    for path in (*SNIPPETS, SERVER, suite):
        shutil.copy(path, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", suite.name]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout


@pytest.mark.once
def test_everything_that_is_shown_is_run():
    shown = [
        (DOCS / page).parent.joinpath(path).resolve()
        for page, text in PAGES.items()
        for path in re.findall(r"(?:literalinclude|terminal):: (\S+)", text)
    ]
    run = [path.with_suffix(kind) for path in SNIPPETS for kind in (".py", ".out")]
    run += [*SUITES, SERVER, *(path for path in READ if path.suffix == ".toml")]
    others = [UNIT, ROOT / "examples" / "quickstart.py", MANUAL]
    assert set(shown) == {*run, *PROGRAMS, *others}


@pytest.mark.once
def test_the_unit(tmp_path):
    """systemd understands each line; the programs of the unit are not here."""
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub("=/srv/.*", "=/bin/true", UNIT.read_text()))
    command = ["systemd-analyze", "verify", "--man=no", unit]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert UNIT.name not in process.stderr


# Folders of csrc that are no stage.
BESIDE = ("tests", "fuzz", "man")


@pytest.mark.once
def test_the_house_has_every_file():
    house = PAGES["house.rst"]
    stages = [path for path in (ROOT / "csrc").glob("*/*.c") if path.parent.name not in BESIDE]
    package = ROOT / "pyextrasafe"
    files = [*stages, *package.glob("_*.py"), *package.glob("formats/_*.py")]
    named = re.findall(r"``((?:csrc|pyextrasafe)/[\w/]+\.\w+)``", house)
    assert {str(path.relative_to(ROOT)) for path in files} <= set(named)
    for name in named:
        assert (ROOT / name).exists(), name
