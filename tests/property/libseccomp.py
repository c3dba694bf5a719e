"""Programs that libseccomp makes, for comparison.

It is right about == and masked ==, where all rules of a call test the same arguments; an argument
of 32 bits has to be given to it as masked. Beyond that it is not: see test_libseccomp.py.
"""

import ctypes
import errno
import os
import tempfile

from . import bpf

_library = ctypes.CDLL("libseccomp.so.2")

ACT_ALLOW = 0x7FFF0000
ACT_ERRNO = 0x00050000
_OPERATORS = {"!=": 1, "<": 2, "<=": 3, "==": 4, ">=": 5, ">": 6}
_CMP_MASKED_EQ = 7


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("datum", ctypes.c_uint64),
    )


class _Version(ctypes.Structure):
    _fields_ = (("major", ctypes.c_uint), ("minor", ctypes.c_uint), ("micro", ctypes.c_uint))


_library.seccomp_version.restype = ctypes.POINTER(_Version)
_library.seccomp_init.restype = ctypes.c_void_p
_library.seccomp_init.argtypes = [ctypes.c_uint32]
_library.seccomp_release.restype = None
_library.seccomp_release.argtypes = [ctypes.c_void_p]
_library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
_library.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p,
    ctypes.c_uint32,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.POINTER(_Comparison),
]
_library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]


def version():
    """The version of libseccomp, as a tuple."""
    found = _library.seccomp_version().contents
    return found.major, found.minor, found.micro


def number_of(name):
    """The number of a call on this machine."""
    return _library.seccomp_syscall_resolve_name(name.encode())


def _pack(comparison):
    arg, how, datum = comparison
    if isinstance(how, str):
        return arg, _OPERATORS[how], datum, 0
    return arg, _CMP_MASKED_EQ, how, datum


def program(rules):
    """What allows rules of (number, [(arg, operator or mask, datum)]), and nothing else.

    A rule may end with another action.
    """
    context = _library.seccomp_init(ACT_ERRNO | errno.EPERM)
    assert context
    try:
        for number, comparisons, *action in rules:
            packed = (_Comparison * len(comparisons))(*map(_pack, comparisons))
            status = _library.seccomp_rule_add_array(
                context, action[0] if action else ACT_ALLOW, number, len(comparisons), packed
            )
            assert status in (0, -errno.EEXIST), os.strerror(-status)
        with tempfile.TemporaryFile() as file:
            assert _library.seccomp_export_bpf(context, file.fileno()) == 0
            file.seek(0)
            return bpf.parse(file.read())
    finally:
        _library.seccomp_release(context)
