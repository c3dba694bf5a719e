"""syscalls.csv and narrower.txt: how much of each argument the kernel reads, as it declares it."""

import csv
from pathlib import Path

HERE = Path(__file__).parent
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}
ARGUMENTS = 6

# Types by their width on 64-bit machines; what ends in * is a pointer.
TYPES = {
    "2": "umode_t",
    "4": """int, unsigned, unsigned int, u32, __u32, __s32, landlock_rule_type, rwf_t,
            pid_t, uid_t, gid_t, qid_t, clockid_t, timer_t, key_t, key_serial_t, mqd_t""",
    "8": """long, unsigned long, size_t, off_t, loff_t, u64, __u64, uintptr_t, aio_context_t""",
    "p": "cap_user_header_t, cap_user_data_t",
}
WIDTHS = {
    " ".join(kind.split()): width for width, kinds in TYPES.items() for kind in kinds.split(",")
}


def width_of(kind):
    return "p" if kind.endswith("*") else WIDTHS[kind]


def rows():
    with open(HERE / "syscalls.csv", newline="") as file:
        return list(csv.DictReader(file))


def numbers():
    """Return the numbers of each call: {name: {architecture: number}}."""
    return {
        row["name"]: {arch: int(row[arch]) for arch in ARCHITECTURES if row[arch]} for row in rows()
    }


def declarations():
    """Return {(name, architecture): widths}, as the kernels' declarations have them.

    A later kernel may declare more arguments than an earlier one, but none of another width.
    """
    found = {}
    for row in rows():
        kinds = [
            argument.rpartition(" ")[0] for argument in row["arguments"].split(", ") if argument
        ]
        made = "".join(map(width_of, kinds))
        for arch in row["architectures"].split():
            key = row["name"], arch
            longer, shorter = sorted((made, found.get(key, "")), key=len, reverse=True)
            if not longer.startswith(shorter):
                raise ValueError(f"{key} is declared {made}, and elsewhere {found[key]}")
            found[key] = longer
    return found


def narrower():
    """Return {(name, argument): width} of narrower.txt."""
    found = {}
    for line in (HERE / "narrower.txt").read_text().splitlines():
        words = line.partition("#")[0].split(None, 3)
        if words and not line.startswith(" "):
            name, argument, width, _ = words
            if (name, int(argument)) in found:
                raise ValueError(f"{name} {argument} stands twice in narrower.txt")
            found[name, int(argument)] = width
    return found


def widths():
    """Return {(name, architecture): six letters}: what the kernel reads."""
    exceptions = narrower()
    return {
        (name, arch): "".join(
            exceptions.get((name, i), letter) for i, letter in enumerate(made.ljust(ARGUMENTS, "-"))
        )
        for (name, arch), made in declarations().items()
    }
