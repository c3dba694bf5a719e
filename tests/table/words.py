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
int main(void)
{
    const char *vocabulary;
#define WORDS(words, base) vocabulary = #words;
#define CHOOSE(words, argument)
#define WHEN(word, words)
#define USE(words, mask)
#define TELL(arches, word, value, mask) \\
    printf("%s %s %d %u %u\\n", vocabulary, word, arches, (unsigned)(value), (unsigned)(mask));
#define WORD(arches, word, value, mask) TELL(arches, #word, value, mask)
#define MASK(word, mask) TELL(EVERYWHERE, #word, mask, mask)
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
    """Return all words, in their order."""
    with tempfile.TemporaryDirectory(prefix="words-") as folder:
        program = Path(folder, "words")
        command = ["cc", f"-I{CSRC}", "-x", "c", "-", "-o", program]
        subprocess.run(command, input=SOURCE, check=True, text=True)
        written = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = []
    for line in written.splitlines():
        vocabulary, name, *numbers = line.split()
        found.append(Word(vocabulary, name, *map(int, numbers)))
    return found
