"""What is written and remembered of a denial: calls, places, needs, imports, notes."""

import pathlib
import re
import sys
import tempfile

import pytest

from pyextrasafe import Denial, SafetyContext, denials


def test_nothing_was_denied():
    assert denials() == []
    with pytest.raises(TypeError, match="call denials"):
        Denial()


def test_the_block(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        def load():
            return os.open("/etc/hosts", os.O_RDONLY | os.O_CLOEXEC)

        SafetyContext().explain_denials(2).enable(
            SystemIO().allow_read_path("/usr")
        ).apply_to_all_threads()
        box.outside("a file", load)
        denial = denials()[0]
        box.refused("a directory", os.mkdir, "/etc/here")
        box.note("block", str(denial))
        box.note("file", denial.stack[0][0])
        box.note("line", denial.stack[0][1])
        box.equal("where", "load", denial.stack[0][2])
        box.equal("words", 'AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC', denial.arguments)
        box.equal("needs", "SystemIO().allow_read_path('/etc/hosts')", denial.needs[0])
        box.true("as data", repr(denial).startswith('<Denial openat(AT_FDCWD, "/etc/hosts"'))

    result = run(case)
    written = result.stderr.decode()
    assert written.startswith(result.notes["block"] + "\n")
    assert written.startswith(
        'pyextrasafe: denied openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) with EACCES\n'
        "  needs SystemIO().allow_read_path('/etc/hosts') or "
    )
    assert f'  File "{result.notes["file"]}", line {result.notes["line"]} in load\n' in written
    assert "\npyextrasafe: denied mkdir" in written
    assert "  needs SystemIO().allow_create_dir('/etc')" in written


def test_what_the_garbage_collector_of_free_threaded_python_reads(run):
    """It does without; Python code, and other interpreters, never read it in this way."""

    def case(box):
        import ctypes
        import os
        import sys

        from pyextrasafe import SafetyContext, denials

        path = "/proc/self/status"
        fopen = ctypes.CDLL(None).fopen
        SafetyContext().explain_denials(2).apply_to_all_threads()
        box.equal("NULL", 0, fopen(path.encode(), b"r"))
        words = [denial.arguments for denial in denials() if denial.path == path]
        is_free_threaded = "t" in sys.abiflags
        box.equal("C", 0 if is_free_threaded else 1, len(words))
        box.refused("Python", os.open, path, os.O_RDONLY)
        last = denials()[-1].arguments
        box.equal("last", 'AT_FDCWD, "/proc/self/status", O_RDONLY|O_CLOEXEC', last)

    run(case)


def test_once_for_each_place(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, denials

        # PyPy's stacks have the lines of functions.
        def here():
            box.refused("here", os.getsid, 0)

        def there():
            box.refused("there", os.getsid, 0)

        def files():
            for number in range(5):
                box.refused("files", os.open, f"/etc/{number}", os.O_RDONLY)

        SafetyContext().explain_denials(2).apply_to_all_threads()
        for _ in range(5):
            here()
        there()
        files()
        found = denials()
        box.equal("counts", [5, 1, 1, 1, 1, 1, 1], [denial.count for denial in found])
        # The innermost frames are of the box.
        box.equal("lines", 3, len({denial.stack[2] for denial in found}))

    result = run(case)
    assert result.stderr.count(b"pyextrasafe: denied getsid(0)") == 2
    # The place is the same, but any of the files may be the one that the program needs.
    assert result.stderr.count(b"pyextrasafe: denied open") == 5


@pytest.mark.parametrize("folder", [True, False])
def test_a_late_import(run, folder):
    def case(box, folder):
        import importlib
        import os
        import sys

        from pyextrasafe import SafetyContext, denials

        os.mkdir("modules")
        with open("modules/belated.py", "w") as file:
            file.write("X = 1")
        sys.path.insert(0, os.path.abspath("modules"))
        if folder:  # whose contents Python knows
            try:
                import belated_too  # noqa: F401
            except ImportError:
                pass
        else:
            sys.path_importer_cache.pop(sys.path[0], None)
            importlib.invalidate_caches()
        SafetyContext().explain_denials(2).apply_to_all_threads()
        error = box.raises("late", (ImportError, PermissionError), __import__, "belated")
        found = [denial for denial in denials() if denial.late_import]
        box.equal("by name", {"belated"}, {denial.late_import for denial in found})
        box.true("no frames of the import system", "<frozen" not in str(found[0].stack))
        box.note("place", f"{found[0].stack[0][0]}:{found[0].stack[0][1]}")
        box.note("note", "\n".join(getattr(error, "__notes__", [])))

    result = run(case, folder=folder)
    sentence = f"  late import of 'belated' at {result.notes['place']}: import it before the"
    assert result.stderr.decode().count(sentence) == 1
    if sys.version_info >= (3, 12):
        assert sentence in result.notes["note"]


def test_what_the_import_system_reads_for_others(run):
    """The last import has nothing to do with it."""

    def case(box):
        import email
        import os
        import pkgutil

        from pyextrasafe import SafetyContext, denials

        SafetyContext().explain_denials(False).apply_to_all_threads()
        box.raises("not there", (ImportError, PermissionError), __import__, "belated")
        before = len(denials())
        box.refused("a file", pkgutil.get_data, "email", "mime/__init__.py")
        found = denials()[before:]
        path = os.path.join(email.__path__[0], "mime/__init__.py")
        box.equal("which", [(path, None)], [(denial.path, denial.late_import) for denial in found])

    run(case)


def test_a_path_that_is_granted_is_not_explained(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        os.mkdir("granted")
        with open("granted/file", "w"):
            pass
        os.chmod("granted/file", 0)
        SafetyContext().explain_denials(2).enable(
            SystemIO().allow_scratch_dir("granted")
        ).apply_to_all_threads()
        box.works("granted", os.listdir, "granted")
        box.raises("not there", FileNotFoundError, open, "granted/none")
        box.equal("nothing", [], denials())

    result = run(case)
    assert result.stderr == b""


def test_files_that_belong_to_others(run):
    """EACCES of the file's mode is no denial of ours."""

    def case(box, folder):
        import os
        import sysconfig  # noqa: F401

        from pyextrasafe import SafetyContext, SystemIO, denials

        context = SafetyContext().explain_denials(2).enable(SystemIO().allow_scratch_dir(folder))
        os.setresgid(1, 1, 1)
        os.setresuid(1, 1, 1)
        context.apply_to_all_threads()
        box.outside("its mode", os.open, folder + "/file", os.O_RDONLY)
        box.equal("nothing", [], denials())

    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        pathlib.Path(folder, "file").touch(0o600)
        result = run(case, folder=folder)
    assert result.stderr == b""


def test_what_is_moved_out(run):
    def case(box):
        import errno
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        os.mkdir("in")
        os.mkdir("out")
        with open("in/file", "w"):
            pass
        SafetyContext().explain_denials(2).enable(
            SystemIO().allow_scratch_dir("in").allow_write_file("out")
        ).apply_to_all_threads()
        error = box.raises("moved", OSError, os.rename, "in/file", "out/file")
        box.true("errno", error.errno in (errno.EACCES, errno.EXDEV))
        box.equal("paths", ["in/file"], [denial.path for denial in denials()])
        box.true("it is where it was", os.path.exists("in/file"))

    run(case)


@pytest.mark.parametrize("call", ["link", "rename"])
def test_between_two_directories(run, call):
    """Both need to be granted, and the block says so: that this helps is tested as well."""

    def case(box, call, granted):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        os.mkdir("inbox")
        os.mkdir("out")
        with open("inbox/a", "w"):
            pass
        files = SystemIO().allow_read_path("inbox").allow_create_in_dir("out")
        if granted:
            files.allow_scratch_dir("inbox", "out")
        SafetyContext().explain_denials(2).enable(files).apply_to_all_threads()
        if granted:
            box.works("granted", getattr(os, call), "inbox/a", "out/a")
            return
        box.refused("not granted", getattr(os, call), "inbox/a", "out/a")
        folders = [os.path.abspath(folder) for folder in ("inbox", "out")]
        expected = [f"SystemIO().allow_scratch_dir({folders[0]!r}, {folders[1]!r})"]
        box.equal("needs", expected, [code for code in denials()[0].needs if "dir(" in code])

    written = run(case, call=call, granted=False).stderr.decode()
    assert "  needs SystemIO().allow_scratch_dir('" in written
    assert run(case, call=call, granted=True).stderr == b""


def test_ports(run):
    def case(box):
        import socket

        from pyextrasafe import Networking, SafetyContext, denials

        SafetyContext().explain_denials(2).enable(
            Networking().allow_start_tcp_clients(1)
        ).apply_to_all_threads()
        with socket.socket() as client:
            box.outside("another port", client.connect, ("127.0.0.1", 2))
            box.raises("the port", ConnectionRefusedError, client.connect, ("127.0.0.1", 1))
        found = denials()
        box.equal("calls", ["connect"], [denial.call for denial in found])
        box.equal("address", "127.0.0.1:2", found[0].path)
        box.equal("needs", "Networking().allow_start_tcp_clients(2)", found[0].needs[0])

    run(case)


def test_sockets_and_what_is_none(run):
    def case(box):
        import os
        import socket

        from pyextrasafe import SafetyContext, SystemIO, denials

        reading, writing = os.pipe()
        one, other = socket.socketpair()
        SafetyContext().explain_denials(2).enable(
            SystemIO().allow_stdout().allow_stderr().allow_metadata()
        ).apply_to_all_threads()
        box.refused("a pipe", os.write, writing, b"x")
        box.refused("a socket", os.write, one.fileno(), b"x")
        pipe, stream = (denial.needs for denial in denials())
        box.equal("a pipe's", (f"SystemIO().allow_file_write({writing})",), pipe)
        box.equal("a socket's", f"SystemIO().allow_file_write({one.fileno()})", stream[0])
        box.true("as a socket", any("Networking()" in code for code in stream))

    run(case)


def test_notes(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext

        SafetyContext().explain_denials(False).apply_to_all_threads()
        error = box.raises("denied", PermissionError, os.open, "/etc/hosts", os.O_RDONLY)
        again = box.raises("again", PermissionError, os.open, "/etc/hosts", os.O_RDONLY)
        other = box.raises("not denied", OSError, os.kill, -5, 0)
        box.note("notes", [getattr(e, "__notes__", []) for e in (error, again, other)])

    notes = run(case).notes["notes"]
    if sys.version_info >= (3, 12):
        assert [len(found) for found in notes] == [1, 1, 1]
        assert notes[0][0].startswith('pyextrasafe: denied openat(AT_FDCWD, "/etc/hosts"')
        assert notes[2][0].startswith("pyextrasafe: denied kill(")
    else:
        assert notes == [[], [], []]


def test_notes_of_what_does_not_follow(run):
    """A denial that nobody took for an error, and another error afterwards."""

    def case(box):
        import os

        from pyextrasafe import SafetyContext

        class Odd(OSError):
            @property
            def errno(self):
                raise ValueError

        def swallow():
            try:
                os.getsid(0)
            except PermissionError as error:
                error.__notes__ = []

        def fail(kind):
            raise kind(1, "of another origin")

        SafetyContext().explain_denials(False).apply_to_all_threads()
        swallow()
        os.isatty(0)
        error = box.raises("another", PermissionError, fail, PermissionError)
        box.equal("no note", [], getattr(error, "__notes__", []))
        os.isatty(0)
        box.raises("as it is", Odd, fail, Odd)

    run(case)


def test_sockets_of_other_protocols(run):
    """The kernel has an EACCES of its own."""

    def case(box):
        import socket

        from pyextrasafe import Networking, SafetyContext, denials

        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        SafetyContext().explain_denials(2).enable(
            Networking().allow_start_tcp_clients(1).allow_start_udp_servers()
        ).apply_to_all_threads()
        box.outside("broadcasting", udp.connect, ("255.255.255.255", 9))
        box.equal("nothing", [], [denial.call for denial in denials() if denial.call == "connect"])

    run(case)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_notes_of_what_nobody_catches(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO

        SafetyContext().explain_denials(False).enable(
            SystemIO().allow_stderr()
        ).apply_to_all_threads()
        os.open("/etc/hosts", os.O_RDONLY)

    result = run.launch(case)
    assert result.ending == "exit 1"
    written = result.stderr.decode()
    assert re.search(r'PermissionError: .*\npyextrasafe: denied openat\(AT_FDCWD, "/etc/h', written)


def test_lines_of_source_that_are_read_to_print_what_nobody_catches(run):
    def case(box):
        import gc
        import os
        import threading

        from pyextrasafe import SafetyContext, SystemIO, Threads

        class Late:
            def __del__(self):
                os.open("/etc/unraisable", os.O_RDONLY)

        thread = threading.Thread(target=os.open, args=("/etc/thread", os.O_RDONLY))
        SafetyContext().explain_denials().enable(
            SystemIO().allow_stderr(), Threads().allow_create_threads()
        ).apply_to_all_threads()
        thread.start()
        thread.join()
        Late()
        for _ in range(3):  # PyPy has no reference counts
            gc.collect()
        os.open("/etc/main", os.O_RDONLY)

    result = run.launch(case)
    assert result.ending == "exit 1"
    written = result.stderr.decode()
    assert written.count("Traceback (most recent call last)") >= 2  # PyPy has it in a line
    found = set(re.findall(r'pyextrasafe: denied \w+\(AT_FDCWD, "(.*?)"', written))
    if sys.implementation.name == "pypy":
        # What threads raise, it prints before it calls the hook.
        found = {path for path in found if not path.endswith("/threading.py")}
    assert found == {"/etc/thread", "/etc/unraisable", "/etc/main"}


def test_hooks_of_the_program(run):
    """What they are denied is explained, without the frame that surrounds them."""

    def case(box):
        import os
        import sys

        from pyextrasafe import SafetyContext, SystemIO

        def hook(*arguments):
            try:
                os.open("/etc/report", os.O_RDONLY)
            except PermissionError:
                os.write(2, b"hook\n")

        sys.excepthook = hook
        SafetyContext().explain_denials().enable(SystemIO().allow_stderr()).apply_to_all_threads()
        raise ValueError("nobody catches it")

    result = run.launch(case)
    assert result.ending == "exit 1"
    written = result.stderr.decode()
    assert re.search(r'denied openat\(AT_FDCWD, "/etc/report", .*\n.*\n  File .* in hook', written)
    assert "_explain.py" not in written
    assert "hook\n" in written


def test_two_contexts(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        first = SystemIO().allow_metadata().allow_read_path("/etc")
        SafetyContext().explain_denials(2).enable(first).apply_to_all_threads()
        box.refused("by the first", os.mkdir, "/etc/first")
        SafetyContext().explain_denials(False).enable(SystemIO()).apply_to_all_threads()
        box.refused("by the second", os.stat, "/etc/second")
        box.refused("by both", os.rmdir, "/etc/both")
        found = {denial.path: denial for denial in denials()}
        box.equal("all", {"/etc/first", "/etc/second", "/etc/both"}, set(found) - {None})
        box.true("metadata", "SystemIO().allow_metadata()" in found["/etc/second"].needs)

    result = run(case)
    assert result.stderr.count(b"pyextrasafe: denied") == 1


def test_there_is_room_for_16_contexts(run):
    def case(box):
        from pyextrasafe import ExtraSafeError, SafetyContext, status

        for _ in range(16):
            SafetyContext().explain_denials(False).apply_to_all_threads()
        error = box.raises(
            "one more", ExtraSafeError, SafetyContext().explain_denials(2).apply_to_all_threads
        )
        box.equal("code", "too-many", error.code)
        box.equal("nothing was changed", 16, status().layers)
        SafetyContext().apply_to_all_threads()
        box.equal("without", 17, status().layers)

    run(case)


def test_there_is_room_for_256(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, denials

        scope = {"os": os, "box": box}
        one = "def f{0}(): box.refused('a file', os.open, '/etc/{0}', 0)\n"
        exec("".join(one.format(number) for number in range(300)), scope)
        SafetyContext().explain_denials(2).apply_to_all_threads()
        for number in range(300):
            scope[f"f{number}"]()
        found = denials()
        box.equal("the first ones", [f"/etc/{n}" for n in range(256)], [d.path for d in found])

    result = run(case)
    assert result.stderr.count(b"no room for more denials") == 1


def test_no_place_takes_all_the_room(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, denials

        def walk():
            for number in range(300):
                box.refused("a file", os.open, f"/etc/{number}", os.O_RDONLY)

        SafetyContext().explain_denials(2).apply_to_all_threads()
        walk()
        box.refused("elsewhere", os.open, "/etc/elsewhere", os.O_RDONLY)
        paths = [*(f"/etc/{n}" for n in range(64)), "/etc/elsewhere"]
        box.equal("the first of each place", paths, [denial.path for denial in denials()])

    written = run(case).stderr.decode()
    denied = re.findall(r'denied open(?:at)?\((?:AT_FDCWD, )?"/etc/(\w+)"', written)
    assert denied == ["0", "1", "2", "3", "4", "5", "6", "7", "elsewhere"]
    ends = re.findall("more is denied at .*: no further blocks about this place\n", written)
    assert len(ends) == 1
    assert "no room" not in written


def test_each_address(run):
    def case(box):
        import socket

        from pyextrasafe import Networking, SafetyContext, denials

        def connect(address):
            with socket.socket() as client:
                box.outside(address, client.connect, address)

        SafetyContext().explain_denials(2).enable(
            Networking().allow_start_tcp_clients(1)
        ).apply_to_all_threads()
        for _ in range(2):
            for port in 2, 3:
                for host in "127.0.0.1", "127.0.0.2":
                    connect((host, port))
        expected = ["127.0.0.1:2", "127.0.0.2:2", "127.0.0.1:3", "127.0.0.2:3"]
        box.equal("paths", expected, [denial.path for denial in denials()])
        box.equal("counts", {2}, {denial.count for denial in denials()})

    assert run(case).stderr.count(b"pyextrasafe: denied connect") == 4


class TestFile:
    """Where explanations are written to."""

    @pytest.mark.parametrize("tells", [True, False])
    def test_another_file_that_gets_its_number(self, run, tells):
        """It is left alone, unless the context refuses fstat(2), by which it is told."""

        def case(box, tells):
            import os

            from pyextrasafe import SafetyContext, SystemIO, denials

            files = SystemIO().allow_open().allow_close().allow_write()
            if tells:
                files.allow_metadata()
            SafetyContext().explain_denials(2).enable(files).apply_to_all_threads()
            box.refused("a session", os.getsid, 0)
            os.close(2)
            box.equal("the number", 2, os.open("data", os.O_WRONLY | os.O_CREAT, 0o600))
            os.write(2, b"data\n")
            box.refused("a directory", os.mkdir, "new")
            box.true("it is known", denials()[-1].call.startswith("mkdir"))

        result = run(case, tells=tells)
        assert result.stderr.startswith(b"pyextrasafe: denied getsid(0) with EPERM\n")
        assert b"mkdir" not in result.stderr
        data = (result.directory / "data").read_bytes()
        assert data.startswith(b"data\n")
        assert (b"pyextrasafe: denied mkdir" in data) != tells

    def test_a_file_that_is_still_the_same(self, run):
        def case(box):
            import os

            from pyextrasafe import SafetyContext, SystemIO

            file = os.open("file", os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(file, 2)
            files = SystemIO().allow_metadata().allow_close()
            SafetyContext().explain_denials(2).enable(files).apply_to_all_threads()
            box.refused("a session", os.getsid, 0)

        result = run(case)
        assert (result.directory / "file").read_bytes().startswith(b"pyextrasafe: denied getsid(0)")

    def test_a_descriptor_or_an_object(self, run):
        def case(box):
            import os

            from pyextrasafe import SafetyContext, SystemIO

            reading, writing = os.pipe()
            file = open("file", "wb", buffering=0)
            context = SafetyContext().explain_denials(file)
            box.equal("shown", True, f"explain_denials({file.fileno()})" in repr(context))
            context.enable(SystemIO().allow_close()).apply_to_all_threads()
            box.refused("a session", os.getsid, 0)
            box.refused("other descriptors", os.write, writing, b"x")

        result = run(case)
        assert (result.directory / "file").read_bytes().startswith(b"pyextrasafe: denied getsid(0)")
        assert result.stderr == b""

    def test_nowhere(self, run):
        def case(box):
            import os

            from pyextrasafe import SafetyContext, denials

            SafetyContext().explain_denials(False).apply_to_all_threads()
            box.refused("a session", os.getsid, 0)
            box.refused("standard error", os.write, 2, b"x")
            box.equal("remembered", ["getsid", "write"], [denial.call for denial in denials()])

        assert run(case).stderr == b""

    def test_what_is_none(self):
        with pytest.raises(TypeError):
            SafetyContext().explain_denials("stderr")
        with pytest.raises(TypeError):
            SafetyContext().explain_denials(True)
        with pytest.raises(ValueError, match="descriptor from 0 to 2147483631"):
            SafetyContext().explain_denials(-1)
        with pytest.raises(ValueError, match="descriptor"):
            SafetyContext().explain_denials(0x7FFFFFF0)
        with open("/dev/null") as file:
            pass
        with pytest.raises(ValueError, match="closed"):
            SafetyContext().explain_denials(file)

    def test_it_is_part_of_copies_and_not_of_the_meaning(self):
        import copy
        import pickle

        context = SafetyContext().explain_denials(7)
        for other in (copy.deepcopy(context), pickle.loads(pickle.dumps(context))):
            assert repr(other) == "SafetyContext().explain_denials(7)"
        assert repr(SafetyContext().explain_denials(False)).endswith("explain_denials(False)")
        assert context.compile() == SafetyContext().compile()
        assert context.compile().digest == SafetyContext().compile().digest


def test_a_path_by_a_descriptor(run):
    """What it leads to is what has to be allowed: the number is another one the next time."""

    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        here = os.getcwd()
        with open("other", "w") as file:
            path = f"/proc/self/fd/{file.fileno()}"
            io = SystemIO().allow_read_path("/usr")
            SafetyContext().explain_denials(False).enable(io).apply_to_all_threads()
            box.outside("opened", os.open, path, os.O_RDONLY)
        (denial,) = denials()
        box.equal("as it was asked", path, denial.path)
        box.equal("needs", f"SystemIO().allow_read_path({here + '/other'!r})", denial.needs[0])

    run(case)
