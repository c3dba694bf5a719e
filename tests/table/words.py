"""The words of words.def, as a C compiler reads them."""

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

CSRC = Path(__file__).parents[2] / "csrc"
ARCHES = {"x86_64": 1, "aarch64": 2, "riscv64": 4}

SOURCE = """
int printf(const char *, ...); /* stdio.h has macros of its own for some of the words */
enum { X86 = 1, ARM = 2, RISCV = 4, EVERYWHERE = 7 };
enum { WORDS, CHOICE, WORD, MASK, USE, WHEN };
int main(void)
{
#define ENTRY(kind, name, other, arches, value, mask, base) \\
    printf("%s %s %d %u %u\\n", #kind, #name, arches, (unsigned)(value), (unsigned)(mask));
#include "table/words.def"
    return 0;
}
"""


class Word(NamedTuple):
    """A line of words.def; the name of a field has its mask as its value."""

    vocabulary: str
    name: str
    arches: int
    value: int
    mask: int


def read():
    """Return all words, in their order, but for requests: requests.def has tests of its own."""
    with tempfile.TemporaryDirectory(prefix="words-") as folder:
        program = Path(folder, "words")
        command = ["cc", f"-I{CSRC}", "-x", "c", "-", "-o", program]
        subprocess.run(command, input=SOURCE, check=True, text=True)
        written = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    found, vocabulary = [], ""
    for line in written.splitlines():
        kind, name, *numbers = line.split()
        arches, value, mask = map(int, numbers)
        if kind in ("WORDS", "CHOICE"):
            vocabulary = name
        elif kind in ("WORD", "MASK") and vocabulary != "ioctl":
            found.append(Word(vocabulary, name, arches, mask if kind == "MASK" else value, mask))
    return found
