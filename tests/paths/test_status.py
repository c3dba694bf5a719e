"""status().landlock: what was asked, what the ABI leaves out, and what an attempt shows."""

import pytest

from pyextrasafe import Limits, status


def test_nothing_was_limited():
    assert status().landlock is None
    with pytest.raises(TypeError, match="call status"):
        Limits()


def test_what_was_asked(run, form):
    def case(box):
        import copy
        import os
        import pickle

        from pyextrasafe import ForkAndExec, Networking, SystemIO, status

        here = os.getcwd()
        os.mkdir("granted")
        box.apply(
            SystemIO().allow_file_read(9).allow_scratch_dir("granted").allow_dns_files(),
            Networking().allow_start_tcp_clients(80, 443).allow_running_tcp_servers(),
            ForkAndExec(),
        )
        found = status().landlock
        asked = (
            f"SystemIO().allow_scratch_dir({here + '/granted'!r})",
            "SystemIO().allow_dns_files()",
            "Networking().allow_start_tcp_clients(80, 443)",
        )
        box.equal("asked", asked, found.asked)
        box.equal("canary", "refused", found.canary)
        box.equal("left out", (), found.left_out)
        box.true("abi", found.abi >= 6)
        box.true("as text", all(code in str(status()) for code in asked))
        box.equal("copied", found, copy.deepcopy(pickle.loads(pickle.dumps(found))))
        box.raises("changed", AttributeError, setattr, found, "abi", 1)
        child = os.fork()
        if not child:
            os._exit(42 if status().landlock == found else 1)
        box.equal("a child", 42 << 8, os.waitpid(child, 0)[1])

    run(case, form=form)


@pytest.mark.parametrize(
    ("permissions", "canary"),
    [
        ("SystemIO().allow_scratch_dir('.').allow_read_path('/')", None),
        ("SystemIO().allow_scratch_dir('.').allow_open_readonly()", None),
        ("SystemIO().allow_write_file('.')", None),
        ("SystemIO().allow_list_dir('.')", "refused"),
        ("Networking().allow_start_tcp_servers(80)", None),
    ],
)
def test_the_canary(run, permissions, canary):
    def case(box, permissions, canary):
        import pyextrasafe

        box.apply(eval(permissions, vars(pyextrasafe)))
        box.equal("canary", canary, pyextrasafe.status().landlock.canary)

    run(case, permissions=permissions, canary=canary)


def test_a_thread_that_was_not_limited(run):
    def case(box):
        import queue
        import threading

        from pyextrasafe import SystemIO, Threads, status

        orders, answers = queue.Queue(), queue.Queue()
        thread = threading.Thread(target=lambda: answers.put((orders.get(), status())))
        thread.start()
        box.apply(SystemIO().allow_scratch_dir("."), Threads().allow_create_threads())
        orders.put(None)
        free = answers.get()[1]
        thread.join()
        box.equal("another thread", (False, "open"), (free.confined, free.landlock.canary))
        box.equal("this thread", "refused", status().landlock.canary)

    run(case, form="apply_to_current_thread")


@pytest.mark.parametrize("abi", [1, 2, 4, 7])
def test_what_the_abi_leaves_out(run, monkeypatch, abi):
    monkeypatch.setenv("PYEXTRASAFE_LANDLOCK_ABI", str(abi))

    def case(box, abi):
        from pyextrasafe import SystemIO, status

        box.apply(SystemIO().allow_read_path("."))
        limits = status().landlock
        box.equal("abi", abi, limits.abi)
        for words, needed in {"move files": 2, "truncate files": 3, "control devices": 5}.items():
            box.equal(words, abi < needed, any(words in said for said in limits.left_out))

    run(case, abi=abi)


def test_what_python_files_leaves_out(run):
    def case(box):
        import os
        import sys

        from pyextrasafe import SystemIO, status

        home = os.path.abspath("home")
        os.makedirs("home/lib")
        os.environ["HOME"] = home
        open("home/secret", "w").close()
        sys.path[:0] = ["", home, home + "/lib"]
        box.apply(SystemIO().allow_python_files())
        said = status().landlock.left_out
        box.true("the working directory", any(line.startswith("'' of") for line in said))
        box.true("the home directory", any(line.startswith(repr(home)) for line in said))
        box.true("not what is in it", not any(repr(home + "/lib") in line for line in said))
        box.outside("read it", open, "home/secret")
        box.works("a folder in it", os.listdir, "home/lib")

    run(case)


def test_all_paths_are_no_limit(run):
    def case(box):
        from pyextrasafe import SystemIO, status

        box.apply(SystemIO().allow_read_path("/"))
        box.equal("landlock", None, status().landlock)

    run(case)
