"""Every permission against every probe: what it lets through, and that all else is refused.

The probes are harmless calls (inside/probes.py). What becomes of each is in tests/table/cases.
"""

import errno

import pytest

from .inside.permissions import permissions

pytestmark = pytest.mark.once

PERMISSIONS = dict(permissions())

# To an ordinary user the kernel itself says EPERM, before it looks at an argument.
NEED_PRIVILEGE = {
    "userfaultfd",
    "pivot_root",
    "swapon",
    "acct",
    "sethostname",
    "syslog",
    "setgroups",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "iopl",
    "bpf",
    "perf_event_open",
    "umount2",
    "mount",
}


def probe_all(box, permission):
    import pyextrasafe
    from probes import PROBES, answer

    raw = box.raw()
    names = {name: getattr(pyextrasafe, name) for name in pyextrasafe.__all__}
    if permission:
        box.apply(eval(permission, names))
    box.note("answers", {label: answer(raw, call) for label, call in PROBES.items()})
    box.note("probes", PROBES)
    box.true("all probes made", True)


def is_right(refusal, answer):
    """Whether a probe's answer is the refusal, or where there is none, that of the kernel."""
    if refusal is None:
        return answer not in (errno.EPERM, errno.ENOSYS)
    return answer == refusal


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_it_grants_what_it_says_and_nothing_else(run, form, permission, judge):
    notes = run(probe_all, form=form, permission=permission).notes
    faults = []
    for label, answer in notes["answers"].items():
        refusal = judge.refusal(PERMISSIONS[permission], *notes["probes"][label])
        if not is_right(refusal, answer):
            wanted = "the kernel" if refusal is None else errno.errorcode[refusal]
            faults.append(f"{label}: {errno.errorcode.get(answer, answer)}, not {wanted}")
    assert not faults, "\n".join([permission, *faults])


def test_without_a_filter_no_probe_gets_the_answer_of_a_filter(run, judge):
    """Otherwise a refusal above would prove nothing."""
    notes = run(probe_all, permission=None).notes
    alike = {
        label
        for label, answer in notes["answers"].items()
        if answer == judge.refusal("BasicCapabilities.itself", *notes["probes"][label])
    }
    assert alike <= NEED_PRIVILEGE
