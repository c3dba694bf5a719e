"""Each of the applications without one of its permissions: it fails, and its explanations lead to
that one.
"""

import sys

import pytest
from programs import explained

from . import APPLICATIONS, data, files, web  # noqa: F401  they register

REASONS = {
    ("fastapi_service", "allow_running_tcp_servers()"): explained.IN_A_THREAD,
    ("fastapi_service", "allow_scratch_dir('temporary')"): explained.IN_A_THREAD,
    ("grpc_client", "allow_running_unix_clients()"): explained.IN_A_THREAD,
    ("grpc_client", "allow_start_tcp_clients(port)"): explained.IN_A_THREAD,
    ("grpc_server", "allow_running_tcp_servers()"): explained.IN_A_THREAD,
    ("grpc_server", "allow_running_unix_clients()"): explained.IN_A_THREAD,
    ("psycopg_tcp", "allow_start_tcp_clients(urlsplit(url).port or 5432)"): explained.IN_A_THREAD,
    ("zmq_client", "allow_start_tcp_clients(orders_port, news_port)"): explained.IN_A_THREAD,
    # Its threads are there, unless they are still being started.
    ("zmq_server", "allow_create_threads()"): explained.TOO_LATE,
    ("zmq_server", "allow_running_tcp_servers()"): explained.IN_A_THREAD,
}


# What free-threaded CPython reserves leaves this one no memory for explanations.
TOO_LARGE = {"word_count"} if "t" in sys.abiflags else set()
EXPLAINED = [pair for pair in APPLICATIONS.permissions() if pair[0].name not in TOO_LARGE]


@pytest.mark.once
@pytest.mark.parametrize(("program", "permission"), EXPLAINED, ids=str)
def test_it_fails_without(program, permission, play):
    explained.check(play, program, permission, REASONS)
