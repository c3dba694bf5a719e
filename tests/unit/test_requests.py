"""The requests of csrc/table/requests.def are those of the kernel's headers, as far as this machine
has these: KERNEL_HEADERS names a folder of others, as that of another kernel's linux-libc-dev."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

CSRC = Path(__file__).parents[2] / "csrc"
HEADERS = Path(os.environ.get("KERNEL_HEADERS", "/usr/include"))
NEWEST = (7, 2)  # the kernel whose headers were judged last

# What the headers take from other headers without including them.
PRELUDE = """
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <net/if.h>
#include <linux/types.h>
#include <linux/ioctl.h>
#include <linux/sockios.h>
typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
typedef uint16_t domid_t; typedef uint32_t grant_ref_t, compat_ulong_t;
"""
BEFORE = {
    "asm-generic/ioctls.h": ["asm/termbits.h", "asm/termios.h", "linux/serial.h"],
    "linux/fs.h": ["linux/blktrace_api.h", "linux/fiemap.h"],
    "linux/ivtvfb.h": ["linux/videodev2.h"],
    "linux/meye.h": ["linux/videodev2.h"],
    "linux/ppp-ioctl.h": ["linux/filter.h"],
    "linux/raid/md_u.h": ["linux/major.h", "linux/raid/md_p.h"],
    "linux/sonet.h": ["linux/atmioc.h"],
}
ATM = ["linux/atmapi.h", "linux/atmioc.h", "linux/atmdev.h"]

# Macros of the headers that make numbers as requests do, and are none, or are not for us: parts of
# other macros, what io_uring and binder's messages say, 32-bit programs', other architectures'.
NO_REQUESTS = """
_IO _IOR _IOW _IOWR _IOC DRM_IO* AMDKFD_IO* OMAP_IO* SECCOMP_IO SECCOMP_IOR SECCOMP_IOW
SECCOMP_IOWR CS_IO CS_IOR CS_IOW CS_IOWR HSC_IO HSC_IOR HSC_IOW HSC_IOWR BC_* BR_*
BLOCK_URING_CMD_* NVME_URING_* UBLK_U_* RFKILL_IOCTL_MAX_SIZE HIDIOCTL_LAST
__KVM_DEPRECATED_* *32 *_32 *_TIME32 EXT4_IOC32_GROUP_ADD KVM_S390_* KVM_PPC_* KVM_ALLOCATE_RMA
KVM_CREATE_SPAPR_* CS_GET_* AUTOFS_IOC_SETTIMEOUT32 VBG_IOCTL_HGCM_CALL
""".split()


def read_requests():
    """Return {header: {name: [(mask, number), ...]}}."""
    found, header = {}, {}
    text = (CSRC / "table/requests.def").read_text()
    row = r'^(HEADER|REFUSED|REFUSED_ANY|ALSO|LEFT|LEFT_ANY)\("?([\w./-]+)"?(?:,\s*([^"]*?),\s*")?'
    for kind, name, numbers in re.findall(row, text, re.M):
        if kind == "HEADER":
            header = found[name] = {}
            continue
        values = [int(number, 16) for number in numbers.split(", ")]
        header.setdefault(name, []).append((*[0xFFFFFFFF, *values][-2:],))
    return found


REQUESTS = read_requests()
KNOWN = {name for header in REQUESTS.values() for name in header}


def compiler(option, program):
    command = ["cc", "-w", "-x", "c", "-std=gnu11", "-isystem", str(HEADERS), option, "-o-", "-"]
    return subprocess.run(command, input=program, capture_output=True, text=True)


def including(header):
    before = [*BEFORE.get(header, []), *(ATM if header.startswith("linux/atm_") else [])]
    return PRELUDE + "".join(f"#include <{name}>\n" for name in [*before, header])


def headers():
    """Return the headers that are here and have requests."""
    folders = [HEADERS, *HEADERS.glob("*-linux-gnu")]
    return [name for name in REQUESTS if any((folder / name).exists() for folder in folders)]


def values(header, names):
    """Return the numbers of the macros of a header that are numbers here."""
    program = including(header) + "".join(
        f"#ifdef {name}\nunsigned long long V_{name} = (unsigned)({name});\n#endif\n"
        for name in names
    )
    result = compiler("-S", program)
    wrong = {int(line) - 1 for line in re.findall(r"^<stdin>:(\d+):", result.stderr, re.M)}
    if wrong:
        lines = program.splitlines()
        for line in wrong:
            lines[line] = "" if "V_" in lines[line] else lines[line]
        result = compiler("-S", "\n".join(lines) + "\n")
    pattern = r"^V_(\w+):\n\s+\.(?:quad|xword|dword|8byte)\s+(\d+)"
    return {name: int(number) for name, number in re.findall(pattern, result.stdout, re.M)}


def test_the_numbers_are_those_of_the_headers():
    names = headers()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda header: values(header, REQUESTS[header]), names))
    wrong = [
        f"{header}: {name} is {number:#x}"
        for header, numbers in zip(names, found)
        for name, number in numbers.items()
        if not any(number & mask == wanted for mask, wanted in REQUESTS[header][name])
    ]
    assert wrong == []
    assert sum(map(len, found)) > 2000


def macros(header):
    """Return the macros of a header that make a number as requests do."""
    text = re.sub(r"/\*.*?\*/", " ", (HEADERS / header).read_text(errors="replace"), flags=re.S)
    text = text.replace("\\\n", " ")
    named = dict(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?", text, re.M))
    uses = "".join(
        f'"{name}" {name}{parameters and f"({parameters[1:-1]})"};\n'
        for name, parameters in named.items()
    )
    program = f"{including(header)}#undef _IOC\n#define _IOC(...) IS_A_REQUEST\n{uses}"
    result = compiler("-E", program)
    found = re.findall(r'^"(\w+)" ([^;]*)', result.stdout, re.M)
    return [name for name, expanded in found if "IS_A_REQUEST" in expanded]


def test_every_request_of_the_headers_is_judged():
    """Of kernels as old as the list; a newer one's are judged when the list follows it."""
    version = re.findall(r"\d+", (HEADERS / "linux/version.h").read_text())[0]
    if (int(version) >> 16, int(version) >> 8 & 0xFF) > NEWEST:
        pytest.skip("headers of a newer kernel")
    folders = "asm-generic cxl drm fwctl linux misc mtd rdma sound video xen".split()
    names = [
        str(path.relative_to(HEADERS))
        for folder in folders
        for path in (HEADERS / folder).rglob("*.h")
        if re.search(r"\b_IO(R|W|WR|C)?\s*\(|\bDRM_IO", path.read_text(errors="replace"))
        and path.name != "ioctl.h"
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(macros, names))
    missing = [
        f"{header}: {name}"
        for header, requests in zip(names, found)
        for name in requests
        if name not in KNOWN and not any(fnmatchcase(name, none) for none in NO_REQUESTS)
    ]
    assert missing == []
    assert sum(map(len, found)) > 2000
