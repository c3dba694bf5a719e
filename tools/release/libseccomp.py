"""libseccomp as it is inside of the wheels: Debian's source package, built for each target."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from .targets import Target, compiler

VERSION = "2.6.0"
ARCHIVE = f"libseccomp_{VERSION}.orig.tar.gz"
SHA256 = "83b6085232d1588c379dc9b9cae47bb37407cf262e6e74993c61ba72d2a784dc"
SOURCE = f"pool/main/libs/libseccomp/{ARCHIVE}"
HOME = "https://github.com/seccomp/libseccomp"
LICENCE = "LGPL-2.1-only"
DOWNLOAD = "/usr/lib/apt/apt-helper"

NOTICE = f"""\
The compiled module of this wheel contains libseccomp {VERSION}, linked statically.
libseccomp is free software under the GNU Lesser General Public License, version 2.1,
whose text is in the file LICENSE beside this one. It was not changed.

Its source is Debian's {ARCHIVE}
(SHA-256 {SHA256}),
and {HOME} is its home.

You may replace it by a version of your own: the source distribution of pyextrasafe builds the
module with the libseccomp that pkg-config finds, and `./dev wheel` in a checkout of pyextrasafe
builds this wheel with the version that tools/release/libseccomp.py names.
"""


def fetch(folder: Path) -> Path:
    """Return the path of the source, which is downloaded once, and looked at each time."""
    root = Path(__file__).parents[1]
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / ARCHIVE
    if not archive.exists():
        mirror = subprocess.check_output([root / "mirror.sh"], text=True).strip().rstrip("/")
        options = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
        command = [DOWNLOAD, *options, "download-file", f"{mirror}/{SOURCE}", str(archive)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{archive} is not the file that tools/release/libseccomp.py names")
    return archive


def build(target: Target, archive: Path, folder: Path) -> Path:
    """Build and install the static library below a folder, and return where that is."""
    source, prefix = folder / "libseccomp", folder / "prefix"
    environment = {**os.environ, **compiler(target, folder)}

    def run(*command: str) -> None:
        with open(folder / "libseccomp.log", "ab") as log:
            subprocess.run(command, cwd=source, env=environment, stdout=log, stderr=log, check=True)

    source.mkdir()
    run("tar", "--extract", "--strip-components=1", f"--file={archive}")
    flags = f"-O2 -fstack-protector-strong -ffile-prefix-map={source}=libseccomp"
    hosts = [f"--host={target.machine}-linux-gnu", f"--prefix={prefix}", f"CFLAGS={flags}"]
    run("./configure", "--disable-shared", "--enable-static", "--with-pic", *hosts)
    run("make", "-C", "src", f"-j{os.cpu_count()}", "install-libLTLIBRARIES")
    run("make", "-C", "include", "install")
    run("make", "install-pkgconfDATA")
    return prefix
