"""The network of a box that has one of its own."""

import fcntl
import pathlib
import socket
import struct
import subprocess

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def bring_up_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def put_into_etc(files):
    """Have other files in /etc, texts by names, for whoever shares the mounts of this process."""
    for name, text in files.items():
        pathlib.Path(name).write_text(text)
        subprocess.run(["mount", "--bind", name, f"/etc/{name}"], check=True)
