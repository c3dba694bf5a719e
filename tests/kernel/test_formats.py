"""Other programs take what is exported, and it holds there."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads

from .box import cannot

pytestmark = pytest.mark.once

# The system's own Python, whose files are where containers see them.
PYTHON = "/usr/bin/python3"
TRIES = """
import errno, os
def shown(name, function, *args):
    try:
        print(name, "works" if function(*args) is None else "works", flush=True)
    except OSError as error:
        print(name, errno.errorcode[error.errno], flush=True)
shown("reading", open, "/proc/self/status")
shown("standard error", os.write, 2, b"")
shown("mkdir", os.mkdir, "/tmp/directory")
shown("opening to write", os.open, "/tmp/file", os.O_WRONLY | os.O_CREAT)
shown("pidfd_open", os.pidfd_open, os.getpid())
shown("a signal to oneself", os.kill, os.getpid(), 10)
shown("asking for a process", os.kill, 1, 0)
"""
# A filter from outside does not know the own process.
SHOWN = """\
reading works
standard error EPERM
mkdir EPERM
opening to write EPERM
pidfd_open works
a signal to oneself EPERM
asking for a process works
"""


def exported():
    """A filter for a program in Python that may read files and write to standard output."""
    io = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
    return SafetyContext().enable(ForkAndExec(), io.allow_stdout()).compile()


def output(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


def in_bubblewrap(python, program):
    """What a program writes in a sandbox with the filter."""
    with tempfile.TemporaryFile() as file:
        file.write(exported().to_bpf())
        file.seek(0)
        command = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        command += ["--seccomp", str(file.fileno()), python, "-I", "-c", program]
        return output(command, pass_fds=[file.fileno()])


def test_bubblewrap():
    assert in_bubblewrap(PYTHON, TRIES) == SHOWN


INSIDE = """
from pyextrasafe import SafetyContext, SystemIO, status
SafetyContext().enable(SystemIO().allow_stdout()).apply_to_all_threads()
print(status().confined, status().layers, flush=True)
try:
    open("/proc/self/status")
except PermissionError as error:
    print(error, flush=True)
"""


def test_a_context_inside():
    """A filter that came from outside leaves room for a context."""
    shown = "True 1\n[Errno 1] Operation not permitted: '/proc/self/status'\n"
    assert in_bubblewrap(sys.executable, INSIDE) == shown


def bundle(folder, seccomp):
    """A container of the system's own programs."""
    root = folder / "rootfs"
    root.mkdir()
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
    ]
    for path in map(pathlib.Path, ("/usr", "/etc", "/bin", "/lib", "/lib64")):
        if path.is_symlink():
            os.symlink(os.readlink(path), root / path.name)
        elif path.exists():
            bind = {"type": "bind", "source": str(path), "options": ["rbind", "ro"]}
            mounts.append({"destination": str(path), **bind})
    process = {
        "user": {"uid": 0, "gid": 0},
        "args": [PYTHON, "-I", "-c", TRIES],
        "cwd": "/",
        "noNewPrivileges": True,
    }
    namespaces = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]
    config = {
        "ociVersion": "1.0.2",
        "process": process,
        "root": {"path": "rootfs"},
        "mounts": mounts,
        "linux": {"namespaces": namespaces, "seccomp": seccomp},
    }
    (folder / "config.json").write_text(json.dumps(config))


# crun and newer versions of systemd want control groups of the second version, even where they are
# not to use them.
CGROUPS = "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup"
CRUN = f"""
{CGROUPS}
exec crun --root "$1/state" --cgroup-manager=disabled run --bundle "$1" "extrasafe-$$"
"""


def test_crun(tmp_path):
    if os.getuid() != 0:
        cannot("crun is run by root here")
    bundle(tmp_path, json.loads(exported().to_oci(["own process"])))
    shown = output(["unshare", "--mount", "sh", "-c", CRUN, "sh", str(tmp_path)])
    assert shown == SHOWN


def _parted(line):
    return line.partition(": ")


UNIT = """\
[Service]
ExecStart=/bin/true
"""


@pytest.fixture
def units():
    """A folder that every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/systemd")
        os.chmod(f"{folder}/systemd", 0o777)
        yield pathlib.Path(folder)


@pytest.mark.parametrize(
    "rulesets",
    [
        (),
        (ForkAndExec(), Threads().allow_create().allow_sleep()),
        (SystemIO().allow_write().allow_close(),),
    ],
)
def test_systemd(units, rulesets):
    """systemd itself tells what it makes of the lines: the calls of the filter, and no other."""
    made = SafetyContext().enable(*rulesets).compile()
    lines = made.to_systemd(["own process", "conditions", "answers"])
    unit = units / "extrasafe.service"
    unit.write_text(UNIT + lines)
    unit.chmod(0o644)
    assert output(["systemd-analyze", "verify", str(unit)]) == ""

    environment = {
        **os.environ,
        "SYSTEMD_LOG_TARGET": "console",
        "SYSTEMD_UTF8": "0",
        "SYSTEMD_UNIT_PATH": f"{units}:/usr/lib/systemd/user",
        "XDG_RUNTIME_DIR": str(units),
        "HOME": str(units),
    }
    command = ["/lib/systemd/systemd", "--test", "--user", "--unit=extrasafe.service"]
    if os.getuid() == 0:  # as whom it does not test
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        mounted = ["unshare", "--mount", "sh", "-c", f'{CGROUPS} && exec "$@"', "sh"]
        command = [*mounted, *user, *command]
    told = output(command, env=environment)
    told = told.partition("-> Unit extrasafe.service:")[2].partition("-> Unit ")[0]
    fields = {name.strip(): value for name, _, value in map(_parted, told.splitlines())}
    assert fields["SystemCallArchitectures"] == "native"
    assert fields["SystemCallErrorNumber"] == "EPERM"
    calls = fields["SystemCallFilter"].split()
    assert not calls[0].startswith("~")
    asked = {name: made.decide(name, *[2**64 - 1] * 6).action for name in calls}
    assert set(asked.values()) == {"allow"}
    wanted = [line.partition("=")[2] for line in lines.splitlines()[4:]]
    assert sorted(calls) == wanted
    assert ("execve" in calls) == bool(rulesets and rulesets[0] == ForkAndExec())
