"""Commands that are learnt by a supervisor: all that they and the programs that they start do."""

import pytest
from kernel.box import call_numbers, compile_c

WORKER = """
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *ask(void *unused)
{
    for (int i = 0; i < 100; i++)
        getsid(0);
    return unused;
}

int main(int count, char **words)
{
    pthread_t threads[4];

    if (count > 1 && strcmp(words[1], "again") == 0) {
        ask(0);
        return 0;
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], 0, ask, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    for (int i = 0; i < 3; i++)
        if (vfork() == 0) {
            execl(words[0], words[0], "again", (char *)0);
            _exit(1);
        }
    while (wait(0) > 0)
        ;
    return 7;
}
"""
# For what is asked of the kernel by calls without a wrapper, and of descriptors.
DESCRIPTORS = """
import os, socket, sys
read, write = os.pipe()
client, server = socket.socket(), socket.create_server(("127.0.0.1", 0))
client.connect(server.getsockname())
print(server.getsockname()[1], os.getpid())
os.write(write, b"x")
os.read(read, 1)
os.isatty(write)
for descriptor in (write, os.open("kept", os.O_RDONLY)):
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        pass
os.chdir("inner")
folder = os.open("..", os.O_RDONLY)
os.close(os.open("kept", os.O_RDONLY, dir_fd=folder))
for name in ("../kept", "nowhere"):
    try:
        os.close(os.open(name, os.O_RDONLY))
    except FileNotFoundError:
        pass
os.close(os.open("made", os.O_RDWR | os.O_CREAT))
os.mkdir("folder")
os.rename("made", "folder/moved")
"""


@pytest.fixture(scope="session")
def worker(tmp_path_factory):
    """The path of a program with threads, which starts itself again."""
    path = tmp_path_factory.mktemp("worker") / "worker"
    compile_c(WORKER, path, "-pthread")
    return str(path)


def test_every_call_is_seen_once(run, worker):
    def case(box, worker):
        import os
        import signal

        import pyextrasafe

        def state():
            actions = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGQUIT)]
            return actions, sorted(os.listdir("/proc/self/fd"))

        before = state()
        for _ in range(3):
            seen = pyextrasafe.learn_command([worker])
            box.equal("how it ended", 7, seen.returncode)
            box.equal("calls", 700, sum(o.count for o in seen.calls if o.call == "getsid"))
            started = [(o.path, o.count) for o in seen.calls if o.call == "execve"]
            box.equal("programs", [(worker, 4)], started)
            box.equal("no stacks", {()}, {o.stack for o in seen.calls})
            box.equal("nothing is missing", 0, seen.missed)
        box.equal("as before", before, state())
        box.raises("no child is left", ChildProcessError, os.wait)
        box.equal("not confined", False, pyextrasafe.status().confined)
        box.true("nothing of it is left out", "Nor what" not in seen.as_code())

    run(case, worker=worker)


