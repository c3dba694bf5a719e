"""Hatchling's build hook: makes the C core, and around it the cffi module pyextrasafe._native.

SECCOMP_STATIC=1 in the environment puts libseccomp, with its licence, into the wheel.
"""

from __future__ import annotations

import os
import platform
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
LIBSECCOMP_LICENCE = "/usr/share/common-licenses/LGPL-2.1"


def declarations(header: Path) -> str:
    """Return the part of the header that cffi reads."""
    _, _, rest = header.read_text(encoding="utf-8").partition("/* cdef: begin")
    text, _, _ = rest.partition("/* cdef: end")
    return ("/* " + text).replace("ES_API ", "")


def wheel_tag() -> str:
    """Return the tag of what is built here, which promises nothing about other distributions."""
    tag = next(tag for tag in sys_tags() if tag.platform.startswith("linux_"))
    return f"cp37-abi3-{tag.platform}" if ABI3 else str(tag)


class NativeModule(BuildHookInterface[Any]):
    """Builds outside of the tree; only an editable install puts the module into it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.stage = tempfile.TemporaryDirectory(prefix="pyextrasafe-")
        suffix = ".abi3.so" if ABI3 else sysconfig.get_config_var("EXT_SUFFIX")
        module = Path(self.stage.name, "_native" + suffix)
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
        if os.environ.get("SECCOMP_STATIC") == "1":
            licences = f"{self.metadata.name}-{self.metadata.version}.dist-info/licenses"
            build_data["force_include"][LIBSECCOMP_LICENCE] = f"{licences}/libseccomp-LGPL-2.1"

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
        source = "_native.c"
        recompiler.make_c_source(
            ffi, "pyextrasafe._native", '#include "extrasafe.h"', f"{self.stage.name}/{source}"
        )
        command = [*flags("CC"), *flags("COMPILE_FLAGS"), "-shared", "-o", str(module), source]
        command += [f"-I{sysconfig.get_path(path)}" for path in ("include", "platinclude")]
        command += [f"-I{self.root}/csrc/include", "csrc/libextrasafe.a"]
        # The library's functions stay inside the module, whatever else is loaded.
        command += [*flags("LINK_FLAGS"), "-Wl,--exclude-libs,ALL", *flags("SECCOMP_LIBS")]
        # glibc's pthread_exit() opens libgcc_s at its first use, which a filter may refuse.
        if platform.libc_ver()[0] == "glibc":
            command += ["-Wl,--no-as-needed", "-lgcc_s"]
        if subprocess.run(command, cwd=self.stage.name).returncode != 0:
            raise SystemExit(1)  # the compiler has said why
