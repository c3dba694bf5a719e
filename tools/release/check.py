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
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from . import libseccomp
from .targets import Target, target_of

MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}
# glibc's loader is the libc's own; libpthread and libdl were libraries of their own before 2.34.
LIBRARIES = re.compile(
    r"libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d|"
    r"libc\.musl-\w+\.so\.1"
)
CONTENTS = re.compile(
    r"pyextrasafe/(\w+/)*\w+\.py|pyextrasafe/(py\.typed|_native\.pyi)|"
    r"pyextrasafe/_native\.(abi3|pypy\d+-pp\d+-\w+-linux-gnu|cpython-\d+t-\w+-linux-gnu)\.so|"
    r"pyextrasafe-[\d.]+\.dist-info/(METADATA|WHEEL|RECORD|licenses/LICENSE\.md|"
    r"licenses/libseccomp/(LICENSE|NOTICE)|sboms/pyextrasafe\.cdx\.json)"
)


def segments(elf: ELFFile, kind: str) -> list[Any]:
    return [segment for segment in elf.iter_segments() if segment["p_type"] == kind]


def wrong_in_segments(elf: ELFFile) -> Iterator[str]:
    """Tell which memory can be written that should not be."""
    (stack,) = segments(elf, "PT_GNU_STACK") or [None]
    if stack is None or stack["p_flags"] & 1:
        yield "the stack is executable"
    if any(segment["p_flags"] & 3 == 3 for segment in segments(elf, "PT_LOAD")):
        yield "a segment is writable and executable"
    if not segments(elf, "PT_GNU_RELRO"):
        yield "there is no RELRO"


def wrong_in_dynamic(elf: ELFFile) -> Iterator[str]:
    """Tell what the loader is asked for."""
    dynamic = next(part for part in elf.iter_sections() if isinstance(part, DynamicSection))
    tags = {tag.entry.d_tag: tag for tag in dynamic.iter_tags()}
    flags = tags["DT_FLAGS"].entry.d_val if "DT_FLAGS" in tags else 0
    if not flags & 8:
        yield "symbols are bound late, so RELRO is not full"
    for name in ("DT_TEXTREL", "DT_RPATH", "DT_RUNPATH"):
        if name in tags:
            yield f"it has {name}"
    for tag in dynamic.iter_tags("DT_NEEDED"):
        if not LIBRARIES.fullmatch(tag.needed):
            yield f"it needs {tag.needed}"


def wrong_in_symbols(elf: ELFFile) -> Iterator[str]:
    """Tell what is exported beside the module itself, and what was not stripped or protected."""
    for section in elf.iter_sections():
        if section.name in (".symtab", ".strtab") or section.name.startswith(".debug"):
            yield f"it is not stripped of {section.name}"
    symbols = elf.get_section_by_name(".dynsym")
    assert isinstance(symbols, SymbolTableSection)
    names = {symbol.name: symbol["st_shndx"] != "SHN_UNDEF" for symbol in symbols.iter_symbols()}
    exported = [name for name, is_here in names.items() if is_here]
    if exported not in (["PyInit__native"], ["_cffi_pypyinit__native"]):
        yield f"it exports {exported}"
    if "__stack_chk_fail" not in names:
        yield "its stack is not protected"


def wrong_in_module(path: Path, target: Target) -> Iterator[str]:
    """Tell what is wrong with the compiled module."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        if elf["e_machine"] != MACHINES[target.machine]:
            yield f"it is for {elf['e_machine']}"
        yield from wrong_in_segments(elf)
        yield from wrong_in_dynamic(elf)
        yield from wrong_in_symbols(elf)


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
    yield from (f"it has {name}" for name in names if not CONTENTS.fullmatch(name))
    (record,) = (name for name in names if name.endswith("/RECORD"))
    listed = [line.split(",")[0] for line in archive.read(record).decode().splitlines()]
    if sorted(listed) != sorted(names):
        yield "its record lists other files"
    folder = record.partition("/")[0]
    licence = archive.read(f"{folder}/licenses/libseccomp/LICENSE").decode()
    if "LESSER GENERAL PUBLIC" not in licence:
        yield "the licence of libseccomp is missing"
    if archive.read(f"{folder}/licenses/libseccomp/NOTICE").decode() != libseccomp.NOTICE:
        yield "it contains another libseccomp"
    bill = archive.read(f"{folder}/sboms/pyextrasafe.cdx.json").decode()
    if JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill):
        yield "its bill of materials is not in the form of CycloneDX"
    inside = [(part["name"], part["version"]) for part in json.loads(bill)["components"]]
    if inside != [("libseccomp", libseccomp.VERSION)]:
        yield f"its bill of materials names {inside}"


def wrong_in_wheel(wheel: Path) -> Iterator[str]:
    """Tell all that is wrong with a wheel."""
    target = target_of(wheel)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        yield from wrong_in_archive(archive)
        archive.extractall(folder)
        (module,) = Path(folder).glob("pyextrasafe/*.so")
        yield from wrong_in_module(module, target)
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
