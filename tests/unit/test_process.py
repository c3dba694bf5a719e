"""lock_pid_file() and restrict_privileges(), as they are seen from outside."""

import contextlib
import errno
import gc
import io
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pyextrasafe import ExtraSafeError, lock_pid_file

NOBODY = 65534


def start(program, *arguments, **options):
    """A Python program of its own, which finds the package where this one found it."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,
    )


class Child:
    """A Python program that prints a line when it is ready, and then waits to be told to end."""

    def __init__(self, program, *arguments, **options):
        self.process = start(program, *arguments, **options)
        self.first_line = self.process.stdout.readline()

    def end(self):
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def run(program, *arguments):
    """What a Python program prints, read as JSON."""
    process = start(program, *arguments)
    output, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(output)


@pytest.fixture
def lock(tmp_path):
    """lock_pid_file(), whose descriptors do not outlive the test."""
    descriptors = []

    def function(path=tmp_path / "pid", **options):
        file = lock_pid_file(path, **options)
        descriptors.append(file.fileno())
        return file

    yield function
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pid"


def assert_locked(path):
    before = path.read_bytes()
    with pytest.raises(ExtraSafeError, match=path.name) as caught:
        lock_pid_file(path, contents=b"mine")
    assert caught.value.errno == errno.EWOULDBLOCK
    assert type(caught.value.__cause__) is BlockingIOError
    assert path.read_bytes() == before


def assert_free(path):
    lock_pid_file(path, closefd=True).close()


# ---- The returned file ---------------------------------------------------------------------------


def test_the_file_holds_the_process_id(lock, path):
    lock()
    assert path.read_bytes() == b"%d\n" % os.getpid()


def test_the_file_can_be_read_and_written_at_once(lock, path):
    file = lock(contents=b"one")
    assert isinstance(file, io.RawIOBase)
    file.write(b" two")
    assert path.read_bytes() == b"one two"
    file.seek(0)
    assert file.read() == b"one two"


@pytest.mark.parametrize("contents", [b"", b"a\0b", bytearray(b"xy"), memoryview(b"abcdef")[::2]])
def test_contents(lock, path, contents):
    lock(contents=contents)
    assert path.read_bytes() == bytes(contents)


@pytest.mark.parametrize("contents", ["text", 1, [1], True])
def test_contents_of_a_wrong_type(path, contents):
    with pytest.raises(TypeError):
        lock_pid_file(path, contents=contents)
    assert not path.exists()


def test_longer_contents_of_an_earlier_run_are_gone(lock, path):
    path.write_bytes(b"123456789\n" * 1000)
    lock(contents=b"1\n")
    assert path.read_bytes() == b"1\n"


# ---- Paths ---------------------------------------------------------------------------------------


class PathOf:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize(
    "kind", [str, os.fsencode, Path, PathOf, lambda path: PathOf(os.fsencode(path))]
)
def test_kinds_of_paths(lock, tmp_path, kind):
    path = tmp_path / "f\N{LATIN SMALL LETTER U WITH DIAERESIS}r \udcff"
    lock(kind(str(path)), contents=b"here")
    assert path.read_bytes() == b"here"


@pytest.mark.parametrize("path", [None, 1, 1.0, [], PathOf(1)])
def test_paths_of_a_wrong_type(path):
    with pytest.raises(TypeError, match=r"str(, bytes)? or"):
        lock_pid_file(path)


@pytest.mark.parametrize("convert", [str, os.fsencode])
def test_a_nul_in_a_path(path, convert):
    with pytest.raises(ValueError, match="^embedded null byte$"):
        lock_pid_file(convert(f"{path}\0more"))
    assert not path.exists()


def test_everything_but_the_path_is_a_keyword(path):
    with pytest.raises(TypeError):
        lock_pid_file(path, False)
    assert not path.exists()


# ---- Modes ---------------------------------------------------------------------------------------

MODES = """
import json, os, pyextrasafe, sys
os.umask(int(sys.argv[2], 8))
mode = sys.argv[3:]
pyextrasafe.lock_pid_file(sys.argv[1], **({"mode": int(mode[0], 8)} if mode else {}))
print(json.dumps("{:o}".format(os.stat(sys.argv[1]).st_mode & 0o7777)))
"""


@pytest.mark.parametrize(
    ("umask", "mode", "expected"),
    [
        ("0", [], "640"),
        ("77", [], "600"),
        ("22", ["666"], "644"),
        ("0", ["0"], "0"),
        ("0", ["777"], "777"),
    ],
)
def test_mode_of_a_new_file(path, umask, mode, expected):
    assert run(MODES, path, umask, *mode) == expected


def test_mode_of_an_existing_file_is_kept(lock, path):
    path.touch()
    path.chmod(0o604)
    lock(mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.parametrize("mode", ["640", 6.0, None, True])
def test_modes_of_a_wrong_type(path, mode):
    kind = type(mode).__name__
    with pytest.raises(TypeError, match=f"^'{kind}' object cannot be interpreted as an integer$"):
        lock_pid_file(path, mode=mode)
    assert not path.exists()


@pytest.mark.parametrize("mode", [-1, 0o10000, 2**32 + 0o640, 2**70])
def test_modes_out_of_range(path, mode):
    with pytest.raises(ValueError, match=f"^mode must be from 0 to 0o7777, not {mode:#o}$"):
        lock_pid_file(path, mode=mode)
    assert not path.exists()


# ---- What is no PID file -------------------------------------------------------------------------


def assert_refused(path, number, cause=OSError):
    with pytest.raises(ExtraSafeError) as caught:
        lock_pid_file(path)
    assert str(path) in str(caught.value)
    assert caught.value.errno == number
    assert caught.value.tid is None
    assert type(caught.value.__cause__) is cause
    assert caught.value.__cause__.errno == number


def test_a_link(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    assert_refused(link, errno.ELOOP)
    assert target.read_bytes() == b"precious"


def test_a_link_to_nothing(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    assert_refused(link, errno.ELOOP)
    assert not (tmp_path / "target").exists()


def test_a_link_on_the_way_is_followed(lock, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    lock(tmp_path / "link" / "pid", contents=b"here")
    assert (tmp_path / "folder" / "pid").read_bytes() == b"here"


def test_a_directory(tmp_path):
    assert_refused(tmp_path, errno.EISDIR, IsADirectoryError)


def test_a_pipe(path):
    os.mkfifo(path)
    assert_refused(path, errno.EINVAL)


def test_a_device():
    assert_refused(Path("/dev/null"), errno.EINVAL)


def test_no_such_directory(tmp_path):
    assert_refused(tmp_path / "nowhere" / "pid", errno.ENOENT, FileNotFoundError)


UNPRIVILEGED = """
import json, os, pyextrasafe, sys
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    pyextrasafe.lock_pid_file(sys.argv[1])
except pyextrasafe.ExtraSafeError as error:
    print(json.dumps([error.errno, type(error.__cause__).__name__]))
