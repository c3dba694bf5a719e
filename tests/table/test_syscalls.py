"""syscalls.def against the kernel's declarations."""

import pytest

from pyextrasafe._native import ffi, lib

from . import declared

pytestmark = pytest.mark.once

LETTERS = {
    lib.ES_WIDTH_16: "2",
    lib.ES_WIDTH_32: "4",
    lib.ES_WIDTH_64: "8",
    lib.ES_WIDTH_POINTER: "p",
    lib.ES_WIDTH_VARIES: "?",
    lib.ES_WIDTH_NONE: "-",
    lib.ES_WIDTH_UNKNOWN: "unknown",
}


def letters(arch, number):
    return "".join(LETTERS[lib.es_syscall_width(arch, number, i)] for i in range(6))


@pytest.mark.parametrize("arch", declared.ARCHITECTURES)
def test_every_argument_is_as_wide_as_the_kernel_reads_it(arch):
    wrong = []
    for (name, where), wanted in declared.widths().items():
        if where == arch:
            number = declared.numbers()[name][arch]
            found = letters(declared.ARCHITECTURES[arch], number)
            wrong += [(name, found, wanted)] if found != wanted else []
    assert not wrong


@pytest.mark.parametrize("arch", declared.ARCHITECTURES)
def test_every_number_is_the_kernels(arch):
    for name, numbers in declared.numbers().items():
        number = lib.es_syscall_number(declared.ARCHITECTURES[arch], name.encode())
        if arch in numbers:
            assert (name, number) == (name, numbers[arch])
        else:
            assert number < -1, name


@pytest.mark.parametrize("arch", declared.ARCHITECTURES)
def test_every_number_with_a_name_is_declared(arch):
    name = ffi.new("char[64]")
    for number in range(600):
        if not lib.es_syscall_name(declared.ARCHITECTURES[arch], number, name):
            assert declared.numbers()[ffi.string(name).decode()][arch] == number


def test_no_exception_is_idle():
    """Each names an argument, and another width than the declaration's."""
    for (name, argument), width in declared.narrower().items():
        found = [made for (call, _), made in declared.declarations().items() if call == name]
        assert found, name
        for made in found:
            assert argument < len(made), (name, argument)
            assert made[argument] != width, (name, argument)
            assert made[argument] in "48" or width == "-", (name, argument, "a pointer is one")
