"""lseek(2) from descriptor 3 up: with the permissions to open, and with those of Networking."""

import pytest

PERMISSIONS = (
    "SystemIO().allow_open()",
    "SystemIO().allow_open_readonly()",
    "Networking().allow_running_tcp_servers()",
    "Networking().allow_running_udp_sockets()",
    "Networking().allow_running_unix_clients()",
    "Networking().allow_event_loop()",
)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_seeking(run, form, permission):
    """A shared offset of standard input or output is not moved."""

    def case(box, permission):
        import os

        import pyextrasafe

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        os.write(file, b"0123456789")
        for fd in range(2):
            os.dup2(os.open("file", os.O_RDONLY), fd)
        box.apply(eval(permission, vars(pyextrasafe)))
        box.gives("tell", 10, os.lseek, file, 0, os.SEEK_CUR)
        box.gives("seek", 4, os.lseek, file, 4, os.SEEK_SET)
        box.gives("it has moved", 3, os.lseek, file, -1, os.SEEK_CUR)
        box.gives("garbage above", 5, raw, "lseek", 1 << 32 | file, 5, 0)
        for fd in range(3):
            box.refused(f"{fd}", os.lseek, fd, 0, os.SEEK_CUR)
            box.refused(f"{fd}, a file above", raw, "lseek", file << 32 | fd, 0, 0)

    run(case, form=form, permission=permission)


def test_a_file_that_is_opened_after(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO

        with open("file", "wb") as file:
            file.write(b"0123456789")
        io = SystemIO().allow_open_readonly().allow_close().allow_metadata()
        box.apply(io)
        file = box.works("open", open, "file", "rb", buffering=0)
        box.gives("seek", 4, file.seek, 4)
        box.gives("tell", 4, file.tell)
        box.gives("the end", 10, file.seek, 0, os.SEEK_END)
        box.works("close", file.close)

    run(case, form=form)


def test_an_upload_is_kept_and_read_back(run, form):
    """As web frameworks do: what comes is spooled to a file, which is then read from its start."""

    def case(box):
        import socket
        import tempfile

        from pyextrasafe import Networking

        ours, theirs = socket.socketpair()
        theirs.sendall(b"upload" * 1000)
        theirs.shutdown(socket.SHUT_WR)
        file = tempfile.SpooledTemporaryFile(max_size=1, dir=".")
        file.rollover()
        box.apply(Networking().allow_running_tcp_servers())

        def store():
            data = ours.recv(1000)
            while data:
                file.write(data)
                data = ours.recv(1000)
            length = file.tell()
            file.seek(0)
            return length, file.read() == b"upload" * 1000

        box.gives("store", (6000, True), store)

    run(case, form=form)


@pytest.mark.parametrize("permission", ["SystemIO().allow_close()", "Networking().allow_listen()"])
def test_no_seeking_without(run, form, permission):
    def case(box, permission):
        import os

        import pyextrasafe

        file = os.open("file", os.O_RDWR | os.O_CREAT)
        box.apply(eval(permission, vars(pyextrasafe)))
        box.refused("tell", os.lseek, file, 0, os.SEEK_CUR)
        box.refused("seek", os.lseek, file, 1, os.SEEK_SET)

    run(case, form=form, permission=permission)
