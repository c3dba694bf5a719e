"""Programs that use packages of others."""

import struct

from programs.samples import png

from . import program


@program(packages=["pillow"], stdin=png(400, 200))
def thumbnail(result):
    assert result.stdout[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", result.stdout[16:24]) == (100, 50)


@program(packages=["lxml"], stdin=b"<list><item>b</item><item>a</item></list>")
def transform(result):
    assert result.stdout == b"<ul><li>a</li><li>b</li></ul>"


@program(packages=["jinja2"], stdin=b"name,town\nAda & Co,London\n")
def letters(result):
    assert result.stdout == b"Dear Ada &amp; Co in London\n"


@program(packages=["pandas"], stdin=b"town,sales\nRome,1\nOslo,5\nRome,2\n")
def table(result):
    assert result.stdout == b"town,sales\nOslo,5\nRome,3\n"


# OpenBLAS raises SIGINT when it cannot start its threads. With glibc 2.43 it then waits for them
# when the process ends, in vain, and with musl it crashes.
@program(
    packages=["numpy"],
    lingers=["allow_create_threads()"],
    refusals={
        "allow_create_threads()": ("KeyboardInterrupt", ""),
        "allow_python_files()": ("ModuleNotFoundError", "No module named 'numpy'"),
    },
)
def matrix(result):
    assert result.stdout == b"1000.0 by several threads\n"
