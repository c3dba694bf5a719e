"""What follows from calls: which permissions, with which paths."""

from kernel.box import with_glibc

from pyextrasafe import _chain
from pyextrasafe._native import lib


def test_files_of_one_folder(run):
    def case(box):
        import os

        from pyextrasafe import learn

        here = os.getcwd()
        for folder in ("few", "many"):
            os.mkdir(folder)
            for number in range(4):
                with open(f"{folder}/{number}", "w"):
                    pass
        with learn() as seen:
            for path in ("few/0", "few/1", "few/2", "many/0", "many/1", "many/2", "many/3"):
                with open(path):
                    pass
        paths = sorted([f"{here}/many", *[f"{here}/few/{number}" for number in range(3)]])
        line, last = [line for line in seen.as_code().splitlines() if ".allow" in line]
        box.equal("for errors", ".allow_stderr(),", last.strip())
        name, _, given = line.strip(" ,").partition("(")
        box.equal("permission", ".allow_read_path", name)
        box.equal("paths", paths, sorted(eval(f"[{given[:-1]}]")))

    run(case)


def test_what_is_done_in_folders(run):
    def case(box):
        import os

        from pyextrasafe import learn

        here = os.getcwd()
        for folder in ("made", "cleaned", "grown", "moved"):
            os.mkdir(folder)
        for path in ("cleaned/old", "written", "moved/one"):
            with open(path, "w"):
                pass
        with learn() as seen:
            with open("made/new", "w") as file:
                file.write("x")
            with open("written", "w") as file:
                file.write("x")
            os.unlink("cleaned/old")
            os.mkdir("grown/folder")
            with open("grown/folder/deep", "w") as file:
                file.write("x")
            os.rename("moved/one", "moved/two")
            os.listdir("grown")
        code = seen.as_code()
        lines = {line.strip(" ,") for line in code.splitlines() if ".allow" in line}
        wanted = {
            f'.allow_create_in_dir("{here}/made")',
            f'.allow_write_file("{here}/written")',
            f'.allow_remove_file("{here}/cleaned")',
            f'.allow_scratch_dir("{here}/grown", "{here}/moved")',
            ".allow_stderr()",
        }
        box.equal("methods", wanted, lines)
        space = {}
        exec(
            code.replace("\nSafetyContext()", "\ncontext = SafetyContext()").replace(
                ").apply_to_all_threads()", ")"
            ),
            space,
        )
        box.equal("the code is the context", repr(space["context"]), repr(seen.context()))
        seen.context().apply_to_all_threads()
        with open("made/other", "w") as file:
            file.write("x")
        box.outside("another folder", os.mkdir, "made/folder")

    run(case)


def test_what_failed(run):
    def case(box):
        import contextlib
        import os

        from pyextrasafe import learn

        with open("file", "w"):
            pass
        file = os.open("file", os.O_RDONLY)
        with learn() as seen:
            for path in ("file", "missing"):
                with contextlib.suppress(OSError):
                    os.close(os.open(path, os.O_RDONLY))
            with contextlib.suppress(OSError):
                os.mkdir("missing/folder")
            os.isatty(file)
        code = seen.as_code()
        lines = [line.strip(" ,") for line in code.splitlines() if ".allow" in line]
        wanted = [f'.allow_read_path("{os.getcwd()}/file")', ".allow_stderr()"]
        box.equal("methods", wanted, lines)
        box.true("left out", "# Not allowed, since it failed with ENOENT: mkdir" in code)

    run(case)


def test_sockets_and_rules(run):
    def case(box):
        import os
        import socket

        from pyextrasafe import learn

        with learn() as seen:
            server = socket.create_server(("127.0.0.1", 0))
            port = server.getsockname()[1]
            client = socket.socket()
            client.connect(("127.0.0.1", port))
            client.send(b"x")
            server.accept()[0].recv(1)
            os.getpriority(os.PRIO_PROCESS, 0)
            os.chroot("/")
        code = seen.as_code()
        wanted = [
            f".allow_start_tcp_clients({port})",
            ".allow_start_tcp_servers(0)",
            '.add_simple("chroot")',
        ]
        for line in wanted:
            box.true(line, line in code)
        box.true(
            "a rule with what was seen", '("getpriority", [(0, "==", 0), (1, "==", 0)])' in code
        )
        box.true("nothing is a contradiction", len(seen.context().compile()))

    run(case)


