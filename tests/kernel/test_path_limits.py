"""What docs/files-and-ports.rst says of paths and ports, and of what they do not limit."""

import os
import shutil
import subprocess
import sys

import pytest


def replaced(box):
    import os
    import time

    from pyextrasafe import SystemIO

    def replace():
        while not os.path.exists("folder/ready"):
            time.sleep(0.01)
        os.rename("new", "alone")
        os.mkdir("folder/go")

    os.mkdir("folder")
    for name in ("alone", "new", "folder/one", "folder/new"):
        open(name, "w").close()
    box.peer("others", replace)
    box.apply(SystemIO().allow_read_path("alone").allow_scratch_dir("folder"))
    box.works("the file that was named", open, "alone")
    box.works("replacing a file of the folder", os.rename, "folder/new", "folder/one")
    box.works("a file of the folder that is new", open, "folder/one")
    os.mkdir("folder/ready")
    while not os.path.exists("folder/go"):
        pass
    box.reaches("the file that was named, and is replaced", 13, open, "alone")


def test_a_file_that_is_replaced_is_another_one(run):
    run(replaced)


def opened_before(box):
    import os

    from pyextrasafe import SystemIO

    os.mkdir("inside")
    with open("secret", "w") as file:
        file.write("swordfish")
    secret, here = os.open("secret", os.O_RDONLY), os.open(".", os.O_RDONLY)
    box.apply(SystemIO().allow_read_path("inside"))
    box.gives("reading it", b"swordfish", os.read, secret, 10)
    box.works("listing it", os.listdir, here)
    box.reaches("opening it again", 13, os.open, f"/proc/self/fd/{secret}", os.O_RDONLY)
    box.reaches("opening from it", 13, os.open, "secret", os.O_RDONLY, dir_fd=here)
    box.works("looking at what is outside", os.stat, "secret")
    box.reaches("opening what is outside", 13, open, "secret")


def test_descriptors_stay_and_looking_is_not_limited(run, form):
    run(opened_before, form=form)


def pipes(box):
    import os

    from pyextrasafe import SystemIO

    reader, writer = os.pipe()
    os.mkdir("inside")
    box.apply(SystemIO().allow_read_path("inside").allow_write_file("inside"))
    box.works("the end to write", os.open, f"/proc/self/fd/{reader}", os.O_WRONLY)
    box.works("the end to read", os.open, f"/proc/self/fd/{writer}", os.O_RDONLY)


def test_pipes_are_not_judged_by_a_path(run):
    run(pipes)


def mounts(box):
    import os
    import subprocess
    import time

    from pyextrasafe import SystemIO

    def mount():
        while not os.path.exists("inside/ready"):
            time.sleep(0.01)
        subprocess.run(["mount", "--bind", "outside", "inside/place"], check=True)
        os.mkdir("inside/go")

    os.makedirs("inside/place")
    os.mkdir("outside")
    open("outside/file", "w").close()
    box.peer("others", mount)
    box.apply(SystemIO().allow_scratch_dir("inside"))
    os.mkdir("inside/ready")
    while not os.path.exists("inside/go"):
        pass
    box.works("what is mounted beneath", open, "inside/place/file")
    box.reaches("the same by its own path", 13, open, "outside/file")


def test_what_is_mounted_later_is_beneath(run):
    run(mounts, namespaces=["--mount"])


def copies(box):
    import os
    import shutil

    from pyextrasafe import SystemIO

    os.mkdir("inside")
    open("inside/one", "w").close()
    box.apply(SystemIO().allow_scratch_dir("inside"))
    box.refused("shutil.copy", shutil.copy, "inside/one", "inside/two")
    box.refused("shutil.copy2", shutil.copy2, "inside/one", "inside/two")
    box.works("shutil.copyfile", shutil.copyfile, "inside/one", "inside/two")
    box.gives("os.path.exists outside", True, os.path.exists, "/etc/passwd")


def test_copies_of_modes_are_refused(run):
    run(copies)


def many(box):
    from pyextrasafe import ExtraSafeError, SystemIO

    for _ in range(16):
        box.apply(SystemIO().allow_read_path("/usr"))
    error = box.raises("the 17th", ExtraSafeError, box.apply, SystemIO().allow_read_path("/usr"))
    box.equal("its code", "too-many", error.code)


def test_sixteen_contexts_are_the_most(run, form):
    run(many, form=form)


def links(box):
    import os

    from pyextrasafe import SystemIO

    os.makedirs("inside/deeper")
    os.symlink("..", "inside/deeper/out")
    os.symlink("inside", "link")
    for name in ("secret", "inside/open"):
        open(name, "w").close()
    box.apply(SystemIO().allow_read_path("link"))
    box.works("through the link that was named", open, "link/open")
    box.works("by the other name", open, "inside/open")
    box.works("a link that stays inside", open, "inside/deeper/out/open")
    box.reaches("a link that leads out", 13, open, "inside/deeper/out/../secret")


def test_links_count_by_where_they_lead(run):
    run(links)


def loader(box, named):
    import shutil
    import subprocess

    from pyextrasafe import ForkAndExec, SystemIO
    from pyextrasafe._programs import needed_by

    (starter,) = needed_by(named)
    copy = shutil.copy(named, "copy")
    box.apply(
        ForkAndExec().allow_execute_path(named),
        SystemIO().allow_python_files().allow_read_path(copy),
    )
    box.gives("what is named", 0, subprocess.call, [named])

    def start_copy():
        try:
            return subprocess.call([f"./{copy}"])
        except PermissionError:
            return 255

    # Before CPython 3.13 it cannot tell its parent why it did not start.
    box.gives("a copy", 255, start_copy)
    box.gives("the copy, by the loader", 0, subprocess.call, [starter, f"./{copy}"])


def test_a_loader_runs_every_program_that_may_be_read(run):
    run(loader, named=shutil.which("true"))


ON_OLD = """
import sys
from pyextrasafe import ExtraSafeError, ForkAndExec, Networking, SafetyContext, SystemIO

try:
    SafetyContext().enable(SystemIO().allow_stdout(), eval(sys.argv[1])).apply_to_all_threads()
except ExtraSafeError as error:
    print(error)
else:
    print("applied")
"""


@pytest.mark.parametrize(
    ("abi", "ruleset", "says"),
    [
        (0, "SystemIO().allow_read_path('/usr')", "needs ABI 1 of Landlock, which Linux 5.13 has"),
        (0, "SystemIO().allow_read_path('/')", "applied"),
        (1, "SystemIO().allow_read_path('/usr')", "applied"),
        (1, "SystemIO().allow_create_in_dir('/tmp')", "applied"),
        (1, "SystemIO().allow_scratch_dir('/tmp')", "needs ABI 2 of Landlock, which Linux 5.19"),
        (2, "SystemIO().allow_scratch_dir('/tmp')", "applied"),
        (3, "Networking().allow_start_tcp_clients(80)", "needs ABI 4 of Landlock, which Linux 6.7"),
        (3, "Networking().allow_start_tcp_clients()", "applied"),
        (4, "Networking().allow_start_tcp_clients(80)", "applied"),
    ],
)
def test_what_each_abi_has(abi, ruleset, says):
    process = subprocess.run(
        [sys.executable, "-c", ON_OLD, ruleset],
        env={**os.environ, "PYEXTRASAFE_LANDLOCK_ABI": str(abi)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert says in process.stdout, process
