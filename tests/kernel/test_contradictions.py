"""Contexts that contradict themselves: a limit that something else in the context makes void."""

import itertools

import pytest

from .inside.permissions import permissions

PERMISSIONS = dict(permissions())
# What limits, what undoes it, and what the message must name: both origins and the call. Between
# permissions these follow from the lists of tests/table/cases; that all other pairs can be applied,
# test_pairs.py shows.
OF_CUSTOM = [
    ("SystemIO().allow_stdout()", "Custom().add_simple('write')", "allow_stdout Custom write"),
    ("SystemIO().allow_stdin()", "Custom().add_simple('read')", "allow_stdin Custom read"),
    (
        "SystemIO().allow_open_readonly()",
        "Custom().add_simple('openat')",
        "allow_open_readonly Custom openat",
    ),
    (
        "Custom().add_conditional(Rule('openat', [(2, '==', 0)]))",
        "SystemIO().allow_open()",
        "Custom allow_open openat",
    ),
    (
        "Custom().add_conditional(Rule('write', [(0, '==', 7)]))",
        "SystemIO().allow_write()",
        "Custom allow_write write",
    ),
    (
        "Custom().add_conditional(Rule('dup', [(0, '==', 7)]))",
        "Custom().add_simple('dup')",
        "Custom dup",
    ),
    (
        "Custom().add_conditional(Rule('brk', [(0, '==', 0)]))",
        "BasicCapabilities()",
        "Custom BasicCapabilities brk",
    ),
    (
        "Custom().add_conditional(Rule('close', [(0, '>', 7)]))",
        "Networking().allow_running_tcp_clients()",
        "Custom allow_running_tcp_clients close",
    ),
    # Neither is without a condition, but together they allow everything.
    (
        "Custom().add_conditional(Rule('dup', [(0, '==', 7)]))",
        "Custom().add_conditional(Rule('dup', [(0, '!=', 7)]))",
        "Custom dup together unite=True",
    ),
    (
        "Custom().add_conditional(Rule('dup', [(0, 1, 0)]))",
        "Custom().add_conditional(Rule('dup', [(0, 1, 1)]), unite=True)",
        "Custom dup together unite=True",
    ),
    (
        "SystemIO().allow_stdout()",
        "Custom().add_conditional(Rule('write', [(0, '!=', 1)]), unite=True)",
        "allow_stdout Custom write together",
    ),
]
# Contradictions, but for unite=True.
UNITED = [
    (
        "Custom().add_conditional(Rule('newfstatat', [(3, 0x1000, 0x1000)]), unite=True)",
        "SystemIO().allow_metadata()",
    ),
    (
        "Custom().add_conditional(Rule('dup', [(0, '==', 0)]), unite=True)",
        "Custom().add_simple('dup')",
    ),
    (
        "Custom().add_conditional(Rule('dup', [(0, '==', 0)]), unite=True)",
        "Custom().add_conditional(Rule('dup', [(0, '!=', 0)]), unite=True)",
    ),
    (
        "Custom().add_conditional(Rule('brk', [(0, '==', 0)]), unite=True)",
        "BasicCapabilities()",
    ),
]


def method(code):
    return code.partition(".")[2].partition("(")[0]


@pytest.fixture(scope="session")
def of_permissions(judge):
    """The same between permissions; of the calls, the message names one. Of paths and ports it says
    that something is granted everywhere."""
    found = []
    for limit, other in itertools.permutations(PERMISSIONS, 2):
        calls = judge.lifted(PERMISSIONS[limit], PERMISSIONS[other])
        if not calls and judge.lifted_rights(PERMISSIONS[limit], PERMISSIONS[other]):
            calls = ["everywhere"]
        if calls:
            found.append((limit, other, f"{method(limit)} {method(other)} {'|'.join(calls)}"))
    return found


