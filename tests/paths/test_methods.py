"""Each permission for paths and ports, as programs use it, and what lies next to it."""

import pytest


def test_reading(run, form):
    def case(box):
        import os
        import pathlib

        from pyextrasafe import SystemIO

        os.makedirs("granted/sub")
        for name in ("granted/file", "granted/sub/file", "single", "outside"):
            pathlib.Path(name).write_text("content")
        os.symlink("../outside", "granted/link")
        box.apply(SystemIO().allow_read_path("granted", pathlib.Path("single")))
        for name in ("granted/file", "granted/sub/../sub/file", "single"):
            box.gives(name, "content", pathlib.Path(name).read_text)
        box.gives("walk", ["file", "link", "sub"], lambda: sorted(os.listdir("granted")))
        box.gives("scandir", {"sub"}, lambda: {e.name for e in os.scandir("granted") if e.is_dir()})
        box.outside("outside", open, "outside")
        box.outside("by a link", open, "granted/link")
        box.outside("the folder itself", os.listdir, ".")
        for mode in ("w", "a", "x", "r+"):
            box.refused(f"mode {mode}", open, "granted/file", mode)
        box.refused("remove", os.unlink, "granted/file")
        box.equal("there", True, os.path.exists("granted/file"))

    run(case, form=form)


