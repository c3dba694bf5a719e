"""Looks at a compiled module: it is hardened, stripped, and asks for nothing but its libc."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}
# glibc's loader is the libc's own; libpthread and libdl were libraries of their own before 2.34.
LIBRARIES = re.compile(
    r"libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d|"
    r"libc\.musl-\w+\.so\.1"
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


def wrong_in_module(path: Path, machine: str) -> Iterator[str]:
    """Tell what is wrong with the compiled module."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        if elf["e_machine"] != MACHINES[machine]:
            yield f"it is for {elf['e_machine']}"
        yield from wrong_in_segments(elf)
        yield from wrong_in_dynamic(elf)
        yield from wrong_in_symbols(elf)
