"""Servers and clients of the web, and what runs beside them."""

from programs.program import SILENT

from . import program

# gunicorn's arbiter ends, since a worker did.
NO_WORKER = ("SystemExit", "1")


@program(
    packages=["redis"],
    services=["redis"],
    refusals={"allow_running_tcp_clients()": ("ConnectionError", "Error 1 ")},
)
def redis_client(result):
    assert result.stdout == b"True b'a value'\n"


TEMPORARY = {"temporary/none": b""}
PAGES = {
    **TEMPORARY,
    "templates/index.html": b"<p>hello, {{ name }}",
    "static/style.css": b"p { color: red }",
    "uploads/none": b"",
}
VISITED = ([(200, b"<p>hello, Ada"), (200, PAGES["static/style.css"]), (404, b"")], [True, True])

# Flask logs the exception and answers 500; what it cannot look at it does not find: 404.
REFUSALS = {
    "allow_running_tcp_servers()": NO_WORKER,
    "allow_read_path('templates', 'static')": SILENT,
    "allow_create_in_dir('uploads')": SILENT,
    "allow_scratch_dir('temporary')": SILENT,
    "allow_change_metadata()": NO_WORKER,
    "allow_stderr()": SILENT,
}


@program(packages=["flask", "gunicorn"], files=PAGES, visitor="flask_visitor", refusals=REFUSALS)
def flask_service(result):
    assert result.peers["visitor"] == ("ok", VISITED)
    assert b"Worker exiting" in result.stderr


@program(
    packages=["flask", "gunicorn"],
    files=PAGES,
    visitor="flask_visitor",
    refusals={**REFUSALS, "allow_create_threads()": NO_WORKER},
)
def flask_threads(result):
    assert result.peers["visitor"] == ("ok", VISITED)
    assert b"Worker exiting" in result.stderr


@program(
    packages="fastapi httptools httpx2 python-multipart uvicorn uvloop websockets".split(),
    files={"uploads/none": b"", **TEMPORARY},
    visitor="fastapi_visitor",
    refusals={
        # An upload is answered 400.
        "allow_create_in_dir('uploads')": SILENT,
        "allow_scratch_dir('temporary')": SILENT,
        "allow_create_threads()": SILENT,
        # The port is closed, or nobody accepts.
        "allow_listen()": SILENT,
        "allow_running_tcp_servers()": SILENT,
        "allow_stdout()": SILENT,
        "allow_stderr()": SILENT,
    },
)
def fastapi_service(result):
    greeting = (200, b'{"greeting":"hello hello Ada"}')
    kept = (200, b'{"kept":5242880}')
    assert result.peers["visitor"] == ("ok", (greeting, 422, kept, True, [True, True]))
    assert b'"POST /upload HTTP/1.1" 200' in result.stdout
    assert b"Finished server process" in result.stderr


@program(
    packages=["django", "gunicorn"],
    environ={"SECRET_KEY": "a secret", "ADMIN_PASSWORD": "known"},
    files={"data/none": b""},
    visitor="django_visitor",
    refusals={
        "allow_running_tcp_servers()": NO_WORKER,
        "allow_python_files()": SILENT,
        "allow_scratch_dir('data')": SILENT,
        "allow_locks()": SILENT,
        "allow_change_metadata()": NO_WORKER,
        "allow_stderr()": SILENT,
    },
)
def django_service(result):
    assert result.peers["visitor"] == ("ok", (200, 302, 302, True, [("readers",)]))
    assert b"Worker exiting" in result.stderr


@program(
    environ={"NOTIFY_SOCKET": "notify", "SYSLOG_SOCKET": "syslog"},
    visitor="systemd_visitor",
    awaits="syslog",
)
def notifying_daemon(result):
    states = [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]
    assert result.peers["visitor"] == ("ok", (states, [b"<14>a job is done\0"] * 2))


NAMES = ["four.test", "six.test", "many.test"]


@program(
    packages=["httpx"],
    environ={"URLS": " ".join(f"http://{name}/" for name in NAMES)},
    namespaces=["--net", "--mount"],
    visitor="dnsmasq_visitor",
    awaits="ready",
    refusals={
        # Nor was what Python imports late for it imported early.
        "allow_name_lookup()": ("ConnectError", r"\[Errno 13\] .*idna|\[Errno -3\]"),
        "allow_dns_files()": ("ConnectError", r"\[Errno -3\]"),
        "allow_start_tcp_clients(80, 53)": ("ConnectError", r"\[Errno 1\]"),
        "allow_start_tcp_clients(80, 53), except 80": ("ConnectError", r"\[Errno 13\]"),
        "allow_start_tcp_clients(80, 53), except 53": ("ConnectError", r"\[Errno -3\]"),
    },
)
def httpx_client(result):
    assert result.stdout.splitlines() == [
        b"http://four.test/ 127.0.0.1",
        b"http://six.test/ ::1",
        b"http://many.test/ 127.0.0.150",
    ]