"""


@pytest.mark.parametrize("exists", [True, False])
def test_without_the_permission(exists):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pid")
        if exists:
            path.write_bytes(b"old")
            path.chmod(0o444)
        Path(folder).chmod(0o555)
        assert run(UNPRIVILEGED, path, NOBODY) == [errno.EACCES, "PermissionError"]
        assert not exists or path.read_bytes() == b"old"
        assert path.exists() is exists
        Path(folder).chmod(0o755)


# ---- The lock ------------------------------------------------------------------------------------


def test_a_second_call_fails(lock, path):
    lock()
    assert_locked(path)
    assert_locked(path)


HOLD = """
import pyextrasafe, sys
pyextrasafe.lock_pid_file(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_lock_of_another_process(path):
    with Child(HOLD, path) as child:
        assert path.read_bytes() == b"%d\n" % child.process.pid
        assert_locked(path)
    assert_free(path)


WAIT = """
import sys
print("ready", flush=True)
sys.stdin.read()
"""


def test_programs_that_are_started_do_not_hold_the_lock(lock, path):
    file = lock(closefd=True)
    assert os.get_inheritable(file.fileno()) is False
    with Child(WAIT, close_fds=False):
        file.close()
        assert_free(path)


def test_programs_that_are_started_hold_the_lock_without_cloexec(lock, path):
    file = lock(closefd=True, cloexec=False)
    assert os.get_inheritable(file.fileno()) is True
    with Child(WAIT, close_fds=False):
        file.close()
        assert_locked(path)
    assert_free(path)


FORK = """
import os, pyextrasafe, sys
pyextrasafe.lock_pid_file(sys.argv[1])
if os.fork():
    os._exit(0)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_forked_child_holds_the_lock(path):
    with Child(FORK, path) as child:
        child.process.wait()
        assert_locked(path)
        child.end()
    assert_free(path)


@pytest.mark.parametrize("options", [{}, {"closefd": False}])
def test_the_lock_outlives_the_file_object(lock, path, options):
    file = lock(**options)
    descriptor = file.fileno()
    assert file.closefd is False
    file.close()
    del file
    gc.collect()
    os.fstat(descriptor)
    assert_locked(path)
    os.close(descriptor)
    assert_free(path)


def test_closing_ends_the_lock_with_closefd(lock, path):
    file = lock(closefd=True)
    assert_locked(path)
    file.close()
    assert_free(path)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_collecting_ends_the_lock_with_closefd(path):
    file = lock_pid_file(path, closefd=True)
    assert_locked(path)
    del file
    gc.collect()
    assert_free(path)


# ---- restrict_privileges() -----------------------------------------------------------------------

RESTRICT = """
import ctypes, json, os, pyextrasafe, threading

libc = ctypes.CDLL(None, use_errno=True)
CAP_KILL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 5, 47, 2

def raise_ambient():
    # Of the capabilities that root has, one is made inheritable, and then ambient.
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    sets[2] |= 1 << CAP_KILL
    libc.capset(header, sets)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)

def status():
    with open("/proc/thread-self/status") as lines:
        fields = dict(line.split(":", 1) for line in lines)
    return int(fields["CapAmb"], 16), int(fields["NoNewPrivs"])

go = threading.Event()
seen = {}

def other_thread():
    go.wait()
    seen["folder"] = os.getcwd()
    try:
        seen["descriptor"] = os.fstat(seen["descriptor"]).st_ino
    except OSError as error:
        seen["descriptor"] = error.errno

thread = threading.Thread(target=other_thread)
thread.start()
os.chdir("/")
raise_ambient()
before = status()
result = pyextrasafe.restrict_privileges()
after = status()
os.chdir("/proc")
seen["descriptor"] = os.open("/", os.O_RDONLY)
go.set()
thread.join()
print(json.dumps([before, after, seen["folder"], seen["descriptor"], result]))
"""


def test_restrict_privileges():
    before, after, folder, descriptor, result = run(RESTRICT)
    assert before == [1 << 5 if os.getuid() == 0 else 0, 0]
    assert after == [0, 1]
    assert folder == "/"
    assert descriptor == errno.EBADF
    assert result is None


def test_restrict_privileges_can_be_called_again():
    call = "pyextrasafe.restrict_privileges()"
    assert run(f"import json, pyextrasafe; print(json.dumps([{call}, {call}]))") == [None, None]
