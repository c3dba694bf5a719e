"""Servers and clients of the web, and what runs beside them."""

from . import program


@program(
    packages=["redis"],
    services=["redis"],
    refusals={"allow_running_tcp_clients()": ("ConnectionError", "Error 1 ")},
)
def redis_client(result):
    assert result.stdout == b"True b'a value'\n"
