"""What can go wrong with paths and ports: a sentence each, and nothing has changed."""

import pytest


def test_a_path_has_to_exist(run, form):
    def case(box):
        import errno
        import os
        import pathlib

        from pyextrasafe import ExtraSafeError, ForkAndExec, SystemIO

        missing = os.path.abspath("missing")
        box.raises("first", ExtraSafeError, box.apply, SystemIO().allow_read_path("missing"))
        before = len(os.listdir("/proc/self/fd"))
        for ruleset, method in (
            (SystemIO, "allow_read_path"),
            (SystemIO, "allow_write_file"),
            (SystemIO, "allow_scratch_dir"),
            (ForkAndExec, "allow_execute_path"),
        ):
            permission = getattr(ruleset(), method)("missing")
            error = box.raises(method, ExtraSafeError, box.apply, permission)
            box.equal(f"{method}: code", "path", error.code)
            box.equal(f"{method}: errno", errno.ENOENT, error.errno)
            box.equal(f"{method}: path", missing, error.path)
            box.true(
                f"{method}: message", f"{ruleset.__name__}().{method}({missing!r})" in str(error)
            )
            box.equal(
                f"{method}: cause",
                (errno.ENOENT, missing),
                (error.__cause__.errno, error.__cause__.filename),
            )
        box.works("nothing changed", os.listdir, "/")
        box.true("no_new_privs", "NoNewPrivs:\t0" in pathlib.Path("/proc/self/status").read_text())
        box.equal("descriptors", before, len(os.listdir("/proc/self/fd")))

    run(case, form=form)


def test_a_directory_is_needed_where_something_is_made_or_removed(run):
    def case(box):
        import errno
        import os

        from pyextrasafe import ExtraSafeError, SystemIO

        open("file", "w").close()
        for method in (
            "allow_list_dir",
            "allow_create_in_dir",
            "allow_create_dir",
            "allow_remove_file",
            "allow_remove_dir",
            "allow_scratch_dir",
        ):
            error = box.raises(
                method, ExtraSafeError, box.apply, getattr(SystemIO(), method)("file")
            )
            box.equal(f"{method}: code", "path", error.code)
            box.equal(f"{method}: errno", errno.ENOTDIR, error.errno)
            box.equal(f"{method}: path", os.path.abspath("file"), error.path)
        box.works("a file is enough elsewhere", box.apply, SystemIO().allow_read_path("file"))

    run(case)


@pytest.mark.parametrize("abi", [0, 1, 2, 3])
def test_an_old_abi_is_named_with_what_needs_it(run, monkeypatch, abi):
    monkeypatch.setenv("PYEXTRASAFE_LANDLOCK_ABI", str(abi))

    def case(box, abi):
        import os

        from pyextrasafe import ExtraSafeError, Networking, SystemIO

        here = os.getcwd()
        needed = {
            1: (SystemIO().allow_read_path("."), f"SystemIO().allow_read_path({here!r})", "5.13"),
            2: (
                SystemIO().allow_scratch_dir("."),
                f"SystemIO().allow_scratch_dir({here!r})",
                "5.19",
            ),
            4: (
                Networking().allow_start_tcp_servers(80),
                "Networking().allow_start_tcp_servers(80)",
                "6.7",
            ),
        }
        for wanted, (permission, code, version) in needed.items():
            if wanted <= abi:
                continue
            error = box.raises(code, ExtraSafeError, box.apply, permission)
            box.equal(f"{code}: code", "unsupported", error.code)
            for part in (code, f"ABI {wanted}", f"Linux {version}", f"only ABI {abi}"):
                box.true(f"{code}: {part} in {error}", part in str(error))
        if abi == 0:
            # The filter lets these create, or read.
            for method in ("allow_write_file", "allow_create_in_dir"):
                permission = getattr(SystemIO(), method)("/")
                error = box.raises(method, ExtraSafeError, box.apply, permission)
                box.equal(f"{method}: code", "unsupported", error.code)
                box.true(f"{method}: {error}", f"{method}('/') needs ABI 1" in str(error))
        box.works("nothing changed", os.listdir, "/")
        box.works("/ needs no Landlock", box.apply, SystemIO().allow_scratch_dir("/"))

    run(case, abi=abi)


