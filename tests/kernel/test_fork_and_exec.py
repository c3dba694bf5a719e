"""ForkAndExec: starting other programs, which live under the same filter."""


def test_subprocess(run, form):
    """With what an ordinary program needs to start: read, open_readonly, metadata, close, write."""

    def case(box):
        import os
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO

        os.mkdir("directory")
        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close()
        box.apply(ForkAndExec(), rules.allow_read().allow_write())
        run = subprocess.run
        box.gives("output", b"hello\n", subprocess.check_output, ["echo", "hello"])
        both = box.works(
            "capture", run, ["sh", "-c", "echo out; echo err >&2"], capture_output=True
        )
        box.equal("what was captured", (b"out\n", b"err\n"), (both.stdout, both.stderr))
        piped = box.works("input", run, ["cat"], input=b"through", stdout=subprocess.PIPE)
        box.equal("what came through", b"through", piped.stdout)
        box.gives("status", 3, subprocess.call, ["sh", "-c", "exit 3"])
        box.gives("shell", 4, subprocess.call, "exit 4", shell=True)
        box.gives("cwd", 0, subprocess.call, "test -d ../directory", shell=True, cwd="directory")
        box.gives("session", 0, subprocess.call, ["true"], start_new_session=True)
        box.gives("keep descriptors", 0, subprocess.call, ["true"], close_fds=False)
        box.raises("no such program", FileNotFoundError, subprocess.call, ["/no/such/program"])
        box.gives("os.system", 2, lambda: os.system("exit 2") >> 8)

    run(case, form=form)


def test_timeouts_and_kill(run, form):
    """Popen.kill, terminate and timeouts reach a child; waiting for it needs allow_sleep."""

    def case(box):
        import signal
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO, Threads

        def end(how):
            child = subprocess.Popen(["sleep", "1000"])
            getattr(child, how)()
            return child.wait(timeout=30)

        def interrupt():
            child = subprocess.Popen(["sleep", "1000"])
            child.send_signal(signal.SIGINT)
            return child.wait(timeout=30)

        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close()
        box.apply(ForkAndExec(), Threads().allow_sleep(), rules.allow_read().allow_write())
        expired = subprocess.TimeoutExpired
        sleep = ["sleep", "1000"]
        box.raises("run", expired, subprocess.run, sleep, timeout=0.1)
        box.raises("capture", expired, subprocess.run, sleep, capture_output=True, timeout=0.1)
        box.gives("kill", -signal.SIGKILL, end, "kill")
        box.gives("terminate", -signal.SIGTERM, end, "terminate")
        box.gives("interrupt", -signal.SIGINT, interrupt)

    run(case, form=form)


def test_whom_it_may_signal(run, form):
    """One process at a time, with SIGTERM, SIGKILL or SIGINT; 0 asks whether there is one."""

    def case(box):
        import errno
        import os
        import signal

        from constants import NOBODY
        from pyextrasafe import ForkAndExec

        raw = box.raw()
        own = os.getpid()
        box.apply(ForkAndExec())
        allowed = {signal.SIGTERM, signal.SIGKILL, signal.SIGINT}
        for number in range(65):
            if number == 0 or number in allowed:
                box.reaches(f"{number}", errno.ESRCH, raw, "kill", NOBODY, number)
                box.reaches(f"{number}, 2**31 - 1", errno.ESRCH, raw, "kill", 2**31 - 1, number)
                garbage = 1 << 32 | number
                box.reaches(f"{number}, garbage", errno.ESRCH, raw, "kill", NOBODY, garbage)
            else:
                box.refused(f"{number}", raw, "kill", NOBODY, number)
                box.refused(f"{number} above", raw, "kill", NOBODY, signal.SIGTERM << 32 | number)
        for number in (0, *sorted(allowed)):
            # Process groups of no process; and 0, with which nobody is hit but this namespace.
            box.refused(f"a group by {number}", raw, "kill", 2**64 - NOBODY, number)
            box.refused(f"a group of 32 bits by {number}", raw, "kill", 2**32 - NOBODY, number)
            box.refused(f"INT_MIN by {number}", raw, "kill", 2**31, number)
            box.refused(f"tgkill by {number}", raw, "tgkill", NOBODY, NOBODY, number)
            box.refused(f"tkill by {number}", raw, "tkill", NOBODY, number)
            box.refused(f"queue {number}", raw, "rt_sigqueueinfo", NOBODY, number, 1)
        box.refused("its own group by 0", raw, "kill", 0, 0)
        box.refused("everybody by 0", raw, "kill", 2**64 - 1, 0)
        box.works("its parent by 0", raw, "kill", os.getppid(), 0)
        box.works("itself by 0", raw, "kill", own, 0)

    run(case, form=form)


def test_it_opens_nothing_by_itself(run, form):
    def case(box):
        import os
        import socket

        from pyextrasafe import ForkAndExec

        raw = box.raw()
        reader, writer = os.pipe()
        os.write(writer, b"x")
        box.apply(ForkAndExec())
        box.refused("read", os.read, reader, 1)
        box.refused("write", os.write, writer, b"x")
        box.refused("print", os.write, 1, b"x")
        box.refused("open", open, "/etc/passwd")
        box.refused("close", os.close, reader)
        box.refused("stat", os.stat, "/")
        box.refused("socket", socket.socket)
        box.refused("ptrace", raw, "ptrace", 1, os.getppid(), 0, 0)
        box.refused("setuid", os.setuid, os.getuid())
        box.refused("groups", raw, "setgroups", 2**31 - 1, 1)
        box.refused("chroot", raw, "chroot", 1)
        box.refused("map", raw, "mmap", 0, 4096, 1, 2, 0, 0)
        box.absent("execveat", raw, "execveat", 0, 1, 0, 0, 0)
        box.absent("clone3", raw, "clone3", 1, 88)

    run(case, form=form)


def test_the_program_is_under_the_filter(run, form):
    def case(box):
        import os
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO

        os.mkdir("empty")
        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close().allow_read()
        box.apply(ForkAndExec(), rules.allow_stderr())
        box.true("no file is made", subprocess.call("> made", shell=True) != 0)
        box.true("none is removed", subprocess.call(["rmdir", "empty"]) != 0)
        box.true("nothing is printed", subprocess.call(["echo", "printed"]) != 0)

    result = run(case, form=form)
    assert result.stdout == b""
    assert [path.name for path in result.directory.iterdir()] == ["empty"]
    assert b"Operation not permitted" in result.stderr


def test_a_static_program_needs_nothing_else(run, form, static_program):
    """exec(2) in a child, with ForkAndExec alone."""

    def case(box, program):
        import os

        from pyextrasafe import ForkAndExec

        box.apply(ForkAndExec())
        pid = box.works("fork", os.fork)
        if pid == 0:
            os.execv(program, [program])
        box.gives("status", 42, lambda: os.WEXITSTATUS(os.waitpid(pid, 0)[1]))

    run(case, form=form, program=static_program)
