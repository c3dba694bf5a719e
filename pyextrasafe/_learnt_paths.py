"""From the paths that a program used to permissions that name files and folders."""

import errno
import os
import re

from . import _ask, _files
from ._ffi import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ._learn import Observation

    #: What was done, where, and the first call that did it.
    Deed = tuple[str, str, Observation]
    #: A permission for paths that it looks up, what is typical of these, and how many of that there
    #: must be.
    ReadyMade = tuple[str, Callable[[str], object], int]
    #: A permission of SystemIO or ForkAndExec, the paths it is given, and a call that needs it.
    Named = tuple[str, list[str], Observation]

READ, LIST, WRITE, EXECUTE = "read", "list", "write", "execute"
CREATE, MAKE_DIR, REMOVE, REMOVE_DIR, MOVE = "create", "mkdir", "remove", "rmdir", "move"

#: What is done in a folder, and the permission for that alone.
_IN_FOLDERS = {
    CREATE: "allow_create_in_dir",
    MAKE_DIR: "allow_create_dir",
    REMOVE: "allow_remove_file",
    REMOVE_DIR: "allow_remove_dir",
}
_BY_RIGHTS = (
    (lib.ES_RIGHT_READ_FILE, READ),
    (lib.ES_RIGHT_READ_DIR, LIST),
    (lib.ES_RIGHT_WRITE_FILE | lib.ES_RIGHT_TRUNCATE, WRITE),
    (lib.ES_RIGHT_MAKE_REG, CREATE),
    (lib.ES_RIGHT_MAKE_DIR, MAKE_DIR),
    (lib.ES_RIGHT_REMOVE_FILE, REMOVE),
    (lib.ES_RIGHT_REMOVE_DIR, REMOVE_DIR),
    (lib.ES_RIGHT_MAKE_SYM, MOVE),
    (lib.ES_RIGHT_EXECUTE, EXECUTE),
)
_MOVING = ("rename", "renameat", "renameat2", "link", "linkat")
#: A filter need not grant these: they always are, see csrc/policy/reach.c.
_FREE = ("/dev/null", "/proc/self/task")
#: What has no name, as a pipe; another file would be named here, see csrc/observe/told.c. What
#: leads to a standard stream is like any path.
_DESCRIPTOR = re.compile(r"(/dev/fd|/proc/(self|thread-self|(\d+))/fd)/([3-9]|\d\d+)")
_PROCESS = re.compile(r"/proc/(\d+)(?=/|$)")
#: A pseudo-terminal, which has another number the next time.
_TERMINALS = "/dev/pts"
_TERMINAL = re.compile(rf"{_TERMINALS}/\d+")
_SOURCE = re.compile(r"\.pyc?$")
_MODULE = re.compile(r"\.(py|pyc|pth|so)(\.[\d.]+)?$")
#: Opens a pseudo-terminal without its path, which Landlock judges all the same; see ioctl_tty(2).
_TIOCGPTPEER = 0x5441
_UNNAMED = 0o20000000  # the bit of O_TMPFILE, for which PyPy has no name

#: What a program expects of a file that it makes or removes: it is there, or it is not.
_EXPECTED = (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY)

MANY = 4  # files of one folder become the folder
_DEEP = 2  # but not "/", nor what is directly beneath it


def named(
    observations: "Iterable[Observation]", saw_programs: bool, late: "Iterable[str]"
) -> "list[Named]":
    """Return the permissions with paths that allow what calls did on them.

    Args:
        observations: The calls.
        saw_programs: Whether programs that were started were watched.
        late: What was added to sys.path meanwhile, so that a context cannot find it there.
    """
    observations = list(observations)
    done = list(_deeds(one for one in observations if one.count > one.failed))
    deeds = _folded(done, [*done, *_tried(observations)])
    result = _folders(deeds)
    scratch = [path for name, paths, _ in result for path in paths if name == "allow_scratch_dir"]
    free = {*scratch, *_FREE}
    left = [deed for deed in deeds if not _is_beneath(deed[1], free)]
    creating = {
        path for name, paths, _ in result for path in paths if name == "allow_create_in_dir"
    }
    writes = [deed for deed in left if deed[0] == WRITE and not _is_beneath(deed[1], creating)]
    _add(result, "allow_write_file", *_grouped(writes))
    reads = [deed for deed in left if deed[0] in (READ, LIST)]
    # Other programs than Python have libraries, too.
    imports = not saw_programs or any(_SOURCE.search(path) for _, path, _ in reads)
    late = {*late, *map(os.path.realpath, late)}
    _add_reads(result, reads, _SETS if imports else _SETS[1:], late)
    # Its folder has programs of all kinds.
    started = {path: by for deed, path, by in deeds if deed == EXECUTE}
    _add(result, "allow_execute_path", list(started), next(iter(started.values()), None))
    return result


