"""Commands that are learnt by a supervisor: all that they and the programs that they start do."""

import pytest
from kernel.box import compile_c

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
def test_where_it_cannot_be_done(run, call, argument, value, errnum, expected):
    def case(box, call, argument, value, errnum, expected):
        import errno
        import os

        from outer import refuse
        from pyextrasafe import ExtraSafeError, learn_command

        code = getattr(errno, errnum)
        refuse(box.raw(), call, code, value, argument=argument, mask=value)
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

    run(case, call=call, argument=argument, value=value, errnum=errnum, expected=expected)


def test_without_the_descriptors_of_others(run):
    """As in a container that refuses pidfd_getfd: sockets are not told apart."""

    def case(box):
        import errno
        import sys

        from outer import refuse
        from pyextrasafe import learn_command

        refuse(box.raw(), "pidfd_getfd", errno.EPERM)
        code = "import socket; socket.socket().close()"
        seen = learn_command([sys.executable, "-c", code])
        closed = {o.descriptor for o in seen.calls if o.call == "close"}
        box.true("a socket", "a socket" in closed)

    run(case)


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


FLAGS_BEHIND_A_POINTER = """
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *unused)
{
    return unused;
}

int main(void)
{
    struct clone_args child = {.exit_signal = 17};
    struct open_how how = {.flags = O_RDONLY};
    pthread_t thread;

    if (syscall(SYS_clone3, &child, sizeof child) != -1 || errno != ENOSYS)
        return 1;
    if (syscall(SYS_openat2, AT_FDCWD, "/etc/hosts", &how, sizeof how) != -1 || errno != ENOSYS)
        return 2;
    if (syscall(SYS_io_uring_setup, 8, &how) != -1 || errno != ENOSYS)
        return 3;
    if (pthread_create(&thread, 0, nothing, 0) || pthread_join(thread, 0))
        return 4;
    return 0;
}
"""


def test_what_no_policy_has_is_not_there(run, tmp_path):
    """Flags that no filter sees: who learnt these calls would allow all that they can do."""

    def case(box, program):
        from pyextrasafe import learn_command

        seen = learn_command([program])
        box.equal("how it ended", 0, seen.returncode)
        code = seen.as_code()
        box.true("threads", ".allow_create_threads()" in code)
        box.true("no rules", "Custom" not in code)

    compile_c(FLAGS_BEHIND_A_POINTER, tmp_path / "program", "-pthread")
    run(case, program=str(tmp_path / "program"))


ODD = """
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int file = creat("made", 0600);

    syscall(-1);
    syscall(0x7fffffff);
    syscall(SYS_open, (char *)8, O_RDONLY);
    open("/nowhere/deep", O_WRONLY | O_TRUNC);
    open("kept", O_RDONLY | O_DIRECTORY);
    unlink("dangling");
    mkfifo("fifo", 0600);
    return write(file, "x", 1) != 1;
}
"""


def test_calls_that_are_odd(run, tmp_path):
    def case(box, program):
        import errno
        import os

        from pyextrasafe import learn_command

        here = os.getcwd()
        with open("kept", "w"):
            pass
        os.symlink("nowhere", "dangling")
        seen = learn_command([program])
        box.equal("how it ended", 0, seen.returncode)
        box.true("numbers and paths that cannot be", seen.missed in (2, 3))
        found = {o.path: (o.call, o.errno) for o in seen.calls if o.path}
        box.equal("a dangling link", ("unlink", None), found[f"{here}/dangling"])
        box.equal("no directory", errno.ENOTDIR, found[f"{here}/kept"][1])
        box.equal("missing", errno.ENOENT, found["/nowhere/deep"][1])
        code = seen.as_code()
        box.true("creat makes a file", f'.allow_scratch_dir("{here}")' in code)
        box.true("no file is opened everywhere", "allow_open" not in code)
        box.true("a rule would go past that", "# Not allowed, since it would bypass" in code)
        box.true("no rule", "Custom" not in code)

    compile_c(ODD, tmp_path / "program", "-w")
    run(case, program=str(tmp_path / "program"))


def test_who_ignores_the_end_of_children(run):
    def case(box):
        import signal

        from pyextrasafe import learn_command

        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        box.equal("how it ended", 7, learn_command(["sh", "-c", "exit 7"]).returncode)
        box.equal("as before", signal.SIG_IGN, signal.getsignal(signal.SIGCHLD))
        found = []
        signal.signal(signal.SIGCHLD, lambda number, frame: found.append(number))
        box.equal("how it ended", 7, learn_command(["sh", "-c", "exit 7"]).returncode)
        box.equal("a handler is called", [signal.SIGCHLD], found)

    run(case)


def test_one_at_a_time(run):
    def case(box):
        import signal
        import threading

        from pyextrasafe import learn_command

        def learn():
            barrier.wait()
            try:
                found.append(learn_command(["sh", "-c", "sleep 0.3; exit 7"]).returncode)
            except RuntimeError:
                found.append("not now")

        for _ in range(5):
            found, barrier = [], threading.Barrier(4)
            threads = [threading.Thread(target=learn) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            box.equal("one of them", ["7", *["not now"] * 3], sorted(map(str, found)))
        box.equal("Ctrl-C", signal.default_int_handler, signal.getsignal(signal.SIGINT))

    run(case)


def test_a_context_that_another_thread_applies(run):
    def case(box):
        import os
        import threading
        import time

        from pyextrasafe import ExtraSafeError, SafetyContext, learn_command

        def apply():
            while not os.path.exists("begun"):
                time.sleep(0.01)
            SafetyContext().apply_to_all_threads()

        thread = threading.Thread(target=apply)
        thread.start()
        command = ["sh", "-c", "echo > begun; while :; do echo; done >/dev/null"]
        error = box.raises("it ends", ExtraSafeError, learn_command, command)
        thread.join()
        box.equal("code", "outer-sandbox", error.code)

    run(case)


def test_descriptors_of_other_threads(run):
    """Until the command is started, both have the same."""

    def case(box):
        import os
        import threading

        from pyextrasafe import learn_command

        def open_and_close():
            while not done.is_set():
                try:
                    os.close(os.open("/", os.O_RDONLY))
                except OSError as error:
                    errors.append(error)

        errors, done = [], threading.Event()
        thread = threading.Thread(target=open_and_close)
        thread.start()
        for _ in range(30):
            seen = learn_command(["ls", "/proc/self/fd"])
            box.equal("it does well", 0, seen.returncode)
        done.set()
        thread.join()
        box.equal("no descriptor was lost", [], errors)

    run(case)
