"""A filter says of calls on paths what the kernel then does; tests/property asks about numbers."""

import pytest


def on_paths(box):
    import errno
    import os
    import stat

    from constants import O_PATH
    from pyextrasafe import ForkAndExec, Networking, SafetyContext, SystemIO

    names = (
        "listed",
        "read",
        "written",
        "created",
        "removed",
        "scratch",
        "scratch/sub",
        "twin",
        "other",
    )
    for name in names:
        os.mkdir(name)
        for file in ("one", "two", "three", "five"):
            open(f"{name}/{file}", "w").close()
        os.mkdir(f"{name}/empty")
    rulesets = [
        SystemIO()
        .allow_read_path("read")
        .allow_list_dir("listed")
        .allow_write_file("written")
        .allow_create_in_dir("created")
        .allow_remove_file("removed")
        .allow_create_dir("created")
        .allow_scratch_dir("scratch", "twin"),
        ForkAndExec().allow_execute_path("twin"),
        Networking().allow_running_tcp_clients(),
    ]
    asked = SafetyContext().enable(*rulesets).compile()
    at = -100  # AT_FDCWD

    def opened(flags):
        return lambda path: lambda: os.open(path, flags, 0o600), lambda path: (
            "openat",
            at,
            path,
            flags | os.O_CLOEXEC,
        )

    kinds = [
        opened(flags)
        for flags in (
            os.O_RDONLY,
            os.O_WRONLY,
            os.O_RDWR,
            os.O_WRONLY | os.O_TRUNC,
            os.O_RDWR | os.O_CREAT,
            O_PATH,
        )
    ]
    tries = [(told(f"{name}/one"), made(f"{name}/one")) for made, told in kinds for name in names]
    listing, told_listing = opened(os.O_RDONLY | os.O_DIRECTORY)
    new, told_new = opened(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    for name in names:
        tries += [
            (told_listing(name), listing(name)),
            (told_listing(f"{name}/empty"), listing(f"{name}/empty")),
            (told_new(f"{name}/new"), new(f"{name}/new")),
            (("mkdir", f"{name}/folder", 0o700), lambda name=name: os.mkdir(f"{name}/folder")),
            (("truncate", f"{name}/two", 0), lambda name=name: os.truncate(f"{name}/two", 0)),
            (
                ("symlink", None, f"{name}/link"),
                lambda name=name: os.symlink("x", f"{name}/link"),
            ),
            (
                ("mknodat", at, f"{name}/pipe", stat.S_IFIFO | 0o600, 0),
                lambda name=name: os.mkfifo(f"{name}/pipe", 0o600),
            ),
            (
                ("rename", f"{name}/one", f"{name}/four"),
                lambda name=name: os.rename(f"{name}/one", f"{name}/four"),
            ),
            (
                ("rename", f"{name}/two", "scratch/four"),
                lambda name=name: os.rename(f"{name}/two", "scratch/four"),
            ),
            (
                ("rename", f"{name}/five", "twin/six"),
                lambda name=name: os.rename(f"{name}/five", "twin/six"),
            ),
            (("unlink", f"{name}/three"), lambda name=name: os.unlink(f"{name}/three")),
            (("rmdir", f"{name}/empty"), lambda name=name: os.rmdir(f"{name}/empty")),
        ]
    # Asked before the lock-down, as a program would.
    decisions = [asked.decide(*told) for told, _ in tries]
    box.apply(*rulesets)
    for (_, call), decision in zip(tries, decisions):
        if decision:
            box.works(str(decision), call)
        elif decision.errno == errno.EACCES:
            box.outside(str(decision), call)
        elif decision.errno == errno.EXDEV:
            box.reaches(str(decision), errno.EXDEV, call)
        else:
            box.refused(str(decision), call)
    box.note("answers", [str(decision.errno) for decision in decisions])


@pytest.mark.once
def test_the_kernel_does_on_paths_what_a_filter_says(run):
    answers = run(on_paths).notes["answers"]
    assert set(answers) == {"None", "1", "13", "18"}
