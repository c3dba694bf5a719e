"""The numbers that the kernel's headers give to the names of the lists."""

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
    source, program = Path(folder, "constants.c"), Path(folder, "constants")
    source.write_text(
        "#include <stdio.h>\n"
        + "".join(f"#include <{header}>\n" for header in HEADERS)
        + "int main(void)\n{\n"
        + "".join(f'    printf("%lld\\n", (long long)({name}));\n' for name in names)
        + "}\n"
    )
    subprocess.run(["cc", "-D_GNU_SOURCE", "-w", "-o", program, source], check=True)
    numbers = subprocess.run([program], capture_output=True, check=True).stdout.split()
    return dict(zip(names, map(int, numbers)))
