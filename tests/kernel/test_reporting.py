"""Errors are reported after the lock-down as before it: what that needs is imported."""

import re
import subprocess
import sys

import pytest

from .box import environment

STANDARD = "SystemIO().allow_stdout().allow_stderr()"
READING = f"{STANDARD}.allow_open_readonly().allow_read().allow_close().allow_metadata()"
# With metadata, folders that were listed before tell that a module is there: it cannot be opened.
CHAINS = {
    "standard descriptors": STANDARD,
    "metadata": f"{STANDARD}.allow_metadata()",
    "reading": READING,
}


def said(result):
    """What was written to standard error, without addresses in memory.

    How deep a recursion came on PyPy depends on the stack and on what was compiled meanwhile.
    """
    text = re.sub(r"0x[0-9a-f]+", "0x", result.stderr.decode())
    if sys.implementation.name != "pypy":
        return text
    return re.sub(r"(  File .*, in too_deep\n(    .*\n)?(  \[Previous .*\n)?)+", "deep\n", text)


def without_source(text):
    """The lines that do not come from a file, which cannot be opened without a permission.

    Without tracemalloc, whose import is large, warnings leave out one line themselves.
    """
    lines = [line for line in text.splitlines() if re.match(r"\S|  File", line)]
    return [line for line in lines if "Enable tracemalloc" not in line]


def test_formats_need_no_permission(run, form):
    def case(box):
        import errors

        box.apply()
        for way in errors.FORMATS:
            for kind in errors.KINDS:
                text = box.works(f"{way.__name__}, {kind}", way, kind)
                box.true("there is text", text)

    run(case, form=form)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_same_is_printed_as_without_a_filter(run, form, chain):
    def case(box, chain):
        import sys

        import errors
        import pyextrasafe

        if chain:
            box.apply(eval(chain, vars(pyextrasafe)))
        for way in errors.FORMATS + errors.PRINTS:
            for kind in errors.KINDS:
                sys.stderr.write(f"{way.__name__}, {kind}\n")
                sys.stderr.write(f"{box.works(f'{way.__name__}, {kind}', way, kind)}\n")

    free = said(run(case, form=form, chain=None))
    confined = said(run(case, form=form, chain=CHAINS[chain]))
    assert "Traceback (most recent call last)" in free
    assert without_source(confined) == without_source(free)
    if chain == "reading":
        assert confined == free


@pytest.mark.parametrize("chain", CHAINS)
def test_the_same_is_logged_as_without_a_filter(run, form, chain):  # noqa: C901
    def case(box, chain):
        import logging
        import sys
        import threading

        import errors
        import pyextrasafe

        class Careless(logging.Handler):
            def emit(self, record):
                try:
                    errors.unwise()
                except ZeroDivisionError:
                    self.handleError(record)

        def log(kind):
            try:
                errors.KINDS[kind]()
            except Exception:
                logging.exception("it was %s", kind, stack_info=True)
                careless.error(kind)
            logging.warning("%d", kind)

        def in_thread():
            go.wait()
            errors.in_turn()

        logging.basicConfig(format="%(levelname)s %(threadName)s %(message)s")
        careless = logging.getLogger("careless")
        careless.propagate = False
        careless.addHandler(Careless())
        go = threading.Event()
        threads = [threading.Thread(target=in_thread) for _ in range(2)]
        for thread in threads:
            thread.start()
        if chain:
            box.apply(eval(chain, vars(pyextrasafe)))
        for kind in errors.KINDS:
            sys.stderr.write(f"{kind}\n")
            box.works(kind, log, kind)
        logging.captureWarnings(True)
        box.works("a warning", errors.warn, "a warning")
        go.set()
        for thread in threads:
            thread.join()

    free = said(run(case, form=form, chain=None))
    confined = said(run(case, form=form, chain=CHAINS[chain]))
    assert free.count("--- Logging error ---") == 2 * free.count("ERROR MainThread it was ") > 0
    assert "Exception in thread Thread-2" in free
    assert sorted(without_source(confined)) == sorted(without_source(free))


