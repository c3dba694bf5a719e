"""Builds halves.c, with the library's sources in it."""

import subprocess
from pathlib import Path

from table.library import CSRC, make_variable

HERE = Path(__file__).parent


def build(folder):
    """Return the path of a shared library that applies one half of a policy."""
    target = folder / "halves.so"
    sources = [str(CSRC / name) for name in make_variable("SOURCES")]
    command = [*make_variable("CC"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-w", "-fPIC", "-shared"]
    command += [*make_variable("VERSION_FLAG"), f"-I{CSRC}", f"-I{CSRC}/include"]
    command += ["-o", str(target), str(HERE / "halves.c"), *sources]
    subprocess.run([*command, *make_variable("SECCOMP_LIBS")], check=True)
    return target
