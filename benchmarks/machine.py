"""What the figures are of: the version, and the machine, without anything that names it."""

import os
import platform
import shlex
from pathlib import Path

from environments import ROOT, run

from pyextrasafe._native import ffi, lib


def _processor():
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def _jit():
    try:
        on = Path("/proc/sys/net/core/bpf_jit_enable").read_text(encoding="ascii").strip() != "0"
    except OSError:
        return "unknown"
    return "on" if on else "off"


def _compiler():
    command = run("make", "--silent", "-C", ROOT / "csrc", "print-CC")
    return run(*shlex.split(command), "--version").splitlines()[0]


def describe():
    return {
        "pyextrasafe": ffi.string(lib.es_version()).decode(),
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Kernel": f"Linux {platform.release()} {platform.machine()}, BPF JIT {_jit()}",
        "C library": os.confstr("CS_GNU_LIBC_VERSION") or "not the GNU one",
        "C compiler": _compiler(),
        "libseccomp": run("pkg-config", "--modversion", "libseccomp").strip(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