@pytest.mark.parametrize(
    "kind", ["TCPServer", "ThreadingTCPServer", "HTTPServer", "ThreadingHTTPServer"]
)
def test_a_server_outlives_its_handlers(run, form, kind):
    """Nobody can end a server by a request that makes its handler raise."""

    def case(box, kind):
        import http.server
        import socket
        import socketserver

        import errors
        from pyextrasafe import Networking, SystemIO, Threads

        def answer(self):
            if b"raise" in self.line:
                errors.in_turn()
            self.wfile.write(b"fine")

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.line = self.rfile.readline()
                answer(self)

        class HTTPHandler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.line = self.path.encode()
                self.send_response(200)
                self.end_headers()
                answer(self)

        def talk():
            answers = []
            for line in lines:
                with socket.create_connection(address, timeout=30) as client:
                    client.sendall(line)
                    with client.makefile("rb") as file:
                        answers.append(file.read()[-4:])
            return answers

        lines = [b"GET /raise HTTP/1.0\r\n\r\n", b"POST / HTTP/1.0\r\n\r\n", b"\r\n"]
        lines = [line for _ in range(2) for line in [*lines, b"GET /fine HTTP/1.0\r\n\r\n"]]
        http_server = getattr(http.server, kind, None)
        make, handler = (http_server, HTTPHandler) if http_server else (None, Handler)
        server = (make or getattr(socketserver, kind))(("127.0.0.1", 0), handler)
        server.timeout = 30
        server.daemon_threads = False
        address = server.server_address
        box.peer("visitor", talk)
        box.apply(
            Networking().allow_running_tcp_servers(),
            SystemIO().allow_stderr(),
            Threads().allow_create(),
        )
        for _ in lines:
            box.works("handle", server.handle_request)
        box.works("close", server.server_close)

    result = run(case, form=form, kind=kind)
    ending, answers = result.peers["visitor"]
    assert ending == "ok"
    assert [answer for answer in answers if answer == b"fine"]
    assert answers[3] == answers[7] == b"fine"
    text = result.stderr.decode()
    assert text.count("ZeroDivisionError: division by zero") == 2
    assert text.count("KeyError: 'a name'") == 2


# ---- Whose modules they are ----------------------------------------------------------------------

PROGRAM = """
import sys
{before}
import pyextrasafe
names = set(sys.modules)
finders, known = sys.meta_path, list(sys.meta_path)
pyextrasafe.SafetyContext().enable(
    pyextrasafe.SystemIO().allow_stdout().allow_stderr(), {ruleset}
).apply_to_all_threads()
assert sys.meta_path is finders and finders == known
print(*sorted(set(sys.modules) - names))
"""


def imports(folder, before="", path=None, ruleset=""):
    """The names of the modules that a program's lock-down imports, which lies in a folder."""
    program = folder / "program.py"
    program.write_text(PROGRAM.format(before=before, ruleset=ruleset))
    process = subprocess.run(
        [sys.executable, "-B", program],
        env={**environment(), **({"PYTHONPATH": str(path)} if path else {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    return set(process.stdout.decode().split())


def shadow(name, folder):
    """Make a module of this name in a folder, and return what it makes when it runs."""
    folder.mkdir(parents=True)
    (folder / f"{name}.py").write_text(f"open({str(folder / 'ran')!r}, 'w').close()\n")
    return folder / "ran"


def test_modules_beside_the_program_are_not_run(tmp_path):
    """Nor those that PYTHONPATH puts before the standard library's."""
    names = {name.partition(".")[0] for name in imports(tmp_path)} - set(sys.builtin_module_names)
    assert {"traceback", "tokenize"} <= names
    names.discard("encodings")  # with another one no interpreter starts
    for name in names:
        ran = shadow(name, tmp_path / name)
        imports(tmp_path / name)
        imports(tmp_path, path=tmp_path / name)
        assert not ran.exists(), name


@pytest.mark.parametrize(
    ("ruleset", "forks"),
    [
        ("pyextrasafe.Threads().allow_create()", True),
        ("pyextrasafe.ForkAndExec()", True),
        ("pyextrasafe.Threads().allow_create_threads()", False),
        ("", False),
    ],
)
def test_what_multiprocessing_imports_when_it_forks(tmp_path, ruleset, forks):
    late = {"multiprocessing.popen_fork", "multiprocessing.resource_tracker"}
    found = imports(tmp_path, before="import multiprocessing", ruleset=ruleset)
    assert late & found == (late if forks else set())
    assert not late & imports(tmp_path, ruleset=ruleset)


def test_what_needs_no_such_module_is_imported(tmp_path):
    shadow("re", tmp_path / "program")
    names = imports(tmp_path / "program")
    assert "warnings" in names
    assert not {"re", "tokenize"} & names


@pytest.mark.parametrize("name", ["traceback", "tokenize", "re", "warnings", "collections"])
def test_a_standard_library_with_a_hole(tmp_path, name):
    assert name not in imports(tmp_path, before=f"sys.modules[{name!r}] = None")


def test_another_lock_down_imports_nothing(tmp_path):
    apply = "import pyextrasafe as p\np.SafetyContext().enable(p.SystemIO.everything())"
    before = f"{apply}.apply_to_current_thread()\ndel sys.modules['traceback']"
    assert imports(tmp_path, before=before) == set()