def _add(
    result: "list[Named]", name: str, paths: "list[str]", because: "Observation | None"
) -> None:
    if because is not None:
        result.append((name, paths, because))


# ---- What was done ----


def _deeds(observations: "Iterable[Observation]") -> "Iterator[Deed]":
    """Yield what calls did, where that is known; in a folder, if it is about what is in there."""
    for observation in observations:
        paths = {
            position: path
            for position, path in observation._paths
            if path[:1] == "/" and not _is_unnamed_descriptor(path, observation)
        }
        if observation.call in _MOVING:
            for path in paths.values():
                yield MOVE, os.path.dirname(path), observation
        elif observation.call == "ioctl" and observation._values[1] == _TIOCGPTPEER:
            yield READ, _TERMINALS, observation
            yield WRITE, _TERMINALS, observation
        else:
            yield from _uses(observation, paths)


def _uses(observation: "Observation", paths: "dict[int, str]") -> "Iterator[Deed]":
    """Yield what a call did on its paths by the rights that Landlock asks for."""
    for use in ask(observation).uses():
        if use.on_port or use.position not in paths:
            continue
        path = paths[use.position]
        for rights, deed in _BY_RIGHTS:
            if use.rights & rights:
                yield deed, os.path.dirname(path) if use.on_parent else path, observation
        if observation._created and not use.on_parent:
            yield CREATE, os.path.dirname(path), observation
        if _is_unnamed(observation):
            yield CREATE, path, observation


def _tried(observations: "Iterable[Observation]") -> "Iterator[Deed]":
    """Yield what calls tried in a folder that is there, if that they failed says something."""
    for observation in observations:
        if observation.count > observation.failed or observation.errno not in _EXPECTED:
            continue
        for deed, path, by in _deeds([observation]):
            if (deed in _IN_FOLDERS or deed == MOVE) and os.path.isdir(path):
                yield deed, path, by


def _is_unnamed_descriptor(path: str, observation: "Observation") -> bool:
    found = _DESCRIPTOR.fullmatch(path)
    return found is not None and found.group(3) in (None, str(observation.pid))


def needs_no_path(observation: "Observation") -> bool:
    """Tell whether nothing has to be named for a call, whatever a context names."""
    return all(
        _is_unnamed_descriptor(path, observation)
        or (path[:1] == "/" and _is_beneath(_lasting(path, (), observation), _FREE))
        for _, path in observation._paths
    )


def writes_compiled_modules(observation: "Observation") -> bool:
    """Tell whether a Python that was started keeps what it has compiled, and does without."""
    changes = observation.call.startswith(("mkdir", "rename", "unlink"))
    return (
        (changes or bool(_flags(observation) & os.O_CREAT))
        and bool(observation._paths)
        and all("__pycache__" in path.split("/") for _, path in observation._paths)
    )


def ask(observation: "Observation") -> "_ask.Call":
    """Return the call with all arguments that it had."""
    call = _ask.Call(observation._number)
    for position, value in enumerate(observation._values):
        call.set(position, value)
    return call


def _flags(observation: "Observation") -> int:
    position = {"open": 1, "openat": 2}.get(observation.call)
    return 0 if position is None else observation._values[position]


def _is_unnamed(observation: "Observation") -> bool:
    return bool(_flags(observation) & _UNNAMED)


def _comes_or_goes(observation: "Observation") -> "Iterator[str]":
    """Yield the paths of a call that may not be there when a context is applied."""
    paths = [path for _, path in observation._paths]
    if observation.call in _MOVING or observation.call.startswith("symlink"):
        yield from paths if observation.call in _MOVING else paths[-1:]
    elif observation.call.startswith(("mkdir", "mknod", "unlink", "rmdir")):
        yield from paths
    elif observation._created or (
        _flags(observation) & os.O_CREAT and _flags(observation) & os.O_EXCL
    ):
        yield from paths[:1]


def _folded(done: "list[Deed]", deeds: "list[Deed]") -> "list[Deed]":
    """Return deeds, with the folder in place of what came or went by what was done."""
    gone = {path for _, _, observation in done for path in _comes_or_goes(observation)}
    return [(deed, _lasting(path, gone, by), by) for deed, path, by in deeds]


