"""Kernels that say a newer ABI of Landlock than they have, as that of Rocky Linux 9.7 does."""

import subprocess
import sys

import pytest

from .box import compile_c

# In front of the C library's own: the kernel says ABI 6, and has not heard of IOCTL_DEV, which
# came with 5, nor of what the case names.
BOASTER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

long syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym((void *)-1L, "syscall");
    const uint64_t *handled = (const uint64_t *)a;

    if (number == SYS_landlock_create_ruleset && !handled)
        return 6;
    if (number == SYS_landlock_create_ruleset && (handled[0] & UNKNOWN)) {
        errno = EINVAL;
        return -1;
    }
    return real(number, a, b, c, d, e, f);
}
"""
PROGRAM = """
import os, sys, termios
from pyextrasafe import ExtraSafeError, Networking, SafetyContext, SystemIO

terminal = os.openpty()[1]
try:
    SafetyContext().enable(
        SystemIO().allow_read_path("/usr").allow_stdout(), *eval(sys.argv[1])
    ).apply_to_all_threads()
except ExtraSafeError as error:
    sys.exit(str(error))
open("/usr/bin/env").close()
for attempt in (
    lambda: open("/etc/passwd"),
    lambda: termios.tcgetattr(terminal),
):
    try:
        attempt()
    except (OSError, termios.error) as refusal:
        print(refusal.args[0])
"""


@pytest.fixture
def boast(tmp_path):
    """Run the program on such a kernel, which lacks some rights: status, stdout, stderr."""

    def run(unknown, ruleset):
        library = tmp_path / "boaster.so"
        compile_c(BOASTER, library, f"-DUNKNOWN={unknown}", "-shared", "-fPIC", "-ldl")
        process = subprocess.run(
            [sys.executable, "-c", PROGRAM, f"[{ruleset}]"],
            env={"LD_PRELOAD": str(library), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return process.returncode, process.stdout.split(), process.stderr

    return run


def test_it_is_taken_for_what_it_is(boast):
    assert boast(1 << 15, "") == (0, ["13", "1"], "")


def test_what_it_lacks_is_named(boast):
    status, _, message = boast(1 << 13 | 1 << 14 | 1 << 15, "SystemIO().allow_scratch_dir('/tmp')")
    assert status == 1
    assert "allow_scratch_dir" in message
    assert "needs ABI 2 of Landlock, which Linux 5.19 has; only ABI 1 is available" in message
