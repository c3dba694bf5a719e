"""The platforms that wheels are made for, and the compiler that makes them on any of these."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A platform, by its tag and by the name that zig has for it."""

    tag: str
    zig: str

    @property
    def machine(self) -> str:
        return self.zig.partition("-")[0]

    @property
    def has_glibc(self) -> bool:
        return "-gnu" in self.zig


# 2.17 is the oldest glibc that zig knows. Old versions of pip know the same tag by another name
# only. musl makes no promises by version; 1.2 is what its distributions have had since 2021.
TARGETS = [
    Target("manylinux_2_17_x86_64.manylinux2014_x86_64", "x86_64-linux-gnu.2.17"),
    Target("manylinux_2_17_aarch64.manylinux2014_aarch64", "aarch64-linux-gnu.2.17"),
    Target("musllinux_1_2_x86_64", "x86_64-linux-musl"),
    Target("musllinux_1_2_aarch64", "aarch64-linux-musl"),
]


def native() -> Target:
    """Return this machine's target, for glibc."""
    here = platform.machine()
    found = [target for target in TARGETS if target.machine == here and target.has_glibc]
    return found[0] if found else sys.exit(f"No wheel is made for {here}: install from the source.")


def target_of(wheel: Path) -> Target:
    """Return the target of a wheel, by its name."""
    return next(target for target in TARGETS if wheel.name.endswith(f"-{target.tag}.whl"))


def compiler(target: Target, folder: Path) -> dict[str, str]:
    """Return the variables of the environment by which configure and make use zig.

    It keeps what it compiles in this folder, and its own libraries beside it.
    """
    zig = shlex.join([sys.executable, "-m", "ziglang"])
    return {
        "CC": f"{zig} cc -target {target.zig}",
        "AR": f"{zig} ar",
        "RANLIB": "true",  # ar has made the index
        "ZIG_GLOBAL_CACHE_DIR": str(folder.parent / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(folder / "zig"),
    }


def link_flags(target: Target, folder: Path) -> str:
    """Return how a module is linked: stripped, with the libraries that its systems have."""
    if target.has_glibc:
        stand_in("libgcc_s.so.1", target, folder)  # zig has not got it
        return f"-s -L{folder}"
    # What zig calls libc.so has this name in the distributions that use musl. Without a libc of its
    # own zig refuses to link what has its stack protected.
    libc = stand_in(f"libc.musl-{target.machine}.so.1", target, folder)
    flags = f"-s -L{folder} -nostdlib -fno-stack-protector"
    return f"{flags} -Wl,--no-as-needed -l:{libc.name}"


def stand_in(name: str, target: Target, folder: Path) -> Path:
    """Make an empty library, by whose name a module asks for the real one."""
    environment = compiler(target, folder)
    command = [*shlex.split(environment["CC"]), "-shared", "-nostdlib", "-x", "c", os.devnull]
    command += ["-o", str(folder / name), f"-Wl,-soname,{name}"]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return folder / name


def interpreter_of(wheel: Path) -> str:
    """Return the tags of a wheel's interpreter, as cp37-abi3."""
    match = re.search(r"-(\w+-\w+)-[\w.]+\.whl$", wheel.name)
    assert match
    return match[1]
