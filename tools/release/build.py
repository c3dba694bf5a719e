"""Makes the source distribution, and of that the wheels: each twice, in folders of other names."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import libseccomp, sbom
from .targets import TARGETS, Target, compiler, link_flags, native

ROOT = Path(__file__).parents[2]
TELL_ABI3 = "import hatch_build; print(hatch_build.ABI3)"


def hatchling(builder: Path, tree: Path, kind: str, folder: Path, **variables: str) -> None:
    """Build one kind of distribution of a tree, and say nothing unless that fails."""
    command = [str(builder), "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    environment = {**os.environ, **variables}
    result = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{result.stdout}{result.stderr}\nThe build of the {kind} failed.")


def make_sdist(folder: Path) -> Path:
    """Make the source distribution."""
    hatchling(Path(sys.executable), ROOT, "sdist", folder)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def version_of(sdist: Path) -> str:
    """Return the version, by the name of the source distribution."""
    return sdist.name[len("pyextrasafe-") : -len(".tar.gz")]


def write_metadata(sdist: Path, source: Path, folder: Path) -> None:
    """Write what goes beside the metadata of a wheel."""
    licences = folder / "licenses/libseccomp"
    licences.mkdir(parents=True)
    shutil.copyfile(source / "LICENSE", licences / "LICENSE")
    (licences / "NOTICE").write_text(libseccomp.NOTICE, encoding="utf-8")
    (folder / "sboms").mkdir()
    (folder / "sboms/pyextrasafe.cdx.json").write_text(
        sbom.text(version_of(sdist)), encoding="utf-8"
    )


def make_wheels(
    target: Target, builders: list[Path], sdist: Path, archive: Path, work: Path
) -> list[Path]:
    """Make a target's wheel with each of the interpreters, in an empty folder."""
    shutil.rmtree(work, ignore_errors=True)
    tree, metadata, wheels = work / "tree", work / "metadata", work / "wheels"
    tree.mkdir(parents=True)
    subprocess.run(
        ["tar", "--extract", "--strip-components=1", f"--file={sdist}"], cwd=tree, check=True
    )
    prefix = libseccomp.build(target, archive, work)
    write_metadata(sdist, work / "libseccomp", metadata)
    environment = {
        **compiler(target, work),
        "LDFLAGS": link_flags(target, work),
        "PKG_CONFIG_LIBDIR": f"{prefix}/lib/pkgconfig",
        "SECCOMP_STATIC": "1",
        "WHEEL_PLATFORM": target.tag,
        "WHEEL_METADATA": str(metadata),
    }
    for builder in builders:
        hatchling(builder, tree, "wheel", wheels, **environment)
    return sorted(wheels.iterdir())


def serves(builder: Path, target: Target) -> bool:
    """Tell whether an interpreter makes a wheel for a target: one without abi3 knows one libc."""
    if target.has_glibc:
        return True
    told = subprocess.check_output([builder, "-B", "-c", TELL_ABI3], cwd=ROOT, text=True)
    return told.strip() == "True"


def make_all(builders: list[Path], only_native: bool, output: Path, work: Path) -> None:
    """Make all of it, or what is native, and leave it in an empty folder."""
    archive = libseccomp.fetch(work)
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    sdist = make_sdist(output)
    for target in [native()] if only_native else TARGETS:
        able = [builder for builder in builders if serves(builder, target)]
        twice = [
            make_wheels(target, able, sdist, archive, work / place)
            for place in ("once", "again-in-a-folder-of-another-name")
        ]
        for wheel, again in zip(*twice):
            if not filecmp.cmp(wheel, again, shallow=False):
                raise SystemExit(f"Two builds differ: {wheel} and {again}")
            shutil.copy(wheel, output)
            print(wheel.name, flush=True)
