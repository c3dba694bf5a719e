"""What ./dev wheel says of a module that must not be released."""

import platform

import pytest
from kernel.box import compile_c
from release.elf import wrong_in_module

pytestmark = pytest.mark.once
MODULE = "int PyInit__native(void) { char text[64]; return __builtin_strlen(text); }"
FLAGS = ["-shared", "-fPIC", "-w", "-fstack-protector-all", "-s", "-Wl,-z,relro,-z,now"]


def wrong(path, *flags, source=MODULE):
    compile_c(source, path / "module.so", *FLAGS, *flags)
    return list(wrong_in_module(path / "module.so", platform.machine()))


def test_a_module_as_it_must_be(tmp_path):
    assert wrong(tmp_path) == []


@pytest.mark.parametrize(
    ("flag", "what"),
    [
        ("-Wl,-z,norelro", "there is no RELRO"),
        ("-Wl,-z,lazy", "symbols are bound late, so RELRO is not full"),
        ("-Wl,-z,execstack", "the stack is executable"),
        ("-Wl,-rpath,/somewhere", "it has DT_RUNPATH"),
        ("-Wl,--no-as-needed,-lm", "it needs libm.so.6"),
        ("-fno-stack-protector", "its stack is not protected"),
    ],
)
def test_a_module_that_is_not_hardened(tmp_path, flag, what):
    assert wrong(tmp_path, flag) == [what]


def test_a_module_that_exports_more(tmp_path):
    source = f"{MODULE} int es_version(void) {{ return 0; }}"
    (what,) = wrong(tmp_path, source=source)
    assert "es_version" in what


def test_a_module_that_is_not_stripped(tmp_path):
    compile_c(MODULE, tmp_path / "module.so", *[flag for flag in FLAGS if flag != "-s"], "-g")
    told = " ".join(wrong_in_module(tmp_path / "module.so", platform.machine()))
    assert ".symtab" in told
    assert ".debug_info" in told


def test_a_module_for_another_machine(tmp_path):
    compile_c(MODULE, tmp_path / "module.so", *FLAGS)
    other = "aarch64" if platform.machine() == "x86_64" else "x86_64"
    (what,) = wrong_in_module(tmp_path / "module.so", other)
    assert what.startswith("it is for EM_")
