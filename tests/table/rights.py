"""Rights of landlock(7), as the case lists name them."""

from typing import NamedTuple

# Rights by their names without LANDLOCK_ACCESS_FS_ or _NET_, at the bits that ES_RIGHT_* has. The
# last two are no rights of the kernel's: to go past it.
ON_FILES = """EXECUTE WRITE_FILE READ_FILE READ_DIR REMOVE_DIR REMOVE_FILE MAKE_CHAR MAKE_DIR
MAKE_REG MAKE_SOCK MAKE_FIFO MAKE_BLOCK MAKE_SYM REFER TRUNCATE IOCTL_DEV""".split()
ON_PORTS = ["CONNECT_TCP", "BIND_TCP"]
PAST = ["PAST_PATHS", "PAST_PORTS"]
RIGHTS = {name: 1 << bit for bit, name in enumerate(ON_FILES)}
RIGHTS.update((name, 1 << bit) for bit, name in enumerate(ON_PORTS, 24))
RIGHTS.update((name, 1 << bit) for bit, name in enumerate(PAST, 28))
LANDLOCK_ABI = 7


class ListError(Exception):
    """A list that cannot be read, or that contradicts itself."""


def rights_of(names, where):
    """Return the bits of rights."""
    for name in names:
        if name not in RIGHTS:
            raise ListError(f"{where}: there is no right {name}")
    return sum(RIGHTS[name] for name in set(names))


def names_of(rights):
    """Write rights as the lists do."""
    names = [name for name, bit in RIGHTS.items() if rights & bit]
    rest = rights & ~sum(RIGHTS.values())
    return " ".join([*names, *([hex(rest)] if rest else [])]) or "none"


class Rights(NamedTuple):
    """The rights of landlock(7) that permissions grant; table.c has the same."""

    given: int = 0
    everywhere: int = 0
    promised: int = 0
    yielding: int = 0
    limited: int = 0

    def __str__(self):
        parts = [f"{name} {names_of(rights)}" for name, rights in zip(self._fields, self)]
        return ", ".join(parts)
