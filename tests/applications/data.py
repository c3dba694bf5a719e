"""Clients of databases, workers, and servers that are not of the web."""

from programs.program import ABORTS, HANGS, MAY_ABORT, MAY_HANG, SILENT

from . import program

CLIENTS = "allow_start_tcp_clients"


def took_jobs(result):
    assert result.stdout == b"no more jobs\n"
    assert result.peers["visitor"] == ("ok", ["TEA", "MILK"])


@program(
    packages=["redis"],
    services=["redis"],
    visitor="redis_visitor",
    awaits="ready",
    refusals={f"{CLIENTS}(urlsplit(url).port or 6379)": ("ConnectionError", "Error 1 ")},
)
def redis_tcp(result):
    took_jobs(result)


@program(
    packages=["redis"],
    services=["redis_socket"],
    visitor="redis_visitor",
    awaits="ready",
    refusals={"allow_start_unix_clients()": ("ConnectionError", "Error 1 ")},
)
def redis_unix(result):
    took_jobs(result)


# libpq tells that it could not send when it has read to the end of what the server sent. So without
# any network it waits, which allow_sleep() allows, and waits for ever.
@program(
    packages=["psycopg"],
    services=["postgresql"],
    visitor="postgresql_visitor",
    awaits="ready",
    refusals={
        f"{CLIENTS}(urlsplit(url).port or 5432)": HANGS,
        f"{CLIENTS}(urlsplit(url).port or 5432), but less": ("PoolTimeout", "couldn't get"),
        "allow_stderr()": SILENT,
    },
)
def psycopg_tcp(result):
    took_jobs(result)
    assert b"discarding closed connection" in result.stderr


@program(
    packages=["psycopg"],
    services=["postgresql_socket"],
    visitor="postgresql_visitor",
    awaits="ready",
    refusals={
        "allow_start_unix_clients()": HANGS,
        "allow_start_unix_clients(), but less": ("OperationalError", "connection is bad"),
    },
)
def psycopg_unix(result):
    took_jobs(result)


@program(
    packages=["asyncpg", "psycopg"],
    services=["postgresql"],
    visitor="postgresql_visitor",
    awaits="ready",
)
def asyncpg_tcp(result):
    took_jobs(result)


@program(
    packages=["asyncpg", "psycopg"],
    services=["postgresql_socket"],
    visitor="postgresql_visitor",
    awaits="ready",
)
def asyncpg_unix(result):
    took_jobs(result)


# gRPC tells its clients of most refusals, or nobody.
@program(
    packages=["grpcio"],
    visitor="grpc_visitor",
    refusals={
        "allow_running_tcp_servers()": SILENT,
        "allow_running_unix_clients()": SILENT,
        "allow_create_threads()": ("RuntimeError", "can't start new thread"),
    },
)
def grpc_server(result):
    assert result.stdout == b"stopped\n"
    error = "INVALID_ARGUMENT: division by zero"
    assert result.peers["visitor"] == ("ok", (b"3", error, list(range(300))))


@program(
    packages=["grpcio"],
    visitor="grpc_host",
    awaits="port",
    refusals={
        f"{CLIENTS}(port)": ("_InactiveRpcError", ".*Operation not permitted"),
        "allow_running_unix_clients()": ("_InactiveRpcError", ".*Operation not permitted"),
        "allow_create_threads()": HANGS,
    },
)
def grpc_client(result):
    assert result.stdout == b"3\nINVALID_ARGUMENT division by zero\n0 1 2\n4\n"
    assert result.peers["visitor"] == ("ok", (1, False))  # the last call came on a new connection


# The threads of a context set their scheduling when they start, and libzmq aborts if they may not.
# When the lock-down comes, they have mostly done so.
@program(
    packages=["pyzmq"],
    visitor="zmq_visitor",
    refusals={"allow_running_tcp_servers()": ABORTS, "allow_create_threads()": MAY_ABORT},
)
def zmq_server(result):
    assert result.stdout == b"stopped\n"
    assert result.peers["visitor"] == ("ok", [b"TEA", b"sold tea"])


@program(
    packages=["pyzmq"],
    visitor="zmq_host",
    awaits="ports",
    refusals={
        f"{CLIENTS}(orders_port, news_port)": ABORTS,
        f"{CLIENTS}(orders_port, news_port), but less": HANGS,  # it tries again and again
        f"{CLIENTS}(orders_port, news_port), except orders_port": HANGS,
        f"{CLIENTS}(orders_port, news_port), except news_port": HANGS,
        "allow_create_threads()": ABORTS,
    },
)
def zmq_client(result):
    assert result.stdout == b"TEA, sold tea\n"
    assert result.peers["visitor"] == ("ok", [b"tea", b"stop"])


@program(
    packages=["celery", "redis"],
    services=["redis"],
    visitor="celery_visitor",
    awaits="ready",
    refusals={
        # Its processes end, each with a traceback, and Celery starts them again and again; where it
        # notices before one has started, it gives up.
        f"{CLIENTS}(urlsplit(redis).port or 6379)": MAY_HANG,
        f"{CLIENTS}(urlsplit(redis).port or 6379), but less": SILENT,  # but for the log
        "allow_stderr()": SILENT,
    },
)
def celery_worker(result):
    refused = "[Errno 1] Operation not permitted"
    assert result.peers["visitor"] == ("ok", [3, refused, 4])
    assert b"counted 4" in result.stderr
