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


PAGES = {
    "templates/index.html": b"<p>hello, {{ name }}",
    "static/style.css": b"p { color: red }",
    "uploads/none": b"",
}
VISITED = ([(200, b"<p>hello, Ada"), (200, PAGES["static/style.css"]), (404, b"")], [True, True])

# Flask logs the exception and answers 500; what it cannot look at it does not find, and answers 404.
REFUSALS = {
    "allow_running_tcp_servers()": NO_WORKER,
    "allow_open()": SILENT,
    "allow_metadata()": SILENT,
    "allow_change_metadata()": NO_WORKER,
    "allow_stderr()": SILENT,
}


@program(
    packages=["flask", "gunicorn"], files=PAGES, visitor="flask_visitor", refusals=REFUSALS
)
def flask_service(result):
    assert result.peers["visitor"] == ("ok", VISITED)
    assert b"Worker exiting" in result.stderr


@program(
    packages=["flask", "gunicorn"],
    files=PAGES,
    visitor="flask_visitor",
    refusals={**REFUSALS, "allow_create_threads()": SILENT},
)
def flask_threads(result):
    assert result.peers["visitor"] == ("ok", VISITED)
    assert b"Worker exiting" in result.stderr


@program(
    packages=["fastapi", "httptools", "python-multipart", "uvicorn", "uvloop", "websockets"],
    files={"uploads/none": b""},
    visitor="fastapi_visitor",
)
def fastapi_service(result):
    greeting = (200, b'{"greeting":"hello hello Ada"}')
    kept = (200, b'{"kept":5242880}')
    assert result.peers["visitor"] == ("ok", (greeting, 422, kept, True, [True, True]))
    assert result.stdout.endswith(b"good bye\n")