def test_what_is_told_of_a_call(run):
    def case(box, code):
        import errno
        import os
        import sys

        import pyextrasafe

        here = os.getcwd()
        os.mkdir("inner")
        with open("kept", "w"), open("said", "w+") as said:
            os.dup2(said.fileno(), 1)
            seen = pyextrasafe.learn_command([sys.executable, "-S", "-c", code])
            said.seek(0)
            port, pid = map(int, said.read().split())
        box.equal("how it ended", 0, seen.returncode)
        opened = {
            o.path: o
            for o in seen.calls
            if o.call in ("open", "openat") and o.path and o.path.startswith(here)
        }
        wanted = {f"{here}/kept", f"{here}/inner/nowhere", f"{here}/inner/made", here}
        box.equal("paths", wanted, set(opened))
        nowhere = opened[f"{here}/inner/nowhere"]
        box.equal("in vain", (1, errno.ENOENT), (nowhere.failed, nowhere.errno))
        kept = [o for o in seen.calls if o.path == f"{here}/kept" and "open" in o.call]
        box.equal("by three ways", 3, sum(o.count for o in kept))
        box.equal("not in vain", 0, sum(o.failed for o in kept))
        box.true("created", opened[f"{here}/inner/made"]._created)
        connected = [o for o in seen.calls if o.call == "connect" and o._port == port]
        box.equal("a port", ["a TCP socket"], [o.descriptor for o in connected])
        box.equal("an address", [f"127.0.0.1:{port}"], [o.path for o in connected])
        written = {o.descriptor for o in seen.calls if o.call == "write"}
        box.equal("written to", {"a pipe", "standard output"}, written)
        sought = {(o.descriptor, o.errno) for o in seen.calls if o.call == "lseek"}
        box.true("pipes cannot seek", ("a pipe", errno.ESPIPE) in sought)
        box.true("files can", ("a file", None) in sought)
        asked = [o for o in seen.calls if o.call == "ioctl" and o.descriptor == "a pipe"]
        box.equal("no terminal", {errno.ENOTTY}, {o.errno for o in asked})
        moved = [o for o in seen.calls if o.call.startswith(("rename", "mkdir"))]
        box.equal("what makes a name", [0, 0], [o.failed for o in moved])
        box.equal("process", {pid}, {o.pid for o in seen.calls})
        chain = seen.as_code()
        box.true("the port is in the chain", f".allow_start_tcp_clients({port})" in chain)
        box.true("the folder", f'.allow_scratch_dir("{here}/inner' in chain)

    run(case, code=DESCRIPTORS)


def test_it_waits_for_what_is_in_the_background(run):
    def case(box):
        import os

        from pyextrasafe import learn_command

        seen = learn_command(["sh", "-c", "(sleep 0.3; echo > made) & exit 4"])
        box.equal("how it ended", 4, seen.returncode)
        box.true("it was made", os.path.exists("made"))
        box.true("that was seen", any(o.path and o.path.endswith("/made") for o in seen.calls))

    run(case)


def test_how_a_command_ends(run):
    def case(box):
        from pyextrasafe import learn_command

        box.equal("by a signal", -15, learn_command(["sh", "-c", "kill -15 $$"]).returncode)
        box.equal("well", 0, learn_command(["true"]).returncode)
        # Python ignores it.
        box.equal("by SIGPIPE", -13, learn_command(["sh", "-c", "kill -13 $$"]).returncode)

    run(case)


def test_what_cannot_be_started(run):
    def case(box):
        import errno

        from pyextrasafe import learn_command

        error = box.raises("no such program", FileNotFoundError, learn_command, ["no-such-program"])
        box.equal("its name", "no-such-program", error.filename)
        error = box.raises("no such path", FileNotFoundError, learn_command, ["./none"])
        box.equal("its path", ("./none", errno.ENOENT), (error.filename, error.errno))
        with open("plain", "w") as file:
            file.write("no program")
        box.raises("no permission", PermissionError, learn_command, ["./plain"])
        import os

        os.chmod("plain", 0o755)
        error = box.raises("no program", OSError, learn_command, ["./plain"])
        box.equal("errno", errno.ENOEXEC, error.errno)
        box.raises("no words", ValueError, learn_command, [])
        box.raises("one text", TypeError, learn_command, "true")
        box.raises("no text", TypeError, learn_command, [1])
        box.raises("a 0 in a word", ValueError, learn_command, ["true", "a\0b"])
        box.raises("no child is left", ChildProcessError, os.wait)
        box.equal("and then one that can", 0, learn_command(["true"]).returncode)

    run(case)


def test_while_something_else_watches(run):
    def case(box):
        import sys

        from pyextrasafe import ExtraSafeError, ForkAndExec, SafetyContext, learn, learn_command

        with learn():
            box.raises("in learn()", RuntimeError, learn_command, ["true"])
        code = "import pyextrasafe; pyextrasafe.learn_command(['true'])"
        seen = learn_command(
            [
                sys.executable,
                "-c",
                f"try:\n {code}\nexcept pyextrasafe."
                "ExtraSafeError as error:\n raise SystemExit(error.code)",
            ]
        )
        box.equal("in a command that is watched", 1, seen.returncode)
        SafetyContext().enable(ForkAndExec()).apply_to_all_threads()
        error = box.raises("in a context", ExtraSafeError, learn_command, ["true"])
        box.equal("code", "unsupported", error.code)

    run(case)


