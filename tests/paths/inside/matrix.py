"""Tries every operation in a process of its own, under a policy or one half of it.

Its request comes on standard input: the folder, the half, the ABI of Landlock, the library of
halves.c, the numbers of calls.  Its report, on standard output: the outcome of each operation.
"""

import contextlib
import ctypes
import errno
import json
import os
import pathlib
import selectors
import signal
import socket
import sys

sys.path.append(str(pathlib.Path(__file__).parents[2] / "kernel/inside"))
from operations import LOOPBACK, OPERATIONS, raw

from network import bring_up_loopback

HALVES = {"filter": 1, "Landlock": 2}
FOLDERS = ("ro", "ls", "wf", "cr", "cd", "rf", "rd", "rw", "tool", "out")
PORT, OTHER_PORT, SERVER_PORT = 7001, 7002, 7003


class World:
    """The folders, what is open, and the peers: made anew for each operation."""

    port, other_port, server_port, abstract = PORT, OTHER_PORT, SERVER_PORT, "\0paths"

    def __init__(self, base, program, numbers):
        self.base = base
        self.numbers = numbers
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
            (base / folder / "file").write_text("content")
        for folder in ("rf", "rd", "out"):
            (base / folder / "folder").mkdir()
        for folder in ("ro", "wf"):
            (base / folder / "link").symlink_to("../out/file")
        for folder in ("ro", "rw", "tool", "out"):
            os.link(program, base / folder / "program")
        (base / "out/link").symlink_to("file")
        os.link(base / "out/file", base / "ro/hard")
        self.open_file = os.open(base / "out/file", os.O_RDONLY)
        self.open_directory = os.open(base / "out", os.O_RDONLY)
        self.mount = os.open(base, os.O_RDONLY)
        self.memory_file = os.memfd_create("program", 0)
        os.write(self.memory_file, pathlib.Path(program).read_bytes())
        # Written once and open for reading: one that is open for writing is ETXTBSY.
        reading = os.open(f"/proc/self/fd/{self.memory_file}", os.O_RDONLY)
        os.dup2(reading, self.memory_file)
        os.close(reading)
        self.handle = ctypes.create_string_buffer(b"\x80\0\0\0", 140)
        mount_id = ctypes.create_string_buffer(8)
        raw(self, "name_to_handle_at", -100, str(base / "out/file"), self.handle, mount_id, 0)
        self.connected = self.connect()

    def connect(self):
        client = socket.create_connection((LOOPBACK, PORT))
        return client.detach()

    def __truediv__(self, name):
        return str(self.base / name)


def policy(world, abi):
    """Yield the permissions of a policy: rule set, method, and what it is given."""
    for method, folder in (
        ("allow_read_path", "ro"),
        ("allow_list_dir", "ls"),
        ("allow_write_file", "wf"),
        ("allow_create_in_dir", "cr"),
        ("allow_create_dir", "cd"),
        ("allow_remove_file", "rf"),
        ("allow_remove_dir", "rd"),
        ("allow_scratch_dir", "rw"),
    ):
        if method != "allow_scratch_dir" or abi >= 2:
            yield "SystemIO", method, world / folder
    yield "SystemIO", "allow_read_path", "/dev/ptmx"
    yield "ForkAndExec", "allow_execute_path", world / "tool"
    yield "Networking", "allow_start_tcp_clients", PORT if abi >= 4 else None
    yield "Networking", "allow_start_tcp_servers", SERVER_PORT if abi >= 4 else None


def apply_both(world, abi):
    import pyextrasafe

    rulesets = {}
    for name, method, given in policy(world, abi):
        ruleset = rulesets.setdefault(name, getattr(pyextrasafe, name)())
        getattr(ruleset, method)(*([] if given is None else [given]))
    os.environ["PYEXTRASAFE_LANDLOCK_ABI"] = str(abi)
    pyextrasafe.SafetyContext().enable(*rulesets.values()).apply_to_current_thread()


def apply_half(world, abi, library, half):
    halves = ctypes.CDLL(library)
    halves.half_new.restype = ctypes.c_void_p
    made = ctypes.c_void_p(halves.half_new(abi))
    for name, method, given in [
        *policy(world, abi),
        ("BasicCapabilities", "", None),
        ("ForkAndExec", "", None),
    ]:
        path = given.encode() if isinstance(given, str) else None
        port = given if isinstance(given, int) else -1
        assert halves.half_permit(made, name.encode(), method.encode(), path, port) == 0
    status = halves.half_apply(made, HALVES[half])
    assert status == 0, f"the half was not applied: {status}"


def attempt(world, request, function, report):
    """In a child: apply, try, and report; a program that started reports by its status."""
    signal.alarm(20)
    try:
        if request["half"] == "both":
            apply_both(world, request["abi"])
        elif request["half"] != "none":
            apply_half(world, request["abi"], request["library"], request["half"])
        function(world)
        outcome = "ok"
    except OSError as error:
        outcome = errno.errorcode.get(error.errno, repr(error))
    except Exception as error:  # noqa: BLE001
        outcome = repr(error)
    os.write(report, outcome.encode())
    os._exit(0)


def outcome_of(world, request, function):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        attempt(world, request, function, writing)
    os.close(writing)
    with open(reading, "rb") as report:
        outcome = report.read().decode()
    _, status = os.waitpid(child, 0)
    # The program of the tests ends so.
    return "ok" if status == 42 << 8 else outcome or f"status {status}"


def serve():
    """Greet everybody who connects, in another process."""
    listeners = [socket.create_server((LOOPBACK, port), backlog=64) for port in (PORT, OTHER_PORT)]
    listeners[1].setsockopt(socket.IPPROTO_TCP, 23, 8)  # TCP_FASTOPEN
    listeners.append(socket.socket(socket.AF_UNIX))
    listeners[-1].bind(World.abstract)
    listeners[-1].listen()
    if os.fork():
        return
    waiting = selectors.DefaultSelector()
    for listener in listeners:
        waiting.register(listener, selectors.EVENT_READ)
    kept = []
    while True:
        for key, _ in waiting.select():
            connection, _ = key.fileobj.accept()
            with contextlib.suppress(ConnectionError):  # it may have gone
                connection.sendall(b"content")
            kept.append(connection)


def main():
    request = json.load(sys.stdin)
    bring_up_loopback()
    pathlib.Path("/proc/sys/net/ipv4/tcp_fastopen").write_text("3")
    base = pathlib.Path(request["folder"])
    serve()
    found = {}
    for name, function in OPERATIONS.items():
        world = World(base / name, request["program"], request["numbers"])
        with socket.socket(socket.AF_UNIX) as unix:
            os.chdir(base / name)
            unix.bind("out/socket")
            unix.listen()
            found[name] = outcome_of(world, request, function)
        for descriptor in (
            world.open_file,
            world.open_directory,
            world.mount,
            world.memory_file,
            world.connected,
        ):
            os.close(descriptor)
    json.dump(found, sys.stdout)


main()
