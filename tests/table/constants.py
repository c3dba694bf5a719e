"""The numbers that the kernel's headers give to the names of the lists."""

import ctypes
import subprocess
from pathlib import Path

from . import cases

HEADERS = """fcntl.h sched.h signal.h time.h sys/mman.h sys/prctl.h sys/socket.h sys/stat.h
netinet/in.h netinet/tcp.h asm/termbits.h asm/ioctls.h asm/mman.h asm/prctl.h linux/close_range.h
linux/fiemap.h linux/fs.h linux/fscrypt.h linux/fsverity.h linux/futex.h linux/kd.h
linux/membarrier.h linux/random.h linux/seccomp.h linux/sockios.h linux/soundcard.h
linux/videodev2.h""".split()


def read(folder):
    """Return all numbers by their names; folder is for what the compiler makes."""
    names = cases.names_used()
    source, library = Path(folder, "constants.c"), Path(folder, "constants.so")
    source.write_text(
        "".join(f"#include <{header}>\n" for header in HEADERS)
        + "const unsigned long long constants[] = {\n"
        + "".join(f"    (unsigned long long)({name}),\n" for name in names)
        + "};\n"
    )
    command = ["cc", "-D_GNU_SOURCE", "-w", "-fPIC", "-shared", "-o", library, source]
    subprocess.run(command, check=True)
    values = (ctypes.c_uint64 * len(names)).in_dll(ctypes.CDLL(str(library)), "constants")
    return dict(zip(names, map(signed, values)))


def signed(value):
    """Undo the conversion of a negative number."""
    return value - 2**64 if value >= 2**63 else value
