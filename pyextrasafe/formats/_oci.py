"""OCI: what a container's config.json says of seccomp, which runtimes compile by libseccomp."""

import json

from pyextrasafe import _ffi
from pyextrasafe._ffi import lib

from . import _cubes
from ._export import EPERM, Export, row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyextrasafe import Filter, _ask

    from ._cubes import Cube

_ARCHITECTURES = {
    lib.ES_ARCH_X86_64: "SCMP_ARCH_X86_64",
    lib.ES_ARCH_AARCH64: "SCMP_ARCH_AARCH64",
    lib.ES_ARCH_RISCV64: "SCMP_ARCH_RISCV64",
}
_ALLOW = '"action": "SCMP_ACT_ALLOW"'


def write(filter: "Filter", without: "Iterable[str]") -> str:  # noqa: A002
    """Return the object linux.seccomp as JSON."""
    export = Export("OCI", filter, without)
    whole: dict[str, list[str]] = {}
    parts: list[str] = []
    for number, name in export.calls().items():
        allowed, failing = _answers(export, number)
        answers = [
            (_ALLOW, allowed),
            *[(_fail(errnum), cubes) for errnum, cubes in failing.items()],
        ]
        for action, cubes in answers:
            if cubes == [_cubes.EVERYTHING]:
                whole.setdefault(action, []).append(name)
            else:
                parts += [_rule([name], action, _arguments(cube)) for cube in cubes]
    rules = [_rule(sorted(names), action) for action, names in sorted(whole.items())]
    lines = ",\n".join([f"    {rule}" for rule in rules + parts])
    return (
        "{\n"
        '  "defaultAction": "SCMP_ACT_ERRNO",\n'
        f'  "defaultErrnoRet": {EPERM},\n'
        f'  "architectures": ["{_ARCHITECTURES[_ffi.ARCH]}"],\n'
        f'  "syscalls": [\n{lines}\n  ]\n'
        "}\n"
    )


def _fail(errnum: int) -> str:
    return f'"action": "SCMP_ACT_ERRNO", "errnoRet": {errnum}'


def _rule(names: "list[str]", action: str, arguments: str = "") -> str:
    return f'{{"names": {json.dumps(names)}, {action}{arguments}}}'


def _arguments(cube: "Cube") -> str:
    told = [
        {"index": argument, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
        for argument, mask, value in cube
    ]
    return f', "args": {json.dumps(told)}'


def _answers(export: "Export", number: int) -> "tuple[list[Cube], dict[int, list[Cube]]]":
    """Return what is allowed of a call, and what fails otherwise than all else, by error number."""
    ways = export.ways(number)
    allowed = _cubes.joined(
        [cube for way in ways if way.allows for cube in _conditions(export, way)]
    )
    answered = list(allowed)
    failing: dict[int, list[Cube]] = {}
    for way in [way for way in ways if not way.allows]:
        try:
            cubes = _cubes.without(_cubes.of_way(way), answered)
        except _cubes.TooManyError:
            export.cannot_say(row(way), "answers")
            continue
        failing.setdefault(way.errno, []).extend(cubes)
        answered += cubes
    if not allowed:  # in part, all else fails as by default
        rest = _cubes.without([_cubes.EVERYTHING], answered)
        errnum = export.refusal(number, _cubes.example(rest[0])) if rest else EPERM
        failing.setdefault(errnum or EPERM, []).extend(rest)
    failing.pop(EPERM, None)
    return allowed, failing


def _conditions(export: "Export", way: "_ask.Way") -> "list[Cube]":
    try:
        return _cubes.of_way(way)
    except _cubes.TooManyError:
        export.cannot_say(row(way), "conditions")
        return []
