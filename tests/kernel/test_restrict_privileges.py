"""restrict_privileges: nothing is shared with the parent, and no privileges can be gained."""

import pytest


def test_what_it_does(run):
    def case(box):
        from capabilities import CAP_SYS_ADMIN, set_capabilities
        from constants import PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE
        from pyextrasafe import restrict_privileges
        from status import status

        raw = box.raw()
        admin = 1 << CAP_SYS_ADMIN
        set_capabilities(raw, admin, admin, admin)
        raw("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0)
        before = status()
        box.equal("ambient capabilities before", f"{admin:016x}", before["CapAmb"])
        box.equal("no_new_privs before", "0", before["NoNewPrivs"])
        box.gives("restrict", None, restrict_privileges)
        after = status()
        box.equal("ambient capabilities after", f"{0:016x}", after["CapAmb"])
        box.equal("no_new_privs after", "1", after["NoNewPrivs"])
        box.equal("no filter is loaded", before["Seccomp"], after["Seccomp"])
        box.gives("a second time", None, restrict_privileges)

    run(case)


def test_the_descriptor_table_is_its_own(run):
    """Seen from a thread, which otherwise shares all of this with its siblings."""

    def case(box):
        import errno
        import os
        import threading

        from pyextrasafe import restrict_privileges

        os.mkdir("directory")
        before = os.getcwd()
        shared = os.open(".", os.O_RDONLY)
        opened = []

        def work():
            restrict_privileges()
            box.works("what was open is open", os.fstat, shared)
            opened.append(os.open(".", os.O_RDONLY))
            os.chdir("directory")
            os.umask(0o012)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        box.true("it ran", opened)
        box.reaches("its descriptor is not ours", errno.EBADF, os.fstat, opened[0])
        box.equal("its directory is not ours", before, os.getcwd())
        box.true("its umask is not ours", os.umask(0) != 0o012)

    run(case)


def test_without_it_threads_share(run):
    """Otherwise the test above would prove nothing."""

    def case(box):
        import os
        import threading

        opened = []

        def work():
            opened.append(os.open(".", os.O_RDONLY))
            os.umask(0o012)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        box.works("its descriptor is ours", os.fstat, opened[0])
        box.equal("its umask is ours", 0o012, os.umask(0))

    run(case)


def test_an_ordinary_user(run):
    def case(box):
        from capabilities import drop_all
        from pyextrasafe import restrict_privileges
        from status import status

        drop_all(box.raw())
        box.gives("restrict", None, restrict_privileges)
        box.equal("no_new_privs", "1", status()["NoNewPrivs"])

    run(case)


def test_before_a_lock_down(run, form):
    def case(box):
        import os

        from pyextrasafe import SystemIO, restrict_privileges

        box.works("restrict", restrict_privileges)
        box.works("apply", box.apply, SystemIO().allow_stdout())
        box.works("write", os.write, 1, b"x")
        box.refused("open", open, "/etc/passwd")

    assert run(case, form=form).stdout == b"x"


# What an outer sandbox refuses, what the message then calls it, and what is done all the same.
STEPS = {
    "unshare": ("unshare", None, "unshare"),
    "ambient": ("prctl", 47, "ambient"),
    "no_new_privs": ("prctl", 38, "no_new_privs"),
    "prctl": ("prctl", None, "ambient"),
}


@pytest.mark.parametrize("code", ["EPERM", "ENOSYS", "EINVAL"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_reported(run, step, code):
    """The others are done all the same, and the message names both kinds."""

    def case(box, call, argument, named, step, code):
        import errno
        import os
        import threading

        from capabilities import CAP_SYS_ADMIN, set_capabilities
        from constants import PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE
        from outer import refuse
        from pyextrasafe import ExtraSafeError, restrict_privileges
        from status import status

        raw = box.raw()
        admin = 1 << CAP_SYS_ADMIN
        set_capabilities(raw, admin, admin, admin)
        raw("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0)
        errors, states, opened = [], [], []

        def work():
            refuse(raw, call, getattr(errno, code), argument)
            try:
                restrict_privileges()
            except ExtraSafeError as error:
                errors.append(error)
            states.append(status())
            opened.append(os.open(".", os.O_RDONLY))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        box.equal("one error", 1, len(errors))
        error, state = errors[0], states[0]
        box.equal("errno", getattr(errno, code), error.errno)
        box.true(f"a cause: {error.__cause__!r}", isinstance(error.__cause__, OSError))
        box.true(f"what failed: {error}", named in str(error))
        for name in ("unshare", "ambient", "no_new_privs"):
            box.true(f"{name} is failed or done: {error}", name in str(error))
        try:
            os.fstat(opened[0])
            unshared = False
        except OSError:
            unshared = True
        box.equal("unshared", step != "unshare", unshared)
        box.equal("ambient", step in ("ambient", "prctl"), int(state["CapAmb"], 16) != 0)
        privileges = "0" if step in ("no_new_privs", "prctl") else "1"
        box.equal("no_new_privs", privileges, state["NoNewPrivs"])

    call, argument, named = STEPS[step]
    run(case, call=call, argument=argument, named=named, step=step, code=code)


def test_inside_of_a_lock_down(run, form):
    """unshare is refused there; the rest is said, and no_new_privs is set already."""

    def case(box):
        import errno

        from pyextrasafe import ExtraSafeError, restrict_privileges

        box.apply()
        error = box.raises("restrict", ExtraSafeError, restrict_privileges)
        box.equal("errno", errno.EPERM, error.errno)
        box.true(str(error), "unshare" in str(error) and "no_new_privs" in str(error))

    run(case, form=form)