def test_a_program_that_starts_programs(run):
    def case(box):
        import subprocess

        from pyextrasafe import learn

        with learn() as seen:
            subprocess.run(["/bin/true"], check=True)
        code = seen.as_code()
        box.true("this one", '.allow_execute_path("/bin/true")' in code)
        box.true("it is said", "# Nor what these programs did: /bin/true." in code)

    run(case)


def test_other_threads(run):
    def case(box):
        import threading

        from pyextrasafe import learn

        with learn() as alone, open("/etc/passwd") as file:
            file.read()
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        with learn() as seen, open("/etc/passwd") as file:
            file.read()
        box.true("none", "interrupt_threads" not in alone.as_code())
        box.true("one", "SafetyContext().interrupt_threads().enable(" in seen.as_code())
        seen.context().apply_to_all_threads()
        box.works("within", open, "/etc/passwd")
        box.outside("without", open, "/etc/group")
        done.set()

    run(case)


def test_without_landlock(run):
    def case(box):
        import os

        os.environ["PYEXTRASAFE_LANDLOCK_ABI"] = "0"

        from pyextrasafe import learn

        with learn() as seen:
            with open("made", "w") as file:
                file.write("x")
            with open("made") as file:
                file.read()
        code = seen.as_code()
        box.true("no path", "path" not in "".join(code.splitlines()[2:6:2]))
        box.true("opens", ".allow_open()" in code)
        seen.context().apply_to_all_threads()
        with open("made", "w") as file:
            box.works("it works", file.write, "x")

    run(case)


def test_runs_are_united(run):
    def case(box):
        import pickle

        from pyextrasafe import Observations, learn

        def watch(*paths):
            with learn() as seen:
                for path in paths:
                    with open(path) as file:
                        file.read()
            return seen

        one, other = watch("/etc/passwd"), watch("/etc/passwd", "/etc/group")
        alone = one.as_code()
        other = pickle.loads(pickle.dumps(other))
        before = {o.path: o.count for o in one.calls if o.call == "openat"}
        box.equal("itself", True, one.merge(other) is one)
        opened = {o.path: o.count for o in one.calls if o.call == "openat"}
        if before:  # musl opens otherwise
            box.equal("counts", {"/etc/passwd": 2, "/etc/group": 1}, opened)
        box.true("more than alone", one.as_code() != alone)
        box.equal("the same as the longer one", repr(other.context()), repr(one.context()))
        box.raises("something else", TypeError, one.merge, [])
        box.equal("nothing", [], Observations().calls)
        box.equal(
            "nothing needs nothing but to tell errors",
            "SafetyContext().enable(SystemIO().allow_stderr())",
            repr(Observations().context()),
        )

    run(case)


def test_what_goes_past_the_rest_is_left_out(run):
    """A netlink socket is no reason to name no ports, nor io_uring one to name no paths."""

    def case(box):
        import ctypes
        import errno
        import socket

        from pyextrasafe import learn

        libc = ctypes.CDLL(None, use_errno=True)
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        with learn() as seen:
            with open("/etc/hosts"):
                pass
            socket.create_connection(("127.0.0.1", port)).close()
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
            result = libc.syscall(425, 8, ctypes.create_string_buffer(120))
            number = ctypes.get_errno()
        box.equal("io_uring_setup is never there", (-1, errno.ENOSYS), (result, number))
        code = seen.as_code()
        box.true("a path", '.allow_read_path("/etc/hosts")' in code)
        box.true("a port", f".allow_start_tcp_clients({port})" in code)
        box.true("no rule", "Custom" not in code)
        box.true(
            "it says so",
            "# Not allowed, since it would bypass the other limits: socket(AF_NETL" in code,
        )
        box.true("nor io_uring", "io_uring" not in code)

    run(case)


