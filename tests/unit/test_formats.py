"""What filters are exported as, and what they cannot be."""

import json
import pathlib

import pytest
from kernel.box import cannot

from pyextrasafe import (
    Custom,
    ExtraSafeError,
    ForkAndExec,
    Networking,
    SafetyContext,
    SystemIO,
    Threads,
)

SCHEMA = pathlib.Path("/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema")
OWN = ["own process"]
SYSTEMD = ["own process", "conditions", "answers"]


def compiled(*rulesets):
    return SafetyContext().enable(*rulesets).compile()


def refused(caught):
    assert caught.value.code == "format"
    assert caught.value.errno is None
    return str(caught.value)


def rules(made, name, without=OWN):
    return [
        {key: value for key, value in rule.items() if key != "names"}
        for rule in json.loads(made.to_oci(without))["syscalls"]
        if name in rule["names"]
    ]


def masked(index, mask, value):
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}


ALLOWED = {"action": "SCMP_ACT_ALLOW"}
ABSENT = {"action": "SCMP_ACT_ERRNO", "errnoRet": 38}
FULL = 2**32 - 1

# ---- OCI ----


@pytest.mark.once
def test_oci_is_as_published():
    import jsonschema

    if not SCHEMA.exists():
        cannot("the schema of the OCI is not installed")
    linux = (SCHEMA / "config-linux.json").as_uri()
    resolver = jsonschema.RefResolver(linux, json.loads((SCHEMA / "config-linux.json").read_text()))
    schema = {"$ref": f"{linux}#/linux/properties/seccomp"}
    resolver.resolve(schema["$ref"])
    made = compiled(ForkAndExec(), Networking().allow_start_tcp_clients(), Threads().allow_create())
    profile = json.loads(made.to_oci(OWN))
    jsonschema.Draft4Validator(schema, resolver=resolver).validate(profile)
    # It looks at what it is given.
    profile["syscalls"][0]["action"] = "SCMP_ACT_SCMP"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema, resolver=resolver).validate(profile)


def test_rows_in_oci():
    made = compiled(
        SystemIO().allow_stdout().allow_close(), Custom().add_conditional(("flock", [(0, ">", 5)]))
    )
    assert rules(made, "close") == [ALLOWED]
    assert rules(made, "write") == [{**ALLOWED, "args": [masked(0, FULL, 1)]}]
    assert rules(made, "read") == []
    assert rules(made, "clone3") == [ABSENT]
    assert rules(made, "accept4") == [ABSENT]
    # 6 and 7, 8 to 15, and so on.
    assert rules(made, "flock")[:2] == [
        {**ALLOWED, "args": [masked(0, FULL - 1, 6)]},
        {**ALLOWED, "args": [masked(0, FULL - 7, 8)]},
    ]
    assert len(rules(made, "flock")) == 30
    size = {"action": "SCMP_ACT_ERRNO", "errnoRet": 25, "args": [masked(1, FULL, 0x5414)]}
    assert size in rules(made, "ioctl")


def test_widths_in_oci():
    """A comparison is made of the bits that the kernel reads, or may read, and of no others."""
    custom = Custom().add_conditional(("fcntl", [(0, "<", 2), (2, "<", 2)]))
    custom.add_conditional(("lseek", [(1, "==", -1), (2, "==", -1)]))
    custom.add_conditional(("fcntl", [(2, "==", 2**40)]))
    made = compiled(custom)
    assert [rule["args"] for rule in rules(made, "fcntl")] == [
        [masked(0, FULL - 1, 0), masked(2, 2**64 - 2, 0)],
        [masked(2, 2**64 - 1, 2**40)],
    ]
    (rule,) = rules(made, "lseek")
    assert rule["args"] == [masked(1, 2**64 - 1, 2**64 - 1), masked(2, FULL, FULL)]


def test_calls_that_are_allowed_in_part():
    """All else of them fails with EPERM, also above 423."""
    made = compiled(SystemIO.everything())
    assert made.decide("close_range", 3, 10, 1 << 31).errno == 1
    found = rules(made, "close_range", [*OWN, "conditions"])
    assert found == [{**ALLOWED, "args": [masked(2, FULL & ~4, 0)]}]
    # Nothing is said of what was left out.
    assert rules(made, "ioctl", [*OWN, "conditions"]) == [
        {**ALLOWED, "args": [masked(1, FULL, 0x5451)]},
        {**ALLOWED, "args": [masked(1, FULL, 0x540E), masked(2, 2**64 - 1, 0)]},
        {"action": "SCMP_ACT_ERRNO", "errnoRet": 25, "args": [masked(1, FULL, 0x5414)]},
    ]


