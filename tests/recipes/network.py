"""Servers and clients."""

from programs.program import SILENT

from . import program


# P keeps the line until the end, and then loses it.
@program(
    made=["localhost.pem"],
    visitor="https_visitor",
    refusals={"allow_stderr()": ("ok|PermissionError", "")},
)
def https_server(result):
    assert result.peers["visitor"] == ("ok", "<p>a page</p>")
    assert b'"GET / HTTP/1.1" 200 -' in result.stderr


@program(
    packages=["urllib3"],
    made=["localhost.pem"],
    visitor="https_host",
    awaits="port",
    refusals={"allow_start_tcp_clients(port)": ("NewConnectionError", "")},
)
def https_client(result):
    assert result.stdout == b"200 a page\n"
    assert result.peers["visitor"] == ("ok", "GET /")


@program(visitor="echo_visitor")
def echo_service(result):
    assert result.peers["visitor"] == ("ok", [f"hello {n}\n".encode() for n in range(200)])


@program(visitor="unix_visitor")
def unix_worker(result):
    assert result.peers["visitor"] == ("ok", {"sum": 6})


# logging loses what it cannot write.
@program(
    packages=["uvicorn"],
    visitor="http_visitor",
    refusals={"allow_stdout()": SILENT, "allow_stderr()": SILENT},
)
def uvicorn_service(result):
    assert result.peers["visitor"] == ("ok", "hello, /world")
    assert b'"GET /world HTTP/1.1" 200' in result.stdout
    assert b"Finished server process" in result.stderr


# The arbiter ends when a worker did.
@program(
    packages=["gunicorn"],
    visitor="gunicorn_visitor",
    refusals={
        "allow_running_tcp_servers()": ("SystemExit", "1"),
        "allow_change_metadata()": ("SystemExit", "1"),
        "allow_stderr()": SILENT,
    },
)
def gunicorn_service(result):
    assert result.peers["visitor"] == ("ok", "hello, /world")
    assert b"Worker exiting" in result.stderr
