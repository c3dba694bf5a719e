"""Hatchling's build hook: makes the C core, and around it the cffi module pyextrasafe._native.

Two variables of the environment make a wheel for other systems, as tools/release does:
WHEEL_PLATFORM is its platform tag, as manylinux_2_17_aarch64, which CC has to compile for, and
WHEEL_METADATA a folder whose files go to its .dist-info.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from cffi import FFI, recompiler
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

PYPY = sys.implementation.name == "pypy"
# One binary for all versions of CPython; cffi uses the limited API except in these two builds.
ABI3 = not (
    PYPY or sysconfig.get_config_var("Py_GIL_DISABLED") or sysconfig.get_config_var("Py_DEBUG")
)
FOR_OTHERS = os.environ.get("WHEEL_PLATFORM")
# What may be found in the module from outside: what imports it.
EXPORTS = "{ global: PyInit_*; _cffi_pypyinit_*; local: *; };"


def declarations(header: Path) -> str:
    """Return the part of the header that cffi reads."""
    _, _, rest = header.read_text(encoding="utf-8").partition("/* cdef: begin")
    text, _, _ = rest.partition("/* cdef: end")
    return ("/* " + text).replace("ES_API ", "")


def wheel_tag() -> str:
    """Return the tag of what is built here, which by itself promises nothing to other systems."""
    tag = next(tag for tag in sys_tags() if tag.platform.startswith("linux_"))
    start = "cp37-abi3" if ABI3 else f"{tag.interpreter}-{tag.abi}"
    return f"{start}-{FOR_OTHERS or tag.platform}"


def module_suffix() -> str:
    """Return how the file's name ends, on the machine that it is built for."""
    if ABI3:
        return ".abi3.so"
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    here = platform.machine()
    # One and the same machine may have several tags, with dots between them.
    there = re.search("x86_64|aarch64|riscv64", FOR_OTHERS or here)
    return suffix.replace(here, there[0]) if there else suffix


def python_headers(folder: Path) -> Path:
    """Copy Python's headers: this system's other ones are not those of the system built for."""
    shutil.copytree(sysconfig.get_path("include"), folder)
    settings = Path(sysconfig.get_config_h_filename())
    # Debian's leads to one for each machine, where only its own compilers look. This machine's
    # serves for all: on each, long has 64 bits and wchar_t 32.
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    own = settings.parents[1] / multiarch / settings.parent.name / settings.name
    shutil.copyfile(own if own.exists() else settings, folder / settings.name)
    return folder


class NativeModule(BuildHookInterface[Any]):
    """Builds outside of the tree; only an editable install puts the module into it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.stage = tempfile.TemporaryDirectory(prefix="pyextrasafe-")
        module = Path(self.stage.name, "_native" + module_suffix())
        self.check_system()
        self.build(module)

        build_data["pure_python"] = False
        build_data["tag"] = wheel_tag()
        if version == "editable":
            target = Path(self.root, "pyextrasafe", module.name)
            # A running program may have the old file mapped: replace it, do not write into it.
            Path(shutil.copy2(module, f"{target}.new.so")).replace(target)
            return
        build_data["force_include"][str(module)] = f"pyextrasafe/{module.name}"
        if "WHEEL_METADATA" in os.environ:
            folder = f"{self.metadata.name}-{self.metadata.version}.dist-info"
            build_data["force_include"][os.environ["WHEEL_METADATA"]] = folder

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self.stage.cleanup()

    def check_system(self) -> None:
        """Say at once all that is missing; what is missing for C, make could not say alone."""
        tasks = ["build", "pypy" if PYPY else "cpython"]
        variables = dict(os.environ, PYTHON=sys.executable, PYPY=sys.executable)
        if subprocess.run([f"{self.root}/csrc/needs", *tasks], env=variables).returncode != 0:
            raise SystemExit("Something is missing to build pyextrasafe.")

    def make(self, *arguments: str) -> str:
        """Run make in csrc/ and return what it prints."""
        command = ["make", "--silent", "--no-print-directory", "-C", f"{self.root}/csrc"]
        # A warning that a newer compiler invents is no reason to fail an installation.
        command += ["WERROR=", f"BUILD={self.stage.name}/csrc", *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise SystemExit(result.returncode)  # make has said why
        return result.stdout

    def build(self, module: Path) -> None:
        self.make(f"-j{os.cpu_count()}")

        def flags(name: str) -> list[str]:
            return shlex.split(self.make(f"print-{name}"))

        ffi = FFI()
        ffi.cdef(declarations(Path(self.root, "csrc/include/extrasafe.h")))
        recompiler.make_c_source(
            ffi, "pyextrasafe._native", '#include "extrasafe.h"', f"{self.stage.name}/_native.c"
        )
        Path(self.stage.name, "exports").write_text(EXPORTS, encoding="utf-8")
        compiler = [*flags("CC"), *flags("COMPILE_FLAGS")]
        folders = [f"-I{path}" for path in self.include_folders()]
        self.run(*compiler, *folders, "-c", "-o", "_native.o", "_native.c")
        link = [*compiler, "-shared", "-o", str(module), "_native.o", "csrc/libextrasafe.a"]
        link += [*flags("LINK_FLAGS"), "-Wl,--version-script=exports", *flags("SECCOMP_LIBS")]
        # glibc's pthread_exit() opens libgcc_s at its first use, which a filter may refuse.
        if self.has_glibc(flags("CC")):
            link += ["-Wl,--no-as-needed", "-l:libgcc_s.so.1"]
        self.run(*link)

    def run(self, *command: str) -> None:
        if subprocess.run(command, cwd=self.stage.name).returncode != 0:
            raise SystemExit(1)  # the compiler has said why

    def include_folders(self) -> list[str | Path]:
        folders = [sysconfig.get_path(path) for path in ("include", "platinclude")]
        if FOR_OTHERS:
            folders = [python_headers(Path(self.stage.name, "include"))]
        return [f"{self.root}/csrc/include", *folders]

    def has_glibc(self, compiler: list[str]) -> bool:
        command = [*compiler, "-E", "-dM", "-include", "features.h", "-x", "c", "/dev/null"]
        macros = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        return "__GLIBC__" in macros