def test_listing(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        os.makedirs("granted/sub")
        os.mkdir("outside")
        open("granted/file", "w").close()
        box.apply(SystemIO().allow_list_dir("granted"))
        box.gives("list", ["file", "sub"], lambda: sorted(os.listdir("granted")))
        box.gives("walk", 2, lambda: len(list(os.walk("granted"))))
        box.outside("list outside", os.listdir, "outside")
        box.refused("a file", open, "granted/file")
        box.refused("a file, as PyPy and C open it", os.open, "granted/file", os.O_RDONLY)
        box.reaches("a file as a directory", 20, os.open, "granted/file", os.O_DIRECTORY)

    run(case, form=form)


def test_writing_what_exists(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        os.mkdir("granted")
        for name in ("granted/file", "outside"):
            with open(name, "w") as file:
                file.write("content")
        box.apply(SystemIO().allow_write_file("granted"))

        def write(mode):
            with open("granted/file", mode) as file:
                file.write("more")
                file.flush()
                os.fsync(file.fileno())
            return os.path.getsize("granted/file")

        box.gives("append", 11, write, "a")
        box.gives("anew", 4, write, "w")
        box.works("truncate", os.truncate, "granted/file", 2)
        box.equal("size", 2, os.path.getsize("granted/file"))
        box.outside("create", open, "granted/new", "w")
        box.outside("exclusively", open, "granted/new", "x")
        box.outside("outside", open, "outside", "w")
        box.outside("truncate outside", os.truncate, "outside", 0)
        box.refused("read", open, "granted/file")
        box.outside("read and write", open, "granted/file", "r+")
        box.equal("outside is as it was", 7, os.path.getsize("outside"))

    run(case, form=form)


def test_a_path_that_leads_to_a_pipe(run, form):
    """As /dev/stdout often does: Landlock does not limit pipes, and cannot name them."""

    def case(box):
        import os

        from pyextrasafe import SystemIO

        (to_read, to_write), (left, _) = os.pipe(), os.pipe()
        open("other", "w").close()
        io = (
            SystemIO().allow_write_file(f"/dev/fd/{to_write}").allow_read_path(f"/dev/fd/{to_read}")
        )
        box.apply(io)
        again = os.open(f"/dev/fd/{to_write}", os.O_WRONLY)
        os.write(again, b"through it")
        box.equal("arrived", b"through it", os.read(os.open(f"/dev/fd/{to_read}", 0), 99))
        box.works("nor any other", os.open, f"/dev/fd/{left}", os.O_RDONLY)
        box.outside("a file", os.open, "other", os.O_RDONLY)
        box.outside("written", os.open, "other", os.O_WRONLY)

    run(case, form=form)


def test_creating_and_removing(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        for folder in ("create", "make", "files", "folders", "folders/empty", "outside"):
            os.mkdir(folder)
        for name in ("files/file", "folders/file", "outside/file"):
            open(name, "w").close()
        box.apply(
            SystemIO()
            .allow_create_in_dir("create")
            .allow_create_dir("make")
            .allow_remove_file("files")
            .allow_remove_dir("folders")
        )

        def create(name, mode="x"):
            with open(name, mode) as file:
                file.write("new")
            return os.path.getsize(name)

        box.gives("create", 3, create, "create/new")
        box.outside("create elsewhere", create, "make/new")
        box.outside("create outside", create, "outside/new")
        box.works("make", os.makedirs, "make/new/er")
        box.outside("make elsewhere", os.mkdir, "create/folder")
        box.works("remove", os.unlink, "files/file")
        box.outside("remove elsewhere", os.unlink, "folders/file")
        box.outside("remove outside", os.unlink, "outside/file")
        box.works("remove a directory", os.rmdir, "folders/empty")
        box.outside("remove a directory elsewhere", os.rmdir, "make/new/er")
        box.refused("rename", os.rename, "create/new", "create/other")
        box.true("effects", not os.path.exists("files/file") and os.path.exists("outside/file"))

    run(case, form=form)


def test_a_scratch_directory(run, form):
    def case(box):
        import os
        import shutil
        import tempfile

        from pyextrasafe import SystemIO

        os.mkdir("granted")
        os.mkdir("outside")
        open("outside/file", "w").close()
        tempfile.tempdir = os.path.abspath("granted")
        box.apply(SystemIO().allow_scratch_dir("granted"))

        def use_temporary_files():
            with tempfile.TemporaryFile("w+") as file:
                file.write("content")
                file.seek(0)
                content = file.read()
            with tempfile.TemporaryDirectory() as folder:
                with tempfile.NamedTemporaryFile("w", dir=folder) as file:
                    file.write("content")
                shutil.copyfile("granted/source", folder + "/copy")
                os.replace(folder + "/copy", "granted/moved")
            return content, sorted(os.listdir("granted"))

        with open("granted/source", "w") as file:
            file.write("content")
        box.gives("temporary files", ("content", ["moved", "source"]), use_temporary_files)
        box.works("link", os.link, "granted/moved", "granted/linked")
        box.works("symbolic link", os.symlink, "../outside/file", "granted/symbolic")
        box.outside("by the link", open, "granted/symbolic")
        box.outside("move out", os.rename, "granted/moved", "outside/moved")
        box.outside("move in", os.rename, "outside/file", "granted/file")
        box.refused("mode", os.chmod, "granted/moved", 0o777)
        box.refused("device", os.mknod, "granted/device", 0o20600, 0)
        box.refused("start", os.execv, "granted/source", ["x"])
        box.works("make", os.makedirs, "granted/tree/of/folders")
        box.works("remove all of it", shutil.rmtree, "granted/tree")
        box.true("nothing is left of it", not os.path.exists("granted/tree"))

    run(case, form=form)


def test_a_database(run):
    """sqlite makes its journal beside the file, so its directory is named."""

    def case(box):
        import os
        import sqlite3

        from pyextrasafe import SystemIO

        os.mkdir("granted")
        box.apply(SystemIO().allow_scratch_dir("granted").allow_locks())

        def use():
            connection = sqlite3.connect("granted/database")
            with connection:
                connection.execute("create table t (number)")
                connection.execute("insert into t values (42)")
            return connection.execute("select number from t").fetchall()

        box.gives("insert and select", [(42,)], use)
        box.raises(
            "outside",
            sqlite3.OperationalError,
            lambda: sqlite3.connect("outside").execute("create table t (n)"),
        )

    run(case)


def test_ports(run, form):
    def case(box):
        import socket

        from network import bring_up_loopback
        from pyextrasafe import Networking

        bring_up_loopback()
        servers = {port: socket.create_server(("127.0.0.1", port)) for port in (7001, 7002)}
        box.apply(Networking().allow_start_tcp_clients(7001).allow_start_tcp_servers(7003, 0))

        def connect(port):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"hello")
                return servers[port].accept()[0].recv(5)

        def serve(port):
            with socket.create_server(("127.0.0.1", port)) as server:
                return server.getsockname()[1]

        box.gives("connect", b"hello", connect, 7001)
        box.outside("connect to another port", connect, 7002)
        box.gives("serve", 7003, serve, 7003)
        box.true("a port of the kernel's choice", box.works("serve", serve, 0) > 0)
        box.outside("serve on another port", serve, 7004)
        box.refused("fast open", socket.socket().sendto, b"x", 0x20000000, ("127.0.0.1", 7002))
        box.refused("datagrams", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)

    run(case, form=form, namespaces=("--net",))


def test_a_port_closes_what_other_permissions_would_open(run):
    """A socket that one permission makes can be bound as the other allows, but not by TCP."""

    def case(box):
        import socket

        from network import bring_up_loopback
        from pyextrasafe import Networking

        bring_up_loopback()
        server = socket.create_server(("127.0.0.1", 7002))
        box.apply(Networking().allow_start_tcp_clients(7001).allow_start_udp_servers())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            box.works("bind a datagram socket", datagrams.bind, ("127.0.0.1", 7002))
            box.works("connect it", datagrams.connect, ("127.0.0.1", 9))
        with socket.socket() as stream:
            box.outside("bind a stream socket", stream.bind, ("127.0.0.1", 7005))
            box.outside("connect it", stream.connect, server.getsockname())

    run(case, namespaces=("--net",))


def test_a_unix_server_needs_a_place(run):
    def case(box):
        import os
        import socket

        from pyextrasafe import Networking, SystemIO

        os.mkdir("granted")
        box.apply(SystemIO().allow_read_path("granted"), Networking().allow_start_unix_servers())
        with socket.socket(socket.AF_UNIX) as server:
            box.works("bind", server.bind, "anywhere")

    def confined(box):
        import os
        import socket

        from pyextrasafe import Networking, SystemIO

        os.mkdir("granted")
        box.apply(SystemIO().allow_scratch_dir("granted"), Networking().allow_start_unix_clients())
        with socket.socket(socket.AF_UNIX) as server:
            box.refused("bind", server.bind, "granted/socket")

    run(case)
    run(confined)


def test_programs(run, static_program, form):
    """Only those that are named, with the loader and the interpreter that they need."""

    def case(box, program):
        import os
        import pathlib
        import shutil
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO, _programs

        shutil.copy(program, "other")
        os.mkdir("readable")
        shutil.copy("/bin/true", "readable")
        (loader,) = _programs.needed_by("/bin/true")
        pathlib.Path("script").write_text("#!/bin/sh\nexit 41\n")
        os.chmod("script", 0o755)
        box.apply(
            ForkAndExec().allow_execute_path(program, "script"),
            SystemIO().allow_python_files().allow_write_file("/dev/null").allow_read(),
            SystemIO().allow_read_path("readable"),
        )

        def start(*command):
            return subprocess.run(command, stdin=subprocess.DEVNULL).returncode

        box.gives("a static program", 42, start, program)
        box.gives("a script", 41, start, "./script")
        box.outside("another", start, "./other")
        box.outside("one that may be read", start, "readable/true")
        # The loader runs what may be read: said in the documentation.
        box.gives("by the loader", 0, start, loader, "readable/true")

    run(case, form=form, program=static_program)


@pytest.mark.parametrize(
    "name", ["allow_python_files", "allow_dns_files", "allow_ssl_files", "allow_timezone_files"]
)
def test_ready_made_sets_read_and_promise_nothing(run, name):
    def case(box, name):
        import os
        import stat

        from pyextrasafe import SystemIO, _files

        files = []
        for path in _files.find(name):
            if os.path.isfile(path):
                files.append(path)
            elif os.path.isdir(path):
                found = [os.path.join(path, entry) for entry in sorted(os.listdir(path))]
                files += [
                    entry for entry in found if os.path.isfile(entry) and not os.path.islink(entry)
                ][:3]
        kinds = {path: stat.S_IFMT(os.stat(path).st_mode) for path in files}
        box.apply(getattr(SystemIO(), name)())
        for path in kinds:
            box.works(f"read {path}", lambda path=path: open(path, "rb").read(1))
        box.outside("read /etc/passwd", open, "/etc/passwd")
        box.refused("write", open, files[0], "a")

    run(case, name=name)


def test_late_imports(run, form):
    def case(box):
        import sys

        from pyextrasafe import SystemIO

        wanted = [
            name
            for name in ("fractions", "statistics", "wave", "_ctypes")
            if name not in sys.modules
        ]
        box.apply(SystemIO().allow_python_files())
        for name in wanted:
            box.works(name, __import__, name)
        box.true("there was something to import", wanted)

    run(case, form=form)


def test_names_zones_and_certificates(run):
    def case(box):
        import socket
        import ssl
        import time

        from pyextrasafe import Networking, SystemIO

        box.apply(
            SystemIO().allow_dns_files().allow_ssl_files().allow_timezone_files(),
            Networking().allow_name_lookup(),
        )
        box.gives("look up", "127.0.0.1", lambda: socket.gethostbyname("localhost"))
        box.true("certificates", box.works("context", ssl.create_default_context).cert_store_stats)
        box.works("local time", time.localtime)

    run(case)


def test_a_later_context_narrows_further(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        for folder in ("one", "two"):
            os.mkdir(folder)
        box.apply(SystemIO().allow_scratch_dir("one", "two").allow_read_path("/"))
        box.works("the second", os.mkdir, "two/a")
        box.apply(SystemIO().allow_scratch_dir("one").allow_read_path("/"))
        box.works("the first still", os.mkdir, "one/b")
        box.outside("the second not", os.mkdir, "two/b")
        box.works("read", os.listdir, "/")
        box.apply(SystemIO().allow_scratch_dir("one", "two"))
        box.outside("it stays so", os.mkdir, "two/c")
        box.outside("read no more", os.listdir, "/")

    run(case, form=form)


def test_all_paths_need_no_landlock(run, monkeypatch):
    monkeypatch.setenv("PYEXTRASAFE_LANDLOCK_ABI", "0")

    def case(box):
        import os

        from pyextrasafe import ExtraSafeError, SystemIO

        child = os.fork()
        if not child:
            box.apply(SystemIO().allow_read_path("/").allow_remove_file("//"))
            os._exit(0 if os.listdir("/") else 1)
        box.equal("applied", 0, os.waitpid(child, 0)[1])
        # Creating is Landlock's to refuse.
        box.raises("write", ExtraSafeError, box.apply, SystemIO().allow_write_file("/"))

    run(case)


def test_writing_everywhere_creates_nothing(run):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        open("file", "w").close()
        box.apply(SystemIO().allow_write_file("/"))
        box.works("write", open, "file", "w")
        box.outside("create", open, "new", "w")
        box.true("nothing was created", not os.path.exists("new"))

    run(case)


def test_a_fork_and_its_own_threads_can_narrow_as_well(run):
    """A child counts its own threads, in a folder of /proc that was made after the lock-down."""

    def case(box):
        import os

        from pyextrasafe import ForkAndExec, SystemIO

        os.mkdir("one")
        box.apply(SystemIO().allow_read_path("/").allow_scratch_dir("one"), ForkAndExec())
        child = os.fork()
        if not child:
            box.apply(SystemIO().allow_read_path("one"))
            try:
                os.listdir("/")
            except PermissionError:
                os._exit(42)
            os._exit(1)
        box.equal("child", 42 << 8, os.waitpid(child, 0)[1])

    run(case)