def test_unix_sockets_need_nothing_of_the_internet(run):
    def case(box):
        import os
        import socket

        from pyextrasafe import learn

        with learn() as seen:
            server = socket.socket(socket.AF_UNIX)
            server.bind("socket")
            server.listen()
            client = socket.socket(socket.AF_UNIX)
            client.connect("socket")
            accepted, _ = server.accept()
            accepted.sendall(b"x")
            box.equal("arrived", b"x", client.recv(1))
        os.unlink("socket")
        granted = {line.strip(" ,") for line in seen.as_code().splitlines() if "allow" in line}
        box.equal(
            "granted",
            {".allow_stderr()", ".allow_start_unix_servers()", ".allow_start_unix_clients()"},
            granted,
        )

    run(case)


def test_a_name_that_is_bound_to_is_not_looked_up(run):
    """What that needs does not allow connecting to anything."""

    def case(box):
        import socket

        from pyextrasafe import learn

        with learn() as seen:
            server = socket.socket(type=socket.SOCK_DGRAM)
            server.bind(("localhost", 0))
            server.sendto(b"x", server.getsockname())
            box.equal("arrived", b"x", server.recv(1))
        code = seen.as_code()
        box.true("the file was read", any(one.path == "/etc/hosts" for one in seen.calls))
        box.true("what is for that", ".allow_start_udp_servers()" in code)
        box.true("nothing else", "lookup" not in code and "tcp" not in code)

    run(case)


def test_what_is_needed_anyway_looks_up_names_as_well(run):
    def case(box):
        import socket

        import name_server
        from pyextrasafe import learn

        name_server.start(box)
        with learn() as seen:
            server = socket.socket(type=socket.SOCK_DGRAM)
            server.bind(("127.0.0.1", 0))
            server.sendto(b"x", server.getsockname())
            server.connect(("127.0.0.1", 53))
        code = seen.as_code()
        box.true("what is for that", ".allow_start_udp_servers()" in code)
        box.true("nothing else", "lookup" not in code)

    run(case, namespaces=("--net", "--mount"))


@with_glibc
def test_names_are_looked_up_by_what_is_for_that(run):
    """Also where getaddrinfo() asks for the addresses of this machine, which it does without."""

    def case(box):
        import socket

        import name_server
        from pyextrasafe import learn

        def look_up():
            found = socket.getaddrinfo(
                "name.example", 80, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
            )
            return [answer[4][0] for answer in found]

        name_server.start(box)
        with learn() as seen:
            look_up()
        code = seen.as_code()
        box.true("a netlink socket", any("AF_NETLINK" in one.arguments for one in seen.calls))
        box.true("what is for names", ".allow_name_lookup()" in code)
        box.true("no rule", "Custom" not in code)
        box.true("nothing else", code.count("Networking()\n") == 1 and "udp" not in code)
        seen.context().apply_to_all_threads()
        box.true("it is enough", "192.0.2.1" in look_up())

    run(case, namespaces=("--net", "--mount"))


def test_a_file_that_is_only_missed(run):
    def case(box):
        import os

        from pyextrasafe import learn

        with learn() as seen:
            for flags in (os.O_RDONLY, os.O_RDWR):
                try:
                    os.open("/nowhere", flags)
                except FileNotFoundError:
                    pass
        code = seen.as_code()
        lines = {line.strip(" ,") for line in code.splitlines() if ".allow" in line}
        box.equal("methods", {'.allow_read_path("/dev/null")', ".allow_stderr()"}, lines)
        box.true("not for writing", "# Not allowed, since it failed with ENOENT: open" in code)
        seen.context().apply_to_all_threads()
        box.raises("missed again", FileNotFoundError, os.open, "/nowhere", os.O_RDONLY)
        box.outside("another file", os.open, "/etc/hosts", os.O_RDONLY)

    run(case)


