"""What the benchmark needs beside the package: a C program, and peers in environments of their own.

All of it is kept in .venv/bench, and made once.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / ".venv/bench"


class Absent(Exception):
    """A peer cannot be had; the sentence says why."""


def run(*command, **options):
    """Run a command, and return what it prints."""
    options = {"check": True, "stdout": subprocess.PIPE, "text": True, **options}
    return subprocess.run([str(word) for word in command], **options).stdout


def core_program():
    """Build the C program, with the library as it is in the tree now."""
    library = BUILD / "csrc"
    program = BUILD / "core"
    make = ["make", "--silent", "--no-print-directory", "-C", ROOT / "csrc", f"BUILD={library}"]
    run(*make, f"-j{os.cpu_count()}")
    compiler = shlex.split(run(*make, "print-CC"))
    libseccomp = shlex.split(run(*make, "print-SECCOMP_LIBS"))
    sources = sorted((HERE / "core").glob("*.c"))
    flags = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread"]
    flags += ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
    flags += [f"-I{ROOT}/csrc/include", "-o", program]
    run(*compiler, *flags, *sources, library / "libextrasafe.a", *libseccomp)
    return program


def environment(name, *requirements):
    """Return the interpreter of an environment that has these packages."""
    folder = BUILD / name
    python = folder / "bin/python"
    stamp = folder / "requirements"
    wanted = f"{sys.version} {requirements}"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", folder)
        try:
            pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
            run(*pip, "install", *requirements, stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            raise Absent(f"pip cannot install {' '.join(requirements)} here") from None
        stamp.write_text(wanted)
    return python


def debian_package(name):
    """Return the folder of a Python package of Debian, which is unpacked and not installed."""
    folder = BUILD / name
    if not folder.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Absent("this is not Debian")
        downloads = BUILD / f"{name}.download"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        quiet = {"cwd": downloads, "stderr": subprocess.DEVNULL}
        try:
            run("apt-get", "--quiet", "download", name, **quiet)
            (package,) = downloads.glob("*.deb")
            run("dpkg-deb", "--extract", package, folder, **quiet)
        except (subprocess.CalledProcessError, ValueError):
            raise Absent(f"apt-get cannot download {name} here") from None
    return folder / "usr/lib/python3/dist-packages"