def test_the_variable_that_lowers_the_abi_is_ignored_where_the_environment_is(run, monkeypatch):
    monkeypatch.setenv("PYEXTRASAFE_LANDLOCK_ABI", "0")

    def case(box):
        import subprocess
        import sys

        program = (
            "import pyextrasafe\n"
            "pyextrasafe.SafetyContext().enable(pyextrasafe.SystemIO().allow_stdout()"
            ".allow_stderr().allow_read_path('/')"
            ".allow_write_file('.')).apply_to_all_threads()\n"
            "print('applied')"
        )
        for options, works in (([], False), (["-E"], True), (["-I"], True)):
            done = subprocess.run([sys.executable, *options, "-c", program], capture_output=True)
            box.equal(f"{options}", works, done.stdout == b"applied\n")
            box.equal(f"{options}: error", not works, b"ABI 1 of Landlock" in done.stderr)

    run(case)


def test_sixteen_layers_are_the_most(run, form):
    def case(box):
        import errno
        import os

        from pyextrasafe import ExtraSafeError, SystemIO

        os.mkdir("granted")
        inner = SystemIO().allow_scratch_dir("granted").allow_read_path("/")
        for number in range(16):
            box.works(f"layer {number}", box.apply, inner)
        error = box.raises("one more", ExtraSafeError, box.apply, inner)
        box.equal("code", "too-many", error.code)
        box.equal("errno", errno.E2BIG, error.errno)
        box.equal("operation", "landlock_restrict_self(2)", error.operation)
        box.works("still granted", os.mkdir, "granted/new")
        box.works("and without paths", box.apply, SystemIO().allow_read())

    run(case, form=form)


@pytest.mark.parametrize(
    ("call", "errno", "code"),
    [
        ("landlock_create_ruleset", 38, "unsupported"),
        ("landlock_create_ruleset", 95, "unsupported"),
        ("landlock_create_ruleset", 1, "outer-sandbox"),
        ("landlock_add_rule", 1, "outer-sandbox"),
        ("landlock_add_rule", 7, "too-many"),
        ("landlock_restrict_self", 1, "outer-sandbox"),
    ],
)
def test_an_outer_sandbox_that_refuses_landlock_is_told(run, form, call, errno, code):
    def case(box, call, errno, code):
        import os

        import outer
        from pyextrasafe import ExtraSafeError, SystemIO

        outer.refuse(box.raw(), call, errno)
        error = box.raises("apply", ExtraSafeError, box.apply, SystemIO().allow_read_path("."))
        box.equal("code", code, error.code)
        box.equal("errno", errno, error.errno)
        box.equal(
            "operation", f"{call}(2)" if errno != 7 else "landlock_add_rule(2)", error.operation
        )
        box.works("nothing changed", os.listdir, "/")
        box.works("without paths it works", box.apply, SystemIO().allow_read())

    run(case, form=form, call=call, errno=errno, code=code)


def test_a_filter_that_fails_after_landlock_leaves_a_half(run, form):
    def case(box):
        import os

        import outer
        from pyextrasafe import ExtraSafeError, SystemIO

        os.mkdir("granted")
        outer.refuse_real_filters(box.raw(), 1)
        error = box.raises(
            "apply", ExtraSafeError, box.apply, SystemIO().allow_scratch_dir("granted")
        )
        box.equal("code", "half", error.code)
        box.equal("operation", "seccomp(2)", error.operation)
        box.true("message", "end the program" in str(error))
        box.outside("paths are limited", os.listdir, "/")
        box.works("metadata is not", os.chmod, "granted", 0o700)

    run(case, form=form)