def test_the_null_device_needs_no_path(run):
    """It is always free: nothing that allows all files stands for it."""

    def case(box, flags):
        import os

        from pyextrasafe import learn

        def use():
            os.close(os.open("/dev/null", getattr(os, flags)))

        with learn() as seen:
            use()
        method = "allow_read_path" if flags == "O_RDONLY" else "allow_write_file"
        code = seen.as_code()
        lines = {line.strip(" ,") for line in code.splitlines() if ".allow" in line}
        box.equal("methods", {f'.{method}("/dev/null")', ".allow_stderr()"}, lines)
        seen.context().apply_to_all_threads()
        box.works("again", use)
        box.outside("another file", os.open, "/etc/hosts", getattr(os, flags))

    for flags in ("O_RDONLY", "O_WRONLY", "O_RDWR"):
        run(case, flags=flags)


def test_paths_by_descriptors(run):
    """Their numbers change: what they lead to is named, where it has a name."""

    def case(box):
        import os

        from pyextrasafe import learn

        here = os.getcwd()
        os.mkdir("folder")
        for name in ("one", "two", "folder/three", "removed"):
            with open(name, "w") as file:
                file.write(name)
        opened = [os.open(name, os.O_RDONLY) for name in ("one", "two", "folder", "removed")]
        one, two, folder, removed = opened
        os.unlink("removed")
        pipe, end = os.pipe()

        def use(*paths):
            for path in paths:
                os.close(os.open(path, os.O_RDONLY))

        with learn() as seen:
            use(f"/dev/fd/{one}", f"/proc/{os.getpid()}/fd/{two}", f"/proc/self/fd/{folder}/three")
            use(f"/dev/fd/{pipe}")
        (line,) = [line for line in seen.as_code().splitlines() if ".allow_read" in line]
        wanted = [f'"{here}/{name}"' for name in ("one", "two", "folder/three")]
        box.equal("paths", f".allow_read_path({', '.join(wanted)})", line.strip())
        with learn() as unnamed:
            use(f"/dev/fd/{pipe}")
        code = unnamed.as_code()
        box.true("of a pipe", '.allow_read_path("/dev/null")' in code and "fd/" in code)
        with learn() as gone:
            use(f"/proc/self/fd/{removed}")
        box.true("of a file that was removed", '.allow_read_path("/dev/null")' in gone.as_code())
        again = os.dup(pipe)  # it has another number
        seen.context().apply_to_all_threads()
        box.works("again", use, f"{here}/one", "two", "folder/three", f"/dev/fd/{again}")
        box.outside("another file", os.open, "/etc/hosts", os.O_RDONLY)

    run(case)


def test_paths_that_go_up_from_where_a_link_leads(run):
    def case(box):
        import os

        from pyextrasafe import learn, learn_command

        here = os.getcwd()
        os.makedirs("real/below")
        os.mkdir("other")
        os.symlink("../real/below", "other/link")
        for path in ("real/file", "other/file"):
            with open(path, "w"):
                pass
        with learn() as seen:
            for path in ("other/link/../file", f"{here}/other/link/../file", "other/../real/file"):
                with open(path):
                    pass
            os.listdir("other/link/..")
        by_command = learn_command(["/bin/cat", "other/link/../file"])
        for name, code in (("learn", seen.as_code()), ("command", by_command.as_code())):
            box.true(name, f"{here}/real/file" in code or f'"{here}/real"' in code)
            box.true(f"{name}, not beside the link", f"{here}/other/file" not in code)
        box.equal(
            "a list", {f"{here}/real"}, {c.path for c in seen.calls if "O_DIR" in c.arguments}
        )

    run(case)


def test_a_file_without_a_name_gets_one(run):
    """Its folder is named, and nothing above it."""

    def case(box):
        import ctypes
        import os

        from pyextrasafe import learn

        os.mkdir("folder")
        folder = os.path.abspath("folder")
        linkat = ctypes.CDLL(None).linkat
        with learn() as seen:
            descriptor = os.open("folder", os.O_WRONLY | 0o20200000)  # O_TMPFILE
            path = f"/proc/self/fd/{descriptor}".encode()
            box.equal("linked", 0, linkat(-100, path, -100, b"folder/name", 0x400))
        lines = [line.strip(" ,") for line in seen.as_code().splitlines() if ".allow_" in line]
        folders = [line for line in lines if "/" in line]
        box.equal("folders", [f'.allow_scratch_dir("{folder}")'], folders)

    run(case)