def _lasting(path: str, gone: "Collection[str]", by: "Observation") -> str:
    """Return what a path is called when a context is applied, or what contains it then."""
    for above in (path, *_parents(path)):
        if above in gone:
            path = os.path.dirname(above)
    if _TERMINAL.fullmatch(path):
        return _TERMINALS
    process = _PROCESS.match(path)
    if process and int(process.group(1)) == by.pid:
        path = "/proc/self" + path[process.end() :]
    elif process:
        return "/proc"
    # A process that does not exist yet has no folder there. /proc/mounts, for one, leads into it.
    leads = path.startswith(("/proc/", "/etc/mtab")) and not by._is_of_first
    return "/proc" if leads and _PROCESS.match(os.path.realpath(path)) else path


def _is_beneath(path: str, folders: "Collection[str]") -> bool:
    """Tell whether a path is one of these, or within one."""
    return path in folders or _is_within(path, folders)


def _is_within(path: str, folders: "Collection[str]") -> bool:
    return any(parent in folders for parent in _parents(path))


def _parents(path: str) -> "Iterator[str]":
    """Yield what a path is within, the nearest first."""
    parent = os.path.dirname(path)
    while parent != path:
        yield parent
        path, parent = parent, os.path.dirname(parent)


def _outermost(paths: "Iterable[str]") -> "list[str]":
    """Return the paths that are not within another one."""
    paths = list(paths)
    known = set(paths)
    return [path for path in paths if not _is_within(path, known)]


# ---- Folders in which something is created or removed ----


def _folders(deeds: "list[Deed]") -> "list[Named]":
    """Return the permissions for folders: scratch folders, where several things are done."""
    done: dict[str, dict[str, Observation]] = {}
    for deed, path, observation in deeds:
        if deed in _IN_FOLDERS or deed == MOVE:
            done.setdefault(path, {}).setdefault(deed, observation)
    scratch = [path for path, what in done.items() if MOVE in what or len(what) > 1]
    scratch = _outermost(scratch)
    beneath = set(scratch)
    result: list[Named] = []
    if scratch:
        because = next(iter(done[scratch[0]].values()))
        result.append(("allow_scratch_dir", scratch, because))
    for deed, name in _IN_FOLDERS.items():
        paths = [p for p, what in done.items() if deed in what and not _is_beneath(p, beneath)]
        paths = _outermost(paths)
        if paths:
            result.append((name, paths, done[paths[0]][deed]))
    return result


# ---- Files ----


def _add_reads(
    result: "list[Named]",
    deeds: "list[Deed]",
    sets: "Iterable[ReadyMade]",
    late: "Collection[str]",
) -> None:
    for name, is_typical, least in sets:
        beneath = set(_files.find(name)).difference(late)
        found = [deed for deed in deeds if _is_found(deed[1], beneath)]
        typical = {path: by for _, path, by in found if is_typical(path)}
        if len(typical) >= least:
            result.append((name, [], next(iter(typical.values()))))
            deeds = [deed for deed in deeds if deed not in found]
    paths, because = _grouped([deed for deed in deeds if deed[0] == READ])
    _add(result, "allow_read_path", paths, because)
    read = set(paths)
    listed = {path: by for deed, path, by in deeds if deed == LIST and not _is_beneath(path, read)}
    _add(result, "allow_list_dir", list(listed), next(iter(listed.values()), None))


def _is_found(path: str, beneath: "Collection[str]") -> bool:
    return _is_beneath(path, beneath) or _is_beneath(os.path.realpath(path), beneath)


def _is_of_resolver(path: str) -> bool:
    return path.startswith("/etc/") and not path.startswith("/etc/ld.")


_SETS: "tuple[ReadyMade, ...]" = (
    ("allow_python_files", _MODULE.search, 1),
    ("allow_dns_files", _is_of_resolver, 2),
    ("allow_ssl_files", bool, 1),
    ("allow_timezone_files", bool, 1),
)


def _grouped(deeds: "list[Deed]") -> "tuple[list[str], Observation | None]":
    """Return the paths, with the folder in place of many files, and the first call."""
    paths = list(dict.fromkeys(path for _, path, _ in deeds))
    while True:
        inside: dict[str, list[str]] = {}
        for path in paths:
            inside.setdefault(os.path.dirname(path), []).append(path)
        folders = [
            folder for folder, few in inside.items() if len(few) >= MANY and _is_deep(folder)
        ]
        if not folders:
            break
        paths = [*folders, *[path for path in paths if os.path.dirname(path) not in folders]]
    return _outermost(paths), deeds[0][2] if deeds else None


def _is_deep(folder: str) -> bool:
    return folder.count("/") >= _DEEP and not _files.is_too_wide(folder)
