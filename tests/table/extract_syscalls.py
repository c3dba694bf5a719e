"""Write syscalls.csv: python tests/table/extract_syscalls.py LINUX_TREE..., the newest last.

Numbers come from the newest tree's tables, declarations from the SYSCALL_DEFINE lines of all trees:
a line for each set of types that a call is declared with, with the kernels and architectures that
declare it so. A name without an implementation has a line without kernels.
"""

import csv
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
ARCHITECTURES = {"x86_64": "x86", "aarch64": "arm64", "riscv64": "riscv"}
FOLDERS = "block fs io_uring ipc kernel mm net security drivers/char".split()
FOLDERS += [f"arch/{name}" for name in ARCHITECTURES.values()]
COLUMNS = [*ARCHITECTURES, "name", "architectures", "kernels", "arguments"]


def version(tree):
    """Return the version of a tree, as 6.1.192 or 7.3.0-rc7."""
    lines = (tree / "Makefile").read_text().splitlines()
    fields = dict(line.split(" =", 1) for line in lines[:6] if " =" in line)
    numbers = [fields[name].strip() for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    return ".".join(numbers) + fields["EXTRAVERSION"].strip()


# ---- Numbers -------------------------------------------------------------------------------------


def table(path, abis):
    """Return number and implementation of each call of a table."""
    found = {}
    for line in path.read_text().splitlines():
        words = line.partition("#")[0].split()
        if words and words[1] in abis:
            entry = words[3] if len(words) > 3 else "sys_ni_syscall"
            found[words[2]] = (int(words[0]), entry[len("sys_") :])
    return found


def tables(tree):
    """Return the table of each architecture: x86_64 has its own, the others share one."""
    found = {"x86_64": table(tree / "arch/x86/entry/syscalls/syscall_64.tbl", {"common", "64"})}
    shared = tree / "scripts/syscall.tbl"
    for arch, folder in ARCHITECTURES.items():
        if arch == "x86_64" or not shared.exists():  # older trees have no table but a header
            continue
        text = (tree / "arch" / folder / "kernel/Makefile.syscalls").read_text()
        own = " ".join(re.findall(r"^syscall_abis_64 \+=(.*)$", text, re.M)).split()
        found[arch] = table(shared, {"common", "64", *own})
    return found


# ---- Declarations --------------------------------------------------------------------------------


def uncommented(text):
    blank = lambda match: "\n" * match[0].count("\n")  # noqa: E731
    return re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", blank, text, flags=re.S))


def selected(tree, arch):
    """Return the CONFIG_* that an architecture always sets."""
    folder = ARCHITECTURES[arch]
    text = (tree / "arch" / folder / "Kconfig").read_text()
    blocks = re.split(r"^config ", text, flags=re.M)
    own = [block for block in blocks if block.split()[0] in (folder.upper(), "X86_64")]
    names = re.findall(r"^\tselect (\w+)$", "\n".join(own), re.M)
    return {f"CONFIG_{name}" for name in [*names, "64BIT", "MMU"]}


def is_possible(conditions, known):
    """Can code between these lines of the preprocessor be compiled?

    Only what an architecture selects for the order of clone(2)'s arguments is decided here.
    """
    for group in conditions:
        decided = [
            any(name in known for name in re.findall(r"CONFIG_CLONE_BACKWARDS\w*", line))
            for line in group
        ]
        if any(decided[:-1]):
            return False
        if "CLONE_BACKWARDS" in group[-1] and not decided[-1]:
            return False
    return True


def declarations(tree, path):
    """Yield each declaration of a file: its name, its arguments, and its #if lines."""
    text = uncommented(path.read_text(errors="replace")).replace("\\\n", " ")
    groups, at = [], 0
    pattern = r"^[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b(.*)$|^SYSCALL_DEFINE\d\("
    for match in re.finditer(pattern, text, re.M):
        directive, condition = match[1], match[2]
        if directive in ("if", "ifdef", "ifndef"):
            groups.append([condition])
        elif directive in ("elif", "else"):
            groups[-1] = [*groups[-1], condition]
        elif directive == "endif":
            groups.pop()
        else:
            at = text.index(")", match.end())
            while text.count("(", match.end(), at) > text.count(")", match.end(), at):
                at = text.index(")", at + 1)
            name, *rest = (" ".join(w.split()) for w in text[match.end() : at].split(","))
            yield name, list(zip(rest[::2], rest[1::2])), list(groups)


def plain(kind):
    """Return a type without what says nothing about its width."""
    kind = re.sub(r"\b(__user|const|struct|union|enum)\b", " ", kind)
    return re.sub(r" ?\* ?", "*", " ".join(kind.split()))


def all_declarations(tree):
    """Return by name what is declared on each architecture."""
    known = {arch: selected(tree, arch) for arch in ARCHITECTURES}
    found = {}
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*.c")):
            place = path.relative_to(tree).parts
            if "um" in place or path.stem.endswith("_32") or path.stem == "nommu":
                continue
            for name, arguments, conditions in declarations(tree, path):
                for arch, own in ARCHITECTURES.items():
                    elsewhere = place[0] == "arch" and place[1] != own
                    if not elsewhere and is_possible(conditions, known[arch]):
                        made = [(plain(kind), name) for kind, name in arguments]
                        found.setdefault((name, arch), []).append(made)
    return found


# ---- All together --------------------------------------------------------------------------------


def kinds(arguments):
    return tuple(kind for kind, _ in arguments)


def rows_of(name, numbers, entries, trees):
    """Yield the lines about one call. trees are version and declarations, the newest first."""
    by_kinds = {}
    for arch in entries:
        for kernel, declared in trees:
            candidates = declared.get((entries[arch], arch), [])
            if len({kinds(arguments) for arguments in candidates}) > 1:
                raise SystemExit(f"{name} has several declarations on {arch}: {candidates}")
            if candidates and arch in numbers:
                made = by_kinds.setdefault(kinds(candidates[0]), (candidates[0], {}))
                made[1].setdefault(arch, []).append(kernel)
    for arguments, kernels in by_kinds.values():
        while kernels:
            same = next(iter(kernels.values()))
            arches = [arch for arch in kernels if kernels[arch] == same]
            for arch in arches:
                del kernels[arch]
            written = ", ".join(f"{kind} {argument}" for kind, argument in arguments)
            yield [" ".join(arches), " ".join(reversed(same)), written]
    if not by_kinds:
        yield [" ".join(numbers), "", ""]


def main(paths):
    trees = [Path(path) for path in reversed(paths)]
    declared = [(version(tree), all_declarations(tree)) for tree in trees]
    numbers = tables(trees[0])
    older = [tables(tree) for tree in trees]
    names = sorted({name for calls in numbers.values() for name in calls})
    with open(HERE / "syscalls.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name in names:
            own = {arch: calls[name][0] for arch, calls in numbers.items() if name in calls}
            entries = {}
            for arch in own:
                found = [calls[arch][name][1] for calls in older if name in calls.get(arch, {})]
                entries[arch] = next((e for e in found if e != "ni_syscall"), "")
            for row in rows_of(name, own, entries, declared):
                writer.writerow([*(own.get(arch, "") for arch in ARCHITECTURES), name, *row])


if __name__ == "__main__":
    main(sys.argv[1:])