def test_paths_that_lead_nowhere_above(run):
    """The root and removed folders have no folder above them that could be looked for."""

    def case(box):
        import os

        from pyextrasafe import learn

        root = os.open("/", os.O_RDONLY)
        os.mkdir("folder")
        os.chdir("folder")
        os.rmdir("../folder")
        with learn() as seen:
            os.close(os.open(f"/dev/fd/{root}/etc/hosts", os.O_RDONLY))
            os.close(os.open("//etc/passwd", os.O_RDONLY))
            os.close(os.open(".", os.O_RDONLY))
        code = seen.as_code()
        box.true("both", '.allow_read_path("/etc/hosts", "/etc/passwd")' in code)

    run(case)


def test_names_stay_in_their_comments(run):
    """Whoever chooses the names of files and functions does not choose what the code does."""

    def case(box):
        import os
        import shutil

        import pyextrasafe
        from pyextrasafe import learn

        names = ["n\nraise SystemExit(9)#", "r\rraise SystemExit(9)#", "l\u2028x", "s\udc80x"]
        calls = [f"os.getpriority({which}, 0)" for which in range(3)] + ["os.getsid(0)"]
        space = {"os": os}
        for at, name in enumerate(names):
            shutil.copy("/bin/true", name)
            file = name.replace("SystemExit(9)", "KeyError")
            start = f"os.spawnl(os.P_WAIT, {'./' + name!r}, 'x')"
            code = f"def use{at}(): {start}; {calls[at]}"
            exec(compile(code, os.fsencode(file), "exec"), space)
        with learn() as seen:
            for at in range(len(names)):
                space[f"use{at}"]()
        code = seen.as_code()
        code.encode()
        for line in code.split("\r"):
            box.true("no line of its own", not line.lstrip().startswith("raise"))
        made = {"SafetyContext": pyextrasafe.SafetyContext}
        before, _, after = code.partition("SafetyContext()")
        exec(before + "made = SafetyContext()" + after.replace(".apply_to_all_threads()", ""), made)
        box.equal("the same", seen.context().compile().digest, made["made"].compile().digest)

    run(case)


def test_what_children_read_of_themselves(run):
    """Their folder below /proc is not there when a context is applied, nor is their terminal."""

    def case(box):
        import os
        import pty

        from pyextrasafe import learn

        def use():
            if os.fork() == 0:
                with open("/proc/self/status"), open("/proc/mounts"):
                    os._exit(0)
            box.equal("well", 0, os.wait()[1])
            os.close(pty.openpty()[1])

        with open("/proc/self/limits"):
            pass
        with learn() as seen:
            with open("/proc/self/limits"):
                pass
            use()
        code = seen.as_code()
        paths = next(line for line in code.splitlines() if ".allow_read_path" in line)
        box.true("all of /proc", '"/proc"' in paths and "status" not in paths)
        box.true("terminals", '"/dev/pts"' in paths and "/dev/pts/" not in paths)
        with learn() as own:
            with open("/proc/self/limits"):
                pass
        box.true("its own", '.allow_read_path("/proc/self/limits")' in own.as_code())
        seen.context().apply_to_all_threads()
        box.works("again", use)

    run(case)


def test_requests_are_narrower_than_allow_ioctl(run):
    def case(box):
        import fcntl
        import struct

        from pyextrasafe import learn

        get_version = 0x80087601
        with open("file", "w") as file:
            with learn() as seen:
                try:
                    fcntl.ioctl(file, get_version, struct.pack("l", 0))
                except OSError as error:
                    box.true("it is no request of this file system", error.errno == 25)
                fcntl.fcntl(file, fcntl.F_DUPFD, 100)
        code = seen.as_code()
        box.true("no allow_ioctl", "allow_ioctl" not in code)
        box.true("a rule", '("fcntl", [(1, "==", 0), (2, "==", 100)])' in code)

    run(case)