def test_what_is_allowed_anyway_is_one_rule():
    made = compiled(Custom().add_simple("kill").add_simple("ioctl"), SystemIO().allow_stdout())
    assert rules(made, "ioctl") == [ALLOWED]
    assert rules(made, "kill") == [ALLOWED]


# ---- systemd ----


def test_systemd():
    lines = compiled(SystemIO().allow_close().allow_stdout()).to_systemd(SYSTEMD).splitlines()
    assert lines[:4] == [
        "SystemCallArchitectures=native",
        "SystemCallErrorNumber=EPERM",
        "SystemCallFilter=@default",
        "SystemCallFilter=~@default",
    ]
    assert lines[4:] == sorted(lines[4:])
    assert "SystemCallFilter=close" in lines
    assert not {"SystemCallFilter=execve", "SystemCallFilter=write"} & set(lines)


# ---- What cannot be said ----

UNNAMED = Custom().add_simple(1000)
BOTH = ["to_oci", "to_systemd"]


@pytest.mark.parametrize("form", BOTH)
@pytest.mark.parametrize(
    ("ruleset", "code"),
    [
        (SystemIO().allow_read_path("/srv"), "SystemIO().allow_read_path('/srv')"),
        (SystemIO().allow_python_files(), "SystemIO().allow_python_files()"),
        (ForkAndExec().allow_execute_path("/bin/true"), "ForkAndExec().allow_execute_path("),
        (Networking().allow_start_tcp_clients(443), "Networking().allow_start_tcp_clients(443)"),
    ],
)
def test_paths_and_ports(form, ruleset, code):
    """They can never be left out: that would allow more."""
    made = compiled(ruleset)
    with pytest.raises(ExtraSafeError, match="Landlock limits paths and ports") as caught:
        getattr(made, form)(["own process", "conditions", "numbers", "answers"])
    assert code in refused(caught)


def test_the_root_is_no_limit():
    assert rules(compiled(SystemIO().allow_read_path("/")), "close") == [ALLOWED]


@pytest.mark.parametrize(
    ("form", "ruleset", "without", "row", "word"),
    [
        (
            "to_oci",
            Custom(),
            [],
            '"kill: BasicCapabilities() where pid == the process itself',
            "own process",
        ),
        ("to_oci", UNNAMED, OWN, '"syscall_1000: Custom().add_simple(1000)"', "numbers"),
        (
            "to_oci",
            SystemIO().allow_ioctl(),
            OWN,
            '"ioctl: SystemIO().allow_ioctl() w',
            "conditions",
        ),
        (
            "to_systemd",
            Custom(),
            [],
            '"mmap: BasicCapabilities() where (flags & MAP_',
            "conditions",
        ),
        ("to_systemd", Custom(), ["conditions"], '"ioctl: ENOTTY where request ==', "answers"),
        (
            "to_systemd",
            Custom(),
            SYSTEMD[1:],
            '"kill: BasicCapabilities() where pid',
            "own process",
        ),
        ("to_systemd", UNNAMED, SYSTEMD, '"syscall_1000: Custom().add_simple(1000)"', "numbers"),
        ("to_systemd", SystemIO().allow_stdout(), OWN, '"write: SystemIO().allow_st', "conditions"),
    ],
)
def test_a_row_that_cannot_be_said(form, ruleset, without, row, word):
    made = compiled(ruleset)
    with pytest.raises(ExtraSafeError) as caught:
        getattr(made, form)(without)
    message = refused(caught)
    assert row in message
    assert f'without=["{word}"] ' in message
    # It can be left out, and then it is not there.
    everything = ["own process", "conditions", "numbers", "answers"]
    assert "1000" not in getattr(made, form)(everything).replace('"errnoRet"', "")


@pytest.mark.parametrize("form", BOTH)
def test_a_wrong_word(form):
    made = compiled()
    with pytest.raises(ValueError, match="without cannot contain 'pid', only 'own process', "):
        getattr(made, form)(["pid"])
    with pytest.raises(TypeError, match="not a string"):
        getattr(made, form)("answers")
    with pytest.raises(TypeError):
        getattr(made, form)(1)
