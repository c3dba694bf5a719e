"""Tries the wheels for AArch64 on another machine: qemu runs the Pythons that Debian has for it.

No filter can be loaded there, since qemu makes the system calls of the machine that it runs on.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .targets import interpreter_of

MACHINE = "aarch64"
ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).with_name("inside.py")
# What is installed for each of the wheels, and the interpreter that this brings.
PYTHONS = {"cp37-abi3": ("python3", "python3"), "pp": ("pypy3", "pypy3")}


def unpack_debian(package: str, folder: Path) -> None:
    """Unpack a package for the machine with all that it needs; nothing of it is installed."""
    mirror = subprocess.check_output([ROOT / "tools/mirror.sh"], text=True).strip()
    suite = debian_suite()
    for name in ("lists/partial", "archives/partial"):
        (folder / "apt" / name).mkdir(parents=True)
    (folder / "apt/status").touch()
    sources = folder / "apt/sources.list"
    sources.write_text(f"deb {mirror} {suite} main\n", encoding="utf-8")
    options = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Sandbox::User": "root",
        "Acquire::Check-Valid-Until": "false",
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "apt/lists",
        "Dir::State::Status": folder / "apt/status",
        "Dir::Cache": folder / "apt",
        "Debug::NoLocking": "true",
    }
    settings = [f"-o={name}={value}" for name, value in options.items()]
    download = ["install", "--download-only", "--yes", "--no-install-recommends"]
    for task in (["update"], [*download, package, "libgcc-s1"]):
        command = ["apt-get", "-qq", *settings, *task]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    for archive in (folder / "apt/archives").glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", archive, folder / "root"], check=True)
    # Debian's loader is found below /lib, which is a link in a system that is installed.
    if not (folder / "root/lib").exists():
        (folder / "root/lib").symlink_to("usr/lib")


def debian_suite() -> str:
    """Return the name of this system's release."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    names = dict(line.split("=", 1) for line in lines if "=" in line)
    return names.get("VERSION_CODENAME", "sid").strip('"')


def emulate(folder: Path, python: str, *arguments: str | Path, **variables: str) -> str:
    """Run an interpreter that was unpacked, and return what it prints."""
    root = folder / "root"
    interpreter = (root / "usr/bin" / python).resolve()
    command = [f"qemu-{MACHINE}", "-L", str(root), str(interpreter), *map(str, arguments)]
    return subprocess.check_output(command, env={**os.environ, **variables}, text=True)


def try_wheel(builder: Path, wheel: Path, package: str, python: str, work: Path) -> str | None:
    """Install one wheel beside the interpreter, and use it; None where it is for another one."""
    shutil.rmtree(work, ignore_errors=True)
    unpack_debian(package, work)
    version = emulate(work, python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    tag = f"pp{version.strip().replace('.', '')}-"
    if package == "pypy3" and not interpreter_of(wheel).startswith(tag):
        return None
    site = work / "site"
    subprocess.run([builder, "-m", "zipfile", "--extract", wheel, site], check=True)
    if package == "python3":
        platforms = [f"--platform=manylinux_2_{minor}_{MACHINE}" for minor in (17, 26, 27, 28)]
        command = [str(builder), "-m", "pip", "-qq", "install", "--target", str(site), *platforms]
        command += [f"--python-version={version.strip()}", "--only-binary=:all:", "cffi>=1.15"]
        subprocess.run(command, check=True)
    said = emulate(work, python, INSIDE, PYTHONPATH=str(site))
    return f"{said.strip()}, {wheel.name}, under qemu"


def try_all(builder: Path, dist: Path, work: Path) -> Iterator[str]:
    """Try the machine's wheels for glibc, unless this is one; Debian has no Python for musl."""
    if platform.machine() == MACHINE:
        return
    for wheel in sorted(dist.glob(f"*manylinux*_{MACHINE}.whl")):
        for start, (package, python) in PYTHONS.items():
            if interpreter_of(wheel).startswith(start):
                said = try_wheel(builder, wheel, package, python, work / package)
                yield from [said] if said else []