def test_programs_are_named_one_by_one(run):
    def case(box):
        import subprocess

        from pyextrasafe import learn

        names = ("true", "false", "echo", "env", "id")
        with learn() as seen:
            for name in names:
                subprocess.run([f"/usr/bin/{name}"], stdout=subprocess.DEVNULL, check=False)
        (line,) = [line for line in seen.as_code().splitlines() if ".allow_execute_path" in line]
        box.equal("programs", len(names), line.count("/usr/bin/"))

    run(case)


def test_a_daemon_that_glibc_asks_in_vain(run):
    def case(box):
        import asyncio
        import socket

        from pyextrasafe import learn

        async def nothing():
            pass

        with learn() as seen:
            socket.getfqdn("127.0.0.1")
            asyncio.run(nothing())  # has a pair of UNIX sockets
        asked = [o.path for o in seen.calls if o.call == "connect"]
        box.true("it was asked", any("nscd" in path for path in asked))
        box.true("no permission for that", "allow_start_unix" not in seen.as_code())

    run(case)


def test_it_is_the_same_in_each_run():
    """Where two permissions cost as much, what they are called decides, and not where they lie."""
    count = lib.es_permission_count()
    one, other = ([_chain.Permission(index) for index in range(count)] for _ in range(2))
    assert list(map(str, one)) == list(map(str, other))
    assert len(set(map(str, one))) == count


def test_a_file_with_reasons(run):
    """Each permission and rule of the file has the reason above it that the code has."""

    def case(box):
        import os

        from pyextrasafe import SafetyContext, learn

        os.mkdir("kept")
        names = ["plain", "späte", "a\\nb", 'quo"ted']
        for name in names:
            with open(f"kept/{name}", "w"):
                pass

        def use():
            for name in names[:3]:
                with open(f"kept/{name}"):
                    pass
            os.getsid(0)
            os.listdir("kept")
            try:
                os.mkdir("missing/kept")
            except FileNotFoundError:
                pass
            if os.fork() == 0:
                os._exit(0)
            os.wait()

        with learn() as seen:
            use()
        seen.to_file("policy.toml")
        box.equal(
            "the same context",
            seen.context().compile().digest,
            SafetyContext.from_file("policy.toml").compile().digest,
        )
        with open("policy.toml", encoding="utf-8") as file:
            lines = file.read().splitlines()
        comments = [line for line in lines if line.startswith("# ")]
        in_code = [line.strip() for line in seen.as_code().splitlines() if "# " in line]
        box.equal("comments", sorted(set(in_code)), sorted(set(comments)))
        keys = [at for at, line in enumerate(lines) if " = " in line and line[0] != "#"]
        told = [lines[at - 1] for at in keys if lines[at].partition(" ")[0][:5] == "allow"]
        box.true("above each", told and all(line.startswith("# ") for line in told))
        rule = lines.index('call = "getsid"')
        box.true("a rule", "in use: getsid(0)" in lines[rule - 2])
        box.true("the end", "Not allowed, since it failed with ENOENT" in lines[-1])

    run(case)


def test_comments_stay_on_their_line(run):
    def case(box):
        from pyextrasafe import SafetyContext, SystemIO
        from pyextrasafe.formats._policy_file import write

        context = SafetyContext().enable(SystemIO().allow_stdout())
        reasons = {("SystemIO", "allow_stdout"): ["one\nallow_stderr = true", "\udc80\x00\x7fé"]}
        write(context, "policy.toml", reasons, ["\r[Threads]"])
        read = SafetyContext.from_file("policy.toml")
        box.equal("the same", context.compile().digest, read.compile().digest)
        with open("policy.toml", encoding="utf-8") as file:
            box.equal(
                "escaped",
                [
                    "[SystemIO]",
                    "# one\\U0000000Aallow_stderr = true",
                    "# \\U0000DC80\\U00000000\\U0000007Fé",
                    "allow_stdout = true",
                    "",
                    "# \\U0000000D[Threads]",
                ],
                file.read().split("\n")[:-1],
            )

    run(case)