REFUSES = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int refuse(int call, int argument, int value, int number)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args) + 8 * (unsigned)argument),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {6, instructions};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return errno;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}
"""
NEW_LISTENER = 8
ONE = 1


@pytest.mark.parametrize(
    ("call", "argument", "value", "errnum", "expected"),
    [
        ("seccomp", 1, NEW_LISTENER, "EINVAL", "NotImplementedError"),
        ("seccomp", 1, NEW_LISTENER, "EPERM", "outer-sandbox"),
        # How many there are to be read.
        ("process_vm_readv", 2, ONE, "EPERM", "outer-sandbox"),
    ],
)
def test_where_it_cannot_be_done(run, tmp_path, call, argument, value, errnum, expected):
    def case(box, library, call, argument, value, errnum, expected):
        import ctypes
        import errno
        import os

        from pyextrasafe import ExtraSafeError, learn_command

        refuse = ctypes.CDLL(library).refuse
        box.equal("loaded", 0, refuse(call, argument, value, getattr(errno, errnum)))
        try:
            learn_command(["touch", "made"])
        except NotImplementedError as error:
            box.equal("not implemented", expected, "NotImplementedError")
            box.true("it says which kernel", "5.9" in str(error))
        except ExtraSafeError as error:
            box.equal("code", expected, error.code)
        else:
            box.true("it was refused", False)
        box.true("nothing was run", not os.path.exists("made"))
        box.raises("no child is left", ChildProcessError, os.wait)

    library = tmp_path / "refuses.so"
    compile_c(REFUSES, library, "-shared", "-fPIC", "-D_GNU_SOURCE")
    number = call_numbers()[call]
    run(
        case,
        library=str(library),
        call=number,
        argument=argument,
        value=value,
        errnum=errnum,
        expected=expected,
    )


def test_without_the_descriptors_of_others(run, tmp_path):
    """As in a container that refuses pidfd_getfd: sockets are not told apart."""

    def case(box, library, call):
        import ctypes
        import errno
        import sys

        from pyextrasafe import learn_command

        box.equal("loaded", 0, ctypes.CDLL(library).refuse(call, 2, 0, errno.EPERM))
        code = "import socket; socket.socket().close()"
        seen = learn_command([sys.executable, "-c", code])
        closed = {o.descriptor for o in seen.calls if o.call == "close"}
        box.true("a socket", "a socket" in closed)

    library = tmp_path / "refuses.so"
    compile_c(REFUSES, library, "-shared", "-fPIC", "-D_GNU_SOURCE")
    run(case, library=str(library), call=call_numbers()["pidfd_getfd"])


def test_the_command_ends_with_its_supervisor(run):
    def case(box):
        import os
        import signal
        import time

        from pyextrasafe import learn_command

        child = os.fork()
        if child == 0:
            learn_command(["sh", "-c", "echo > begun; while :; do :; done"])
        while not os.path.exists("begun"):
            time.sleep(0.01)

        def others():
            return [int(name) for name in os.listdir("/proc") if name.isdigit()]

        before = set(others())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while len(before & set(others())) > len(before) - 2:
            time.sleep(0.01)
        box.true("both are gone", True)

    run(case)


def test_observations_are_merged(run):
    def case(box):
        from pyextrasafe import learn_command

        one, other = learn_command(["cat", "/etc/hostname"]), learn_command(["cat", "/etc/hosts"])
        both = one.merge(other).as_code()
        box.true("one", "/etc/hostname" in both)
        box.true("other", "/etc/hosts" in both)

    run(case)
