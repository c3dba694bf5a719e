"""Two permissions side by side: each pair allows what its two allow, contradicts itself, or leads
round a promise in a way that the documentation tells."""

import itertools

import pytest

from pyextrasafe import SystemIO

from .box import Runner
from .inside.permissions import PATH, permissions

PERMISSIONS = dict(permissions())
pytestmark = pytest.mark.once


LIMITS = {
    "SystemIO().allow_stdin()": (0, "reads"),
    "SystemIO().allow_stdout()": (1, "writes"),
    "SystemIO().allow_stderr()": (2, "writes"),
    "SystemIO().allow_file_read(900)": (900, "reads"),
    "SystemIO().allow_file_write(900)": (900, "writes"),
}
FILE = 20  # the number of a file that no promise is about
STREAM = {"reads": 1, "writes": 0}  # a standard stream of which the same holds


@pytest.fixture(scope="session")
def contradictions(judge):
    return {
        frozenset((one, other))
        for one, other in itertools.permutations(PERMISSIONS, 2)
        if judge.lifted(PERMISSIONS[one], PERMISSIONS[other])
        or judge.lifted_rights(PERMISSIONS[one], PERMISSIONS[other])
    }


@pytest.fixture(scope="session")
def probes(tmp_path_factory):
    def case(box):
        from probes import PROBES

        box.note("probes", PROBES)
        box.true("there are probes", PROBES)

    return Runner(tmp_path_factory.mktemp("probes"))(case).notes["probes"]


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_pair_allows_what_its_two_allow(run, judge, probes, contradictions, permission):
    """And refuses everything else, with the right errno; beside itself a permission is alone."""

    def case(box, expected):
        from pairs import tried
        from probes import PROBES, answer

        raw = box.raw()

        def attempt(pair):
            faults = []
            for label, call in PROBES.items():
                refusal, got = expected[pair].get(label), answer(raw, call)
                if got != refusal if refusal else got in (1, 38):
                    faults.append((label, got))
            return faults

        found = tried(box, [*expected], attempt)
        box.note("found", {pair[1]: faults for pair, faults in found.items()})
        box.true("all pairs tried", found)

    expected = {}
    for other in list(PERMISSIONS)[list(PERMISSIONS).index(permission) :]:
        names = [PERMISSIONS[permission], PERMISSIONS[other]]
        refusals = {name: judge.refusal_beside(names, *call) for name, call in probes.items()}
        expected[permission, other] = {name: errno for name, errno in refusals.items() if errno}
    found = run(case, expected=expected).notes["found"]
    assert {other: faults for other, faults in found.items() if faults} == {}
    void = {other for other in found if frozenset((permission, other)) in contradictions}
    assert {other for other, faults in found.items() if faults is None} == void


def of(ruleset):
    return [code for code in PERMISSIONS if code.startswith(f"{ruleset}().")]


# What paths are named for, and those of them that read, and that write.
LOOKED_UP = [f"SystemIO().{name}()" for name in SystemIO._looked_up]
ON_PATHS = [code for code in of("SystemIO") if PATH in code or code in LOOKED_UP]
OPENING = {
    "reads": ["read_path", "scratch_dir", "_files"],
    "writes": ["write_file", "create_in_dir", "scratch_dir"],
}


def explained(does, allowed, victim):
    """What leads round a promise, by the permission that is beside it.

    The documentation says each: of sockets, which are files, of descriptors in messages, of
    programs that are started, of maps, and of copies that get a number which is free.
    """
    found = dict.fromkeys(of("ForkAndExec"), "dup2")
    found.update({"ForkAndExec()": "dup2", "SystemIO().allow_map_files()": "itself"})
    for code in ON_PATHS if victim > 2 else ():
        if any(word in code for word in OPENING[does]):
            found[code] = "itself"
        elif allowed < 3:
            found[code] = f"close and {'dup' if allowed else 'F_DUPFD_CLOEXEC'}"
    for code in of("Networking"):
        if victim > 2 and "listen" not in code:
            found[code] = "itself"
        elif "unix_clients" in code or "unix_servers" in code:
            found[code] = "message"
    if does == "reads":
        found["SystemIO().allow_write()"] = "itself"
    if allowed > 2:
        found["SystemIO().allow_ioctl()"] = "F_DUPFD"
    return found


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("victim", ["file", "stream"])
def test_a_promise_holds_beside_every_other_permission(run, contradictions, limit, victim):
    def case(box, pairs, allowed, does, victim):
        from pairs import tried
        from ways_round import Ways

        ways = Ways(box.raw(), allowed, victim)
        found = tried(box, pairs, lambda pair: [ways.found(does)])
        box.note("ways", {pair[1]: ways for pair, ways in found.items()})
        box.gives("without a filter there are ways", "itself", ways.found, does)

    allowed, does = LIMITS[limit]
    number = FILE if victim == "file" else STREAM[does]
    pairs = [(limit, other) for other in PERMISSIONS if other != limit]
    ways = run(case, pairs=pairs, allowed=allowed, does=does, victim=number).notes["ways"]
    void = {code for code in ways if frozenset((limit, code)) in contradictions}
    assert {code for code, found in ways.items() if found is None} == void
    found = {code: found[0] for code, found in ways.items() if found and found != [None]}
    assert found == explained(does, allowed, number)


def test_opening_to_read_stays_so_beside_every_other_permission(run, contradictions):
    def case(box, pairs):
        from pairs import tried
        from ways_round import openings

        with open("victim", "w") as file:
            file.write("contents")
        opened = openings(box.raw())
        found = tried(box, pairs, lambda pair: opened())
        box.note("opened", {pair[1]: modes for pair, modes in found.items()})
        box.equal("without a filter there are ways", 12, len(opened()))

    limit = "SystemIO().allow_open_readonly()"
    pairs = [(limit, other) for other in PERMISSIONS if other != limit]
    opened = run(case, pairs=pairs).notes["opened"]
    void = {code for code in opened if frozenset((limit, code)) in contradictions}
    assert {code for code, modes in opened.items() if modes is None} == void
    assert not [code for code, modes in opened.items() if modes]
