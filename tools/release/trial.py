"""Installs what was made into empty environments, and uses, upgrades and removes it there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from . import emulated
from .targets import interpreter_of

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).with_name("inside.py")
QUICK_START = ROOT / "examples/quickstart.py"
TELL_TAGS = """
import platform, sys, sysconfig
version = "%d%d" % sys.version_info[:2]
if platform.python_implementation() == "PyPy":
    print(f"pp{version}-")
elif sysconfig.get_config_var("Py_GIL_DISABLED"):
    print(f"cp{version}-cp{version}t-")
else:
    print("cp37-abi3-")
"""
# In mounts of its own: no headers, no compiler's own files, and no libseccomp of the system.
ALONE = """
for folder in /usr/include /usr/local/include /usr/lib/gcc; do
    [ ! -d $folder ] || mount -t tmpfs none $folder
done
for file in /usr/lib/libseccomp.* /usr/lib/*/libseccomp.*; do
    [ ! -e "$file" ] || mount --bind /dev/null "$file"
done
if [ "$1" ]; then
    mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
fi
shift
exec "$@"
"""


class Environment:
    """An empty virtual environment, where only its own commands are found."""

    def __init__(self, interpreter: Path, folder: Path, dist: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([interpreter, "-m", "venv", folder], check=True)
        self.python = folder / "bin/python"
        self.dist = dist
        told = self.run("-c", "import sysconfig; print(sysconfig.get_path('platlib'))")
        self.packages = Path(told.strip())

    def run(self, *arguments: str | Path, read_only: bool = False, status: int = 0) -> str:
        """Run Python there and return all that it prints."""
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        # The system's folder of commands for `sh` itself, which then takes it away.
        command = ["unshare", *as_root, "--mount", "sh", "-c", ALONE, "sh"]
        command += [str(self.packages) if read_only else "", "env"]
        command += [f"PATH={self.python.parent}", str(self.python), *map(str, arguments)]
        result = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/"
        )
        if result.returncode != status:
            told = f"{self.python} {arguments} ended by {result.returncode}"
            raise SystemExit(f"{told}:\n{result.stdout}")
        return result.stdout

    def pip(self, *arguments: str | Path) -> None:
        """Run pip, which builds nothing."""
        self.run("-m", "pip", "-qq", "--disable-pip-version-check", *arguments)

    def install(self, *arguments: str | Path) -> None:
        """Install the package and nothing else, from a folder of wheels."""
        self.pip("install", "--no-index", "--only-binary=:all:", *arguments)

    def left(self) -> list[Path]:
        """Return what there is of the package."""
        return list(self.packages.glob("pyextrasafe*"))


def older(wheel: Path, folder: Path) -> Path:
    """Make a wheel of an earlier version, with a module that the later one has not."""
    version = wheel.name.split("-")[1]
    earlier = folder / wheel.name.replace(version, "0.0.1")
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(earlier, "w") as target:
        for name in source.namelist():
            contents = source.read(name)
            if name.endswith("/METADATA"):
                old = f"\nVersion: {version}\n".encode()
                contents = contents.replace(old, b"\nVersion: 0.0.1\n")
            if name.endswith("/RECORD"):
                # Without checksums: pip does not look at them.
                names = [*source.namelist(), "pyextrasafe/_gone.py"]
                lines = [f"{each},,\n".replace(version, "0.0.1") for each in names]
                contents = "".join(lines).encode()
            target.writestr(name.replace(f"-{version}.", "-0.0.1."), contents)
        target.writestr("pyextrasafe/_gone.py", "")
    return earlier


def use(environment: Environment) -> str:
    """Import, ask and lock down, where nothing can be written beside it."""
    said = environment.run("-W", "error", INSIDE, read_only=True)
    shown = environment.run(QUICK_START, read_only=True)
    assert "The kernel refused a second thread" in shown, shown
    return said.strip()


def refuse_archive(environment: Environment, folder: Path) -> None:
    """Import it from a zip file, which cannot be, and is told so."""
    archive = Path(shutil.make_archive(str(folder / "app"), "zip", environment.packages))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("__main__.py", "import pyextrasafe\n")
    environment.pip("uninstall", "--yes", "pyextrasafe")
    said = environment.run(archive, status=1)
    assert "ImportError: pyextrasafe cannot be imported from a zip file" in said, said


def installed_wheel(environment: Environment, dist: Path) -> Path:
    """Return the wheel that pip chose, by the tag that it noted."""
    (note,) = environment.packages.glob("pyextrasafe-*.dist-info/WHEEL")
    (start, end) = re.findall("^Tag: (.+-)(.+)$", note.read_text(), re.M)[0]
    return next(path for path in dist.glob(f"*-{start}*") if end in path.name)


def tags_for(interpreter: Path) -> str:
    """Return the tags of the wheel that an interpreter takes, as they begin."""
    return subprocess.check_output([interpreter, "-c", TELL_TAGS], text=True).strip()


def try_one(interpreter: Path, dist: Path, work: Path) -> str:
    """Try all of it with one interpreter, and return a line that says what was tried."""
    environment = Environment(interpreter, work / "environment", dist)
    if environment.run("-c", "import sys; print(sys.implementation.name)").strip() != "pypy":
        environment.pip("install", "--only-binary=:all:", "cffi>=1.15")
    environment.install("--find-links", dist, "pyextrasafe")
    wheel = installed_wheel(environment, dist)
    environment.pip("uninstall", "--yes", "pyextrasafe")
    environment.install(older(wheel, work / "older"))
    assert (environment.packages / "pyextrasafe/_gone.py").exists()
    environment.install("--upgrade", "--find-links", dist, "pyextrasafe")
    assert not (environment.packages / "pyextrasafe/_gone.py").exists()
    said = use(environment)
    refuse_archive(environment, work)
    assert not environment.left(), environment.left()
    return f"{said}, {wheel.name}"


def build_offline(interpreter: Path, dist: Path, work: Path) -> str:
    """Build and install the source distribution, where there is no network."""
    target = work / "from-source"
    shutil.rmtree(target, ignore_errors=True)
    (sdist,) = dist.glob("*.tar.gz")
    command = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]
    command += [str(interpreter), "-m", "pip", "-qq", "install", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(target), str(sdist)]
    subprocess.run(command, check=True, cwd="/")
    variables = {**os.environ, "PYTHONPATH": str(target)}
    said = subprocess.check_output([interpreter, INSIDE], env=variables, text=True, cwd="/")
    return f"{said.strip()}, {sdist.name}"


def try_all(builder: Path, interpreters: list[Path], dist: Path, work: Path) -> None:
    """Try it with each of the interpreters, and the source with one that can build it."""
    work.mkdir(parents=True, exist_ok=True)
    said = [build_offline(builder, dist, work)]
    print(*said, flush=True)
    made = {f"{interpreter_of(wheel)}-" for wheel in dist.glob("*.whl")}
    for interpreter in interpreters:
        if not any(tags.startswith(tags_for(interpreter)) for tags in made):
            # Another machine has made what lies there, and had not this interpreter.
            print(f"Not tried, since there is no wheel for it: {interpreter}", flush=True)
            continue
        said += [try_one(interpreter, dist, work)]
        print(said[-1], flush=True)
    for line in emulated.try_all(builder, dist, work / "emulated"):
        said += [line]
        print(line, flush=True)
    for wheel in sorted(dist.glob("*.whl")):
        if wheel.name not in " ".join(said):
            print(f"Not tried, since nothing here can run it: {wheel.name}")