def test_dev_null_is_granted_only_where_it_is_the_device(run):
    """In a chroot it can be a file."""

    def case(box):
        import errno
        import os
        import subprocess

        from pyextrasafe import SafetyContext, SystemIO

        os.mkdir("inside")
        open("file", "w").close()

        def outcome():
            child = os.fork()
            if not child:
                context = SafetyContext().enable(SystemIO().allow_write_file("inside"))
                context.apply_to_current_thread()
                try:
                    open("/dev/null", "w").close()
                except OSError as error:
                    os._exit(error.errno)
                os._exit(0)
            return os.waitpid(child, 0)[1] >> 8

        box.equal("the device", 0, outcome())
        subprocess.run(["mount", "--bind", "file", "/dev/null"], check=True)
        box.equal("a file", errno.EACCES, outcome())
        subprocess.run(["umount", "/dev/null"], check=True)

    run(case, namespaces=("--mount",))


def test_mistakes_are_raised_where_they_are_made(run):
    """What contradicts itself changes nothing either."""

    def case(box):
        import os

        from pyextrasafe import Custom, ExtraSafeError, Networking, SafetyContext, SystemIO

        here = os.getcwd()
        for one, other, words in (
            (SystemIO().allow_write_file("."), SystemIO().allow_open(), "write files"),
            (SystemIO().allow_read_path("."), SystemIO().allow_open_readonly(), "read files"),
            (SystemIO().allow_read_path("."), SystemIO().allow_read_path("/"), "read files"),
            (SystemIO().allow_remove_dir("."), SystemIO.everything(), "remove directories"),
            (
                SystemIO().allow_create_dir("."),
                SystemIO().allow_create_dir("/"),
                "make directories",
            ),
            (SystemIO().allow_create_dir("."), Custom().add_simple("mkdirat"), "make directories"),
            (SystemIO().allow_list_dir("."), Custom().add_simple("chroot"), "bypass"),
            (SystemIO().allow_python_files(), Custom().add_simple("open_by_handle_at"), "bypass"),
            (SystemIO().allow_list_dir("."), Custom().add_simple("io_uring_enter"), "bypass"),
            (
                Networking().allow_start_tcp_clients(80),
                Custom().add_simple("io_uring_setup"),
                "bypass",
            ),
            (
                Networking().allow_start_tcp_clients(80),
                Networking().allow_start_tcp_clients(),
                "connect TCP",
            ),
            (Networking().allow_start_tcp_servers(80), Custom().add_simple("bind"), "bind TCP"),
            (Networking().allow_start_tcp_servers(80), Custom().add_simple("socket"), "bypass"),
            (Networking().allow_start_tcp_clients(80), Custom().add_simple("sendto"), "bypass"),
        ):
            for rulesets in ((one, other), (other, one)):
                context = SafetyContext().enable(*rulesets)
                error = box.raises(repr(context), ExtraSafeError, context.apply_to_all_threads)
                box.equal(f"{context}: code", "contradiction", error.code)
                box.true(f"{context}: {words} in {error}", words in str(error))
                box.true(f"{context}: who in {error}", repr(one).split("(")[0] in str(error))
        box.works("nothing changed", os.listdir, here)
        for fine in (
            (SystemIO().allow_scratch_dir("."), SystemIO().allow_open_readonly()),
            (SystemIO().allow_python_files(), SystemIO().allow_open_readonly()),
            (SystemIO().allow_write_file("."), SystemIO().allow_create_in_dir(".")),
            (Networking().allow_start_tcp_clients(80), Networking().allow_start_tcp_servers()),
        ):
            child = os.fork()
            if not child:
                SafetyContext().enable(*fine).apply_to_all_threads()
                os._exit(0)
            box.equal(repr(fine), 0, os.waitpid(child, 0)[1])

    run(case)
