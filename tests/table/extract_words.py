"""Write words.csv: python tests/table/extract_words.py LINUX_TREE.

What the kernel's headers give as the value of each word of words.def, on each architecture; nothing
where an architecture has no such word. Needs gcc and make.
"""

import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Run as a script, this is no part of the package.
import words

HERE = Path(__file__).parent
FOLDERS = {"x86_64": "x86", "aarch64": "arm64", "riscv64": "riscv"}

HEADERS = """fcntl stat fs falloc fadvise eventpoll inotify eventfd fanotify signalfd timerfd memfd
userfaultfd xattr mount close_range aio_abi io_uring openat2 mman mempolicy membarrier sched wait
time pidfd futex rseq prctl seccomp landlock lsm ptrace kcmp personality resource ioprio capability
random reboot kexec module bpf perf_event keyctl ipc sem shm msg mqueue socket in in6 tcp udp
netlink if_packet tls if_xdp if_alg icmp icmpv6 errno sockios nsfs can can/raw fsverity fscrypt"""
HEADERS = [f"linux/{name}.h" for name in HEADERS.split()]
HEADERS += [f"asm/{name}.h" for name in "mman signal socket ioctls termbits ptrace".split()]
OWN_HEADERS = {
    "x86_64": ["asm/prctl.h", "asm/ptrace-abi.h"],
    "aarch64": [],
    "riscv64": ["asm/hwprobe.h"],
}

# What only the kernel's inner headers define, and every C library repeats.
INNER = {
    "socket.h": r"(?:AF|MSG|SOL)_\w+",
    "net.h": r"SOCK_\w+",
    "syslog.h": r"SYSLOG_ACTION_\w+",
    "swap.h": r"SWAP_FLAG_\w+",
    "fs.h": r"(?:MNT|UMOUNT)_\w+",
    "splice.h": r"SPLICE_F_\w+",
}
# What is called otherwise there, or stands in the C library alone.
ELSEWHERE = {"O_ASYNC": "FASYNC", "F_OK": "0", "X_OK": "1", "W_OK": "2", "R_OK": "4"}
# linux/if.h asks the C library for this.
SOCKADDR = "struct sockaddr { unsigned short family; char data[14]; };\n"


def inner(tree):
    """Return the lines of the inner headers that are needed."""
    lines = [f"#define {name} {value}" for name, value in ELSEWHERE.items()]
    for header, pattern in INNER.items():
        text = re.sub(r"/\*.*?\*/", "", (tree / "include/linux" / header).read_text(), flags=re.S)
        found = re.findall(rf"^#\s*define\s+({pattern})\s+(\S.*)$", text, re.M)
        lines += [f"#undef {name}\n#define {name} {value}" for name, value in found]
        if header == "net.h":
            lines += re.findall(r"enum sock_(?:type|shutdown_cmd) \{.*?\};", text, re.S)
    return "\n".join(lines) + "\n"


def compile_c(folder, text, *options):
    own = subprocess.run(["gcc", "-print-file-name=include"], check=True, stdout=-1, text=True)
    command = ["gcc", "-x", "c", "-w", "-nostdinc", "-fmax-errors=0", f"-I{folder}/usr/include"]
    command += [f"-I{folder}/stubs", "-isystem", own.stdout.strip(), *options, "-"]
    return subprocess.run(command, input=text, stderr=subprocess.PIPE, text=True)


def values(tree, arch, names, folder):
    """Return the values of the names that an architecture has."""
    make = ["make", "-s", "-C", tree, f"ARCH={FOLDERS[arch]}", f"O={folder}", "headers"]
    subprocess.run(make, check=True)
    stub = Path(folder, "stubs/sys/socket.h")
    stub.parent.mkdir(parents=True)
    stub.write_text(SOCKADDR)
    begin = "#define __user\n"
    begin += "".join(f"#include <{header}>\n" for header in HEADERS + OWN_HEADERS[arch])
    begin += inner(tree)
    tried = "".join(f"unsigned value_{name} = (unsigned)({name});\n" for name in names)
    failed = compile_c(folder, begin + tried, "-fsyntax-only").stderr
    missing = set(re.findall(r"\W(\w+)\W undeclared", failed))
    told = "".join(f'printf("{n} %u\\n", (unsigned)({n}));\n' for n in names if n not in missing)
    text = f"{begin}int printf(const char *, ...);\nint main(void) {{\n{told}return 0; }}\n"
    made = compile_c(folder, text, "-o", f"{folder}/tell")
    if made.returncode:
        raise SystemExit(made.stderr)
    lines = subprocess.run([f"{folder}/tell"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split() for line in lines.splitlines())


def main(tree):
    names = sorted({word.name for word in words.read()})
    found = {}
    for arch in FOLDERS:
        with tempfile.TemporaryDirectory(prefix="headers-") as folder:
            found[arch] = values(Path(tree).absolute(), arch, names, folder)
    with open(HERE / "words.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["word", *FOLDERS])
        writer.writerows([name, *(found[arch].get(name, "") for arch in FOLDERS)] for name in names)


if __name__ == "__main__":
    main(*sys.argv[1:])
