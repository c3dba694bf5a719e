"""export: a policy in the form of another program."""

import re
import sys

from pyextrasafe import ExtraSafeError
from pyextrasafe.formats._export import LEFT_OUT

from ._command import CommandError, compiled, read
from ._terminal import is_terminal, write, write_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._command import Commands

_FORMS = {
    "oci": "for OCI runtimes, such as crun: the object linux.seccomp of config.json",
    "systemd": "for systemd: lines for [Service] of a unit",
    "bpf": "for bubblewrap: a file for bwrap --seccomp",
}


def add(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add(
        "export",
        run,
        summary="print a policy in the format of another program",
        description=(
            "Print the filter of a policy in the format of another program, which loads the filter "
            "before it starts yours. If the format cannot express something, the command fails and "
            "names it: what is exported never allows more than the policy."
        ),
        examples={
            'pyextrasafe export --oci --without "own process" policy.toml': "for a container",
            "pyextrasafe export --bpf policy.toml > filter.bpf": "for bwrap --seccomp",
        },
        statuses={
            0: "the filter was printed",
            2: "wrong usage, or the policy cannot be read, compiled, or expressed in this format",
        },
    )
    for form, purpose in _FORMS.items():
        command.add(f"--{form}", dest="form", action="append_const", const=form, help=purpose)
    command.add(
        "--without",
        metavar="WORD",
        action="append",
        default=[],
        choices=list(LEFT_OUT),
        help=f"leave out what the format cannot express, which allows less: {', '.join(LEFT_OUT)}",
    )
    command.add_policy()


def run(options: "Any") -> int:
    """Do it."""
    if len(options.form or ()) != 1:
        raise CommandError(
            f"export takes exactly one of {', '.join([f'--{form}' for form in _FORMS])}"
        )
    filter = compiled(options.policy, read(options.policy))  # noqa: A001
    if options.form == ["bpf"]:
        if options.without:
            raise CommandError(
                "export --bpf takes no --without: it always leaves out the process's own rows"
            )
        if is_terminal(sys.stdout):
            raise CommandError("a filter is not text: redirect it, for example by > filter.bpf")
    try:
        if options.form == ["bpf"]:
            write_bytes(filter.to_bpf())
        else:
            export = filter.to_oci if options.form == ["oci"] else filter.to_systemd
            write(export(options.without).rstrip("\n"))
    except ExtraSafeError as error:
        # As it is typed here.
        typed = re.sub(r'without=\["([^"]*)"\]', r'--without "\1"', str(error))
        raise CommandError(f"{options.policy}: {typed}") from None
    return 0
