"""Looks at every wheel: it is what its name says, hardened, and complete, or says why not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from . import libseccomp
from .elf import wrong_in_module
from .targets import Target, target_of

PACKAGE = re.compile(
    r"pyextrasafe/((\w+/)*\w+\.py|py\.typed|_native\.pyi|"
    r"_native\.(abi3|pypy\d+-pp\d+-\w+-linux-gnu|cpython-\d+t-\w+-linux-gnu)\.so)"
)
LICENCE = "licenses/libseccomp/LICENSE"
NOTICE = "licenses/libseccomp/NOTICE"
BILL = "sboms/pyextrasafe.cdx.json"
COMMAND = "entry_points.txt"
METADATA = {"METADATA", "WHEEL", "RECORD", COMMAND, "licenses/LICENSE.md", LICENCE, NOTICE, BILL}


def wrong_paths(folder: Path) -> Iterator[str]:
    """Tell where a path of this machine is written into a file."""
    root = Path(__file__).parents[2]
    here = {sys.prefix, sys.base_prefix, Path.home(), root, tempfile.gettempdir()} - {"/usr"}
    for path in folder.rglob("*"):
        contents = path.read_bytes() if path.is_file() else b""
        for place in map(str, here):
            if f"{place}/".encode() in contents:
                yield f"{path.name} names {place}"


def wrong_tag(wheel: Path, target: Target) -> Iterator[str]:
    """Tell whether auditwheel takes it for another platform, which holds for its first name."""
    with tempfile.TemporaryDirectory() as nothing:
        # Of musl it would find glibc's.
        command = [sys.executable, "-m", "auditwheel", "show", "--ldpaths", nothing, str(wheel)]
        shown = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)
    found = re.search(r'following platform tag: "(\w+)"', " ".join(shown.split()))
    if not found or found[1] != target.tag.partition(".")[0]:
        yield f"auditwheel says: {shown}"


def wrong_in_archive(archive: zipfile.ZipFile) -> Iterator[str]:
    """Tell what is too much or missing in the wheel, which says what it contains."""
    names = archive.namelist()
    folder = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    wanted = {f"{folder}/{name}" for name in METADATA}
    beside = {name for name in names if not PACKAGE.fullmatch(name)}
    if beside != wanted:
        yield f"it lacks {wanted - beside}, and has {beside - wanted}"
        return
    texts = {name: archive.read(f"{folder}/{name}").decode() for name in METADATA}
    listed = [line.split(",")[0] for line in texts["RECORD"].splitlines()]
    if sorted(listed) != sorted(names):
        yield "its record lists other files"
    if "LESSER GENERAL PUBLIC" not in texts[LICENCE]:
        yield "the licence of libseccomp is missing"
    if texts[NOTICE] != libseccomp.NOTICE:
        yield "it contains another libseccomp"
    if JsonStrictValidator(SchemaVersion.V1_6).validate_str(texts[BILL]):
        yield "its bill of materials is not in the form of CycloneDX"
    inside = [(part["name"], part["version"]) for part in json.loads(texts[BILL])["components"]]
    if inside != [("libseccomp", libseccomp.VERSION)]:
        yield f"its bill of materials names {inside}"


def wrong_in_wheel(wheel: Path) -> Iterator[str]:
    """Tell all that is wrong with a wheel."""
    target = target_of(wheel)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        yield from wrong_in_archive(archive)
        archive.extractall(folder)
        (module,) = Path(folder).glob("pyextrasafe/*.so")
        yield from wrong_in_module(module, target.machine)
        yield from wrong_paths(Path(folder))
    yield from wrong_tag(wheel, target)


def check_all(dist: Path) -> None:
    """Check every wheel of a folder, and end with all that is wrong."""
    wheels = sorted(dist.glob("*.whl"))
    wrong = [f"{wheel.name}: {what}" for wheel in wheels for what in wrong_in_wheel(wheel)]
    if wrong or not wheels:
        raise SystemExit("\n".join(wrong) or f"There is no wheel in {dist}.")
    # Is what an index shows as it should be?
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, dist.iterdir())]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    print(f"{len(wheels)} wheels are as they must be")
