"""Paths and ports in the words of each package that knows Landlock.

Each is told to read four folders, to write two as well, and to connect to two ports.  It imports
next to nothing, so that what a package imports counts as its own.
"""

import os


def by_pyextrasafe(package, read, write, ports):
    package.SafetyContext().enable(
        package.SystemIO().allow_stdout().allow_read_path(*read).allow_scratch_dir(*write),
        package.Networking().allow_start_tcp_clients(*ports),
        package.Time().allow_gettime(),
    ).apply_to_current_thread()


def by_filter_alone(package, _read, _write, _ports):
    """Allow what is measured, whatever the path and port."""
    package.SafetyContext().enable(
        package.SystemIO().allow_open_readonly().allow_close(),
        package.Networking().allow_start_tcp_clients(),
        package.Time().allow_gettime(),
    ).apply_to_current_thread()


def by_py_landlock(package, read, write, ports):
    limits = package.Landlock().allow_read(*read).allow_read_write(*write)
    limits.allow_network(*ports, bind=False).apply()


def _accesses(flags):
    reading = flags.READ_FILE | flags.READ_DIR
    writing = flags.WRITE_FILE | flags.TRUNCATE | flags.MAKE_REG | flags.MAKE_DIR | flags.MAKE_SYM
    return reading, reading | writing | flags.REMOVE_FILE | flags.REMOVE_DIR | flags.REFER


def by_landlockpy(package, read, write, ports):
    reading, writing = _accesses(package.AccessFS)
    with package.Ruleset() as ruleset:
        for path in read:
            ruleset.allow_path(path, reading)
        for path in write:
            ruleset.allow_path(path, writing)
        for port in ports:
            ruleset.allow_port(port, package.AccessNet.CONNECT_TCP)
        ruleset.restrict()


def by_landlock(package, read, write, _ports):
    reading, writing = _accesses(package.FSAccess)
    ruleset = package.Ruleset()
    ruleset.allow(*read, rules=reading)
    ruleset.allow(*write, rules=writing)
    ruleset.apply()


def by_sandlock(package, read, write, _ports):
    package.confine(package.Sandbox(fs_readable=read, fs_writable=write))


def by_nobody(_package, _read, _write, _ports):
    """Limit nothing."""


#: For each name the function, its module, and whether it limits paths and ports.
WAYS = {
    "pyextrasafe": (by_pyextrasafe, "pyextrasafe", True, True),
    "filter alone": (by_filter_alone, "pyextrasafe", False, False),
    "py-landlock": (by_py_landlock, "py_landlock", True, True),
    "landlockpy": (by_landlockpy, "landlockpy", True, True),
    "landlock": (by_landlock, "landlock", True, False),
    "sandlock": (by_sandlock, "sandlock", True, False),
    "no limits": (by_nobody, "os", False, False),
}


class Limits:
    """What one package limits; the folder has what is granted."""

    def __init__(self, name, folder):
        self._way, self._module, self.on_paths, self.on_ports = WAYS[name]
        self.read, self.write = (
            sorted(entry.path for entry in os.scandir(f"{folder}/{kind}"))
            for kind in ("read", "write")
        )

    def enforce(self, port=5432):
        self._way(__import__(self._module), self.read, self.write, (port, 443))
