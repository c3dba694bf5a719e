"""The paths of permissions that look them up themselves, when a context is applied."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RESOLVER = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
)
# Where the dynamic loader looks, besides its cache.
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib")
_LOADER = ("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld-musl-x86_64.path", *_LIBRARIES)


def find(name: str) -> "list[str]":
    """Return the paths of a permission, which need not exist."""
    found = {
        "allow_python_files": _python,
        "allow_dns_files": _dns,
        "allow_ssl_files": _ssl,
        "allow_timezone_files": _timezones,
    }[name]()
    return list(dict.fromkeys(path for path in found if path.startswith("/") and "\0" not in path))


def left_out() -> "list[str]":
    """Return the entries of sys.path that allow_python_files() does not allow."""
    return [path for path in _entries() if is_too_wide(path)]


def _entries() -> "list[str]":
    """Return the entries of sys.path that imports look at: all else is ignored by them, too."""
    entries: list[object] = [*sys.path]
    return [path for path in entries if isinstance(path, str)]


def _with_target(path: str) -> "Iterator[str]":
    """Yield a path and, where it is a link to a file, the directory of that file.

    Such files are replaced by renaming another one to them, as by those who write resolv.conf. A
    link to its own folder, or above it, stands for that one file.
    """
    yield path
    if os.path.islink(path) and not os.path.isdir(path):
        folder = os.path.dirname(os.path.realpath(path))
        own = os.path.realpath(os.path.dirname(path))
        if not _is_in(own, folder) and not is_too_wide(folder):
            yield folder


def _is_in(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or beneath it; both are real."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_too_wide(path: str) -> bool:
    """Tell whether a path is the working directory, as "", or a home directory, or above."""
    if not path:
        return True
    real = os.path.realpath(path)
    homes = [os.path.expanduser("~"), os.environ.get("HOME", ""), "/root", "/home"]
    return os.path.dirname(real) == "/home" or any(
        _is_in(os.path.realpath(home), real) for home in homes if home
    )


def _python() -> "Iterable[str]":
    import sysconfig

    paths = [path for name, path in sysconfig.get_paths().items() if name.endswith("lib")]
    paths += [path for path in _entries() if not is_too_wide(path)]
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        paths += [os.path.join(prefix, folder) for folder in ("lib", "lib64", "lib-python")]
        # PyPy's of some distributions.
        paths += [os.path.join(prefix, "lib_pypy")]
        # An interpreter that is started in a virtual environment dies without.
        paths += [os.path.join(prefix, "pyvenv.cfg")]
    real = [os.path.realpath(path) for path in paths]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    libraries = [path for path in libraries if not is_too_wide(path)]
    return [*paths, *real, *_LOADER, *libraries, "/dev/urandom"]


def _dns() -> "Iterable[str]":
    for path in _RESOLVER:
        yield from _with_target(path)
    yield from _LOADER


def _ssl() -> "Iterable[str]":
    try:
        import ssl
    except ImportError:
        return
    paths = ssl.get_default_verify_paths()
    for path in (paths.cafile, paths.capath, paths.openssl_cafile, paths.openssl_capath):
        if path and not is_too_wide(path):
            yield from _with_target(path)
    # Certificates of a folder are links to where they are kept.
    yield from ("/etc/ssl/certs", "/usr/share/ca-certificates", "/etc/pki/tls/certs")
    certifi = sys.modules.get("certifi")
    if certifi is not None:
        yield str(certifi.where())


def _timezones() -> "Iterable[str]":
    yield from _with_target("/etc/localtime")
    yield "/usr/share/zoneinfo"
    try:
        from zoneinfo import TZPATH
    except ImportError:
        return
    yield from TZPATH
    for folder in _entries():
        if folder:
            yield os.path.join(folder, "tzdata")