def test_a_contradiction_is_an_error_and_nothing_has_changed(run, form, of_permissions):
    def case(box, contradictions):
        import os

        import pyextrasafe
        from status import status

        names = vars(pyextrasafe)
        before = status()
        for limit, undone_by, named in contradictions:
            for order in ((limit, undone_by), (undone_by, limit)):
                rules = [eval(text, names) for text in order]
                label = ", ".join(order)
                error = box.raises(label, pyextrasafe.ExtraSafeError, box.apply, *rules)
                for either in named.split():
                    found = any(name in str(error) for name in either.split("|"))
                    box.true(f"{either} in {str(error)!r}", found)
                box.equal(f"errno of {label}", None, error.errno)
                box.equal(f"cause of {label}", None, error.__cause__)
        box.equal("nothing has changed", before, status())
        box.works("writing still works", os.write, 1, b"x")
        box.works("opening still works", lambda: open("file", "w").close())

    result = run(case, form=form, contradictions=of_permissions + OF_CUSTOM)
    assert result.stdout == b"x"
    assert (result.directory / "file").exists()


def test_basic_capabilities_are_in_every_context(run, form):
    """So a comparison on one of their calls is void, whether they are enabled or not."""

    def case(box):
        from pyextrasafe import Custom, ExtraSafeError

        rules = Custom().add_conditional(("umask", [(0, "==", 0)]))
        error = box.raises("apply", ExtraSafeError, box.apply, rules)
        box.true(str(error), "BasicCapabilities" in str(error) and "umask" in str(error))

    run(case, form=form)


@pytest.mark.parametrize("pair", UNITED)
def test_what_may_unite_does(run, form, pair):
    """Everything is allowed that either allows; without unite=True it is a contradiction."""

    def case(box, pair):
        import pyextrasafe

        raw = box.raw()
        path, names = raw.path("/"), vars(pyextrasafe)
        promises = [eval(text.replace(", unite=True", ""), names) for text in pair]
        box.raises("promises", pyextrasafe.ExtraSafeError, box.apply, *promises)
        box.apply(*[eval(text, names) for text in pair])
        buffer = raw.memory(bytes(256))
        for call in (("dup", 0), ("dup", 1), ("newfstatat", 0, path, buffer, 0)):
            (box.works if call[0] in pair[0] else box.refused)(str(call), raw, *call)

    run(case, form=form, pair=pair)


def test_a_rule_that_unites_is_still_a_limit(run, form):
    def case(box):
        from pyextrasafe import Custom

        raw = box.raw()
        box.apply(Custom().add_conditional(("dup", [(0, "==", 0)]), unite=True))
        box.works("dup", raw, "dup", 0)
        box.refused("dup of another", raw, "dup", 1)

    run(case, form=form)


def test_inside_one_rule_set(run, form):
    def case(box):
        from pyextrasafe import Custom, ExtraSafeError, SystemIO

        both = SystemIO().allow_stdout().allow_write()
        error = box.raises("SystemIO", ExtraSafeError, box.apply, both)
        box.true("says what to remove", "allow_stdout" in str(error))
        custom = Custom().add_conditional(("dup", [(0, "==", 7)])).add_simple("dup")
        box.raises("Custom", ExtraSafeError, box.apply, custom)
        box.works("apart they work", box.apply, SystemIO().allow_stdout())

    run(case, form=form)


def test_networking_covers_its_own_condition(run, form):
    """Beside it allow_file_write(5) adds nothing to write; it is no contradiction."""

    def case(box):
        import os

        from pyextrasafe import Networking, SystemIO

        fd = os.open("file", os.O_RDWR | os.O_CREAT)
        other = os.open("other", os.O_RDWR | os.O_CREAT)
        rules = SystemIO().allow_file_write(fd).allow_stdout()
        box.apply(Networking().allow_running_tcp_clients(), rules)
        box.works("write", os.write, fd, b"x")
        box.works("another", os.write, other, b"x")
        box.works("pwrite", os.pwrite, fd, b"x", 1)
        box.refused("pwrite another", os.pwrite, other, b"x", 1)
        box.refused("standard error", os.write, 2, b"x")

    run(case, form=form)
