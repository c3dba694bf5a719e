"""Numbers that no permission knows: other architectures, x32, negative ones, those to come."""

import platform
import signal

import pytest

from .box import INSIDE, cannot, compile_c
from .inside.permissions import together

pytestmark = pytest.mark.once

x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="about x86-64")


@pytest.fixture(params=["BasicCapabilities()", together()], ids=["basic", "all"])
def permissions(request):
    """The least and the most that a context can allow."""
    return request.param


@x86_64
@pytest.mark.parametrize("name", ["getpid", "write", "exit_group", "futex"])
def test_x32_numbers_kill(run, form, permissions, name):
    def case(box, permissions, name):
        import pyextrasafe

        raw = box.raw()
        box.apply(*eval(f"[{permissions}]", vars(pyextrasafe)))
        box.works("its own number", raw, "getpid")
        raw(0x40000000 + raw.number(name), 1, 0, 0)

    run(case, form=form, ends=f"signal {signal.SIGSYS:d}", permissions=permissions, name=name)


@x86_64
@pytest.mark.parametrize("number", [0x40000000, 0x40000000 + 512, 0x7FFFFFFF])
def test_the_ends_of_the_x32_range(run, form, number):
    def case(box, number):
        raw = box.raw()
        box.apply()
        box.works("alive", raw, "getpid")
        raw(number)

    run(case, form=form, ends=f"signal {signal.SIGSYS:d}", number=number)


@x86_64
def test_another_architecture_kills(run, form, permissions, tmp_path):
    """int 0x80, by which a 64-bit program makes a 32-bit call."""

    def case(box, library, permissions, locked):
        import ctypes
        import os

        import pyextrasafe

        i386_getpid = ctypes.CDLL(library).i386_getpid
        if locked:
            box.apply(*eval(f"[{permissions}]", vars(pyextrasafe)))
            box.works("its own number", os.getpid)
        box.gives("by int 0x80", os.getpid(), i386_getpid)

    library = tmp_path / "int80.so"
    compile_c((INSIDE / "int80.c").read_text(), library, "-shared", "-fPIC")
    values = {"library": str(library), "permissions": permissions, "form": form}
    if run.launch(case, locked=False, **values).faults():
        cannot("This kernel has no 32-bit system calls.")
    run(case, ends=f"signal {signal.SIGSYS:d}", locked=True, **values)


def test_negative_numbers_are_unknown(run, form, permissions):
    def case(box, permissions):
        import pyextrasafe

        raw = box.raw()
        box.apply(*eval(f"[{permissions}]", vars(pyextrasafe)))
        for number in (-1, -2, -(2**31), 2**31, 2**32 - 1, 2**31 + 39):
            box.absent(f"{number}", raw, number)

    run(case, form=form, permissions=permissions)


def test_only_32_bits_of_a_number_count(run, form):
    def case(box):
        import os

        raw = box.raw()
        box.apply()
        box.gives("getpid", os.getpid(), raw, 1 << 32 | raw.number("getpid"))
        box.refused("write", raw, 1 << 32 | raw.number("write"), 1, 0, 0)

    run(case, form=form)


def test_unknown_numbers(run, form, permissions):
    """Up to 423 EPERM, which no architecture will ever fill; above ENOSYS, so that libcs adapt."""

    def case(box, permissions):
        import pyextrasafe

        raw = box.raw()
        box.apply(*eval(f"[{permissions}]", vars(pyextrasafe)))
        for number in range(400, 424):
            box.refused(f"{number}", raw, number)
        for number in (*range(480, 500), 511, 512, 600, 1000, 9999, 0x3FFFFFFF):
            box.absent(f"{number}", raw, number)

    run(case, form=form, permissions=permissions)


def test_young_calls_are_absent(run, form, permissions):
    """So that libcs fall back to the older call, where the filter can look into the arguments."""

    def case(box, permissions):
        import pyextrasafe

        raw = box.raw()
        box.apply(*eval(f"[{permissions}]", vars(pyextrasafe)))
        box.absent("clone3", raw, "clone3", 1, 88)
        box.absent("clone3, long", raw, "clone3", raw.memory(88), 88)
        box.absent("io_uring_setup", raw, "io_uring_setup", 1, raw.memory(120))
        box.absent("io_uring_enter", raw, "io_uring_enter", 1000, 0, 0, 0, 0, 0)
        box.absent("io_uring_register", raw, "io_uring_register", 1000, 99, 0, 0)
        box.absent("pidfd_getfd", raw, "pidfd_getfd", 1000, 0, 0)
        box.absent("pidfd_send_signal", raw, "pidfd_send_signal", 1000, 0, 0, 0)
        box.absent("open_tree", raw, "open_tree", 1000, 1, 0)
        box.absent("process_madvise", raw, "process_madvise", 1000, 0, 0, 0, 0)
        box.absent("execveat", raw, "execveat", 1000, 1, 0, 0, 0)

    run(case, form=form, permissions=permissions)


def test_younger_siblings_of_basic_are_absent(run, form):
    def case(box):
        raw = box.raw()
        box.apply()
        for name in ("openat2", "faccessat2", "close_range", "pidfd_open", "epoll_pwait2"):
            box.absent(name, raw, name, 1000, 1, 1, 0)
        for name in ("accept4", "preadv2", "pwritev2", "dup3", "statx", "execveat"):
            box.absent(name, raw, name, 1000, 1, 0, 0, 0, 0)
        for name in ("accept", "preadv", "pwritev", "dup2", "newfstatat", "execve"):
            box.refused(name, raw, name, 1000, 1, 0, 0, 0, 0)

    run(case, form=form)


def test_what_is_allowed_under_a_condition_is_refused_with_eperm(run, form):
    """Also the young: the call exists, and these arguments are what is not allowed."""

    def case(box):
        import os

        from pyextrasafe import SystemIO

        raw = box.raw()
        fd = os.open("/etc/passwd", os.O_RDONLY)
        box.apply(SystemIO().allow_file_read(fd))
        box.works("preadv2", raw, "preadv2", fd, raw.vector(1), 1, 0, 0, 0)
        box.refused("of another", raw, "preadv2", fd + 1, raw.vector(1), 1, 0, 0, 0)

    run(case, form=form)
