"""Settings of the test tools that pyproject.toml cannot have, and fixtures of several folders."""

import signal
import subprocess

import pytest
from hypothesis import HealthCheck, settings
from kernel.box import Runner, compile_c

# No test fails because a machine is slow.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

# A job in the background ignores SIGINT and SIGQUIT, and one of nohup SIGHUP; so does all that it
# starts, which nothing here may.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def run(tmp_path):
    """run(case, **values) runs the function ``case(box, **values)`` in a box."""
    return Runner(tmp_path)


@pytest.fixture(params=["apply_to_current_thread", "apply_to_all_threads"])
def form(request):
    """The two forms of loading a filter: pass it on as ``run(case, form=form)``."""
    return request.param


@pytest.fixture(scope="session")
def static_program(tmp_path_factory):
    """The path of a program that needs no dynamic loader; it exits with status 42."""
    path = tmp_path_factory.mktemp("static") / "program"
    compile_c("int main(void) { return 42; }", path, "-static")
    return str(path)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The path of a file with a key and a certificate for localhost."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command = ["openssl", "req", *kind, *name, "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=path.parent, check=True, capture_output=True)
    parts = [(path.parent / part).read_text() for part in ("key.pem", "certificate.pem")]
    path.write_text("".join(parts))
    return str(path)


@pytest.fixture(scope="session")
def made():
    """The contents of files that programs need and that have to be made, by names."""
    return {}


@pytest.fixture
def play(run, made, request):
    """play(program) runs a program in a box, play(program, without=...) a poorer one."""

    def play(program, **options):
        environ = {}
        for service in program.services:
            environ.update(request.getfixturevalue(service))
        return program.run(run.launch, made, environ, **options)

    return play
