"""The servers that applications talk to: fixtures of a session, which a program names in services.

Each gives the variables of the environment that tell a program where the server is.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

PATIENCE = 30  # seconds until a server answers, or has ended
ATTEMPTS = 5  # somebody else may take the port that was free


@pytest.fixture(scope="session")
def redis():
    with folder() as home:

        def command(port):
            address = ["--bind", "127.0.0.1", "--port", str(port)]
            return ["redis-server", *address, "--unixsocket", "redis.sock", "--save", ""]

        with server(command, home, "redis.sock") as port:
            yield {
                "REDIS_URL": f"redis://127.0.0.1:{port}/0",
                "REDIS_SOCKET_URL": f"unix://{home}/redis.sock?db=0",
            }


@pytest.fixture(scope="session")
def redis_socket(redis):
    """The same, where programs know of the UNIX socket only."""
    return {"REDIS_URL": redis["REDIS_SOCKET_URL"]}


@pytest.fixture(scope="session")
def postgresql():
    with folder() as home:
        pathlib.Path(home, "password").write_text("secret")
        make = [postgresql_program("initdb"), "--pgdata", "data", "--username", "app"]
        kind = ["--auth", "scram-sha-256", "--pwfile", "password", "--no-sync"]
        kind += ["--encoding", "UTF8", "--locale", "C"]
        subprocess.run([*make, *kind], cwd=home, check=True, capture_output=True, **servant())

        def command(port):
            sockets = ["-k", home, "-h", "127.0.0.1", "-p", str(port)]
            return [postgresql_program("postgres"), "-D", "data", *sockets, "-c", "fsync=off"]

        with server(command, home, ".s.PGSQL.{port}") as port:
            user = "postgresql://app:secret"
            yield {
                "DATABASE_URL": f"{user}@127.0.0.1:{port}/postgres?sslmode=disable",
                "DATABASE_SOCKET_URL": f"{user}@/postgres?host={home}&port={port}",
            }


@pytest.fixture(scope="session")
def postgresql_socket(postgresql):
    """The same, where programs know of the UNIX socket only."""
    return {"DATABASE_URL": postgresql["DATABASE_SOCKET_URL"]}


@pytest.fixture(scope="session")
def ghostscript():
    """No server, but what Pillow starts: it leaves a file where it was started."""
    with folder() as home:
        path = os.path.join(home, "gs")
        with open(path, "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as script:
            script.write("#!/bin/sh\ntouch owned\n")
        yield {"PATH": f"{home}:{os.environ['PATH']}"}


def postgresql_program(name):
    """Debian has these outside of PATH."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return places[-1] if places else shutil.which(name)


def servant():
    """Who runs servers: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def folder():
    """A folder of a server, with a name that is short enough for a UNIX socket."""
    with tempfile.TemporaryDirectory(prefix="pyextrasafe-") as home:
        os.chmod(home, 0o755)
        if servant():
            os.chown(home, servant()["user"], servant()["group"])
        yield home


@contextlib.contextmanager
def server(command, home, path):
    """Run command(port) until the end of the session; it listens on a UNIX socket, too."""
    for _ in range(ATTEMPTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with open(os.path.join(home, "log"), "wb") as log:
            process = subprocess.Popen(
                command(port),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **servant(),
            )
        try:
            if answers(process, os.path.join(home, path.format(port=port)), port):
                yield port
                return
        finally:
            process.terminate()
            process.wait()
    with open(os.path.join(home, "log"), errors="replace") as log:
        pytest.fail(f"{process.args} does not start:\n{log.read()}", pytrace=False)


def answers(process, path, port):
    """Wait until a server accepts connections in both ways; False if it ended or does not."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as local, socket.socket() as remote:
            if local.connect_ex(path) == 0 and remote.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False
