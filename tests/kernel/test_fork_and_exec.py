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
    """One process or one group at a time, with SIGTERM, SIGKILL or SIGINT; 0 asks for a process."""

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
        # The kernel looks at 32 bits. No process and no group of the test has these numbers.
        process = {"a process": NOBODY, "the last process": 2**31 - 1}
        group = {"a group": 2**64 - NOBODY, "a group of 32 bits": 2**32 - NOBODY}
        for number in range(65):
            for name, target in {**process, **group}.items():
                if number in allowed or (number == 0 and name in process):
                    box.reaches(f"{name} by {number}", errno.ESRCH, raw, "kill", target, number)
                    garbage = 1 << 32 | number
                    box.reaches(
                        f"{name} by {number}, garbage", errno.ESRCH, raw, "kill", target, garbage
                    )
                else:
                    box.refused(f"{name} by {number}", raw, "kill", target, number)
                    above = signal.SIGTERM << 32 | number
                    box.refused(f"{name} by {number}, above", raw, "kill", target, above)
        for number in (0, *sorted(allowed)):
            for everybody in (2**64 - 1, 2**32 - 1, 7 << 32 | 2**32 - 1):
                # Nobody is hit but this namespace.
                box.refused(f"everybody by {number}", raw, "kill", everybody, number)
            for own_group in (0, 1 << 32, 2**63):
                box.refused(f"its own group by {number}", raw, "kill", own_group, number)
            box.refused(f"tgkill by {number}", raw, "tgkill", NOBODY, NOBODY, number)
            box.refused(f"tkill by {number}", raw, "tkill", NOBODY, number)
            box.refused(f"queue {number}", raw, "rt_sigqueueinfo", NOBODY, number, 1)
        box.reaches("INT_MIN is no group", errno.ESRCH, raw, "kill", 2**31, signal.SIGTERM)
        box.refused("os.killpg of its own", os.killpg, 0, signal.SIGTERM)
        box.works("its parent by 0", raw, "kill", os.getppid(), 0)
        box.works("itself by 0", raw, "kill", own, 0)

    run(case, form=form)


def test_a_group_is_ended(run, form):
    """A shell and what it has started: all of them, and nobody else."""

    def case(box):
        import os
        import signal
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO, Threads

        def own_group():
            os.setpgid(0, 0)

        def start(**options):
            script = "sleep 1000 & echo started; exec sleep 1000"
            child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, **options)
            child.stdout.read(len("started\n"))
            return child

        def end(child, number):
            os.killpg(os.getpgid(child.pid), number)
            # Nobody has the pipe any more when both have ended.
            return child.stdout.read(), child.wait()

        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close()
        box.apply(ForkAndExec(), Threads().allow_sleep(), rules.allow_read().allow_write())
        for number in (signal.SIGTERM, signal.SIGKILL):
            for options in ({"preexec_fn": own_group}, {"start_new_session": True}):
                child = box.works("start", start, **options)
                box.gives("its group", child.pid, os.getpgid, child.pid)
                box.refused("stop", os.killpg, child.pid, signal.SIGSTOP)
                box.gives(f"end by {number}", (b"", -number), end, child, number)
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        box.works("interrupt", os.killpg, child.pid, signal.SIGINT)
        box.gives("interrupted", -signal.SIGINT, child.wait)
        box.gives("this group lives", os.getpgrp(), os.getpgid, 0)

    run(case, form=form)


def test_waiting_for_one_child(run, form):
    """waitid(2), and a descriptor that tells when a process ends; asyncio uses either."""

    def case(box):
        import os
        import select
        import signal

        from constants import WEXITED
        from pyextrasafe import ForkAndExec

        raw = box.raw()
        poll = select.poll()
        until, ours = os.pipe()
        information = raw.memory(128)
        box.apply(ForkAndExec())

        def start():
            child = os.fork()
            if child == 0:
                os._exit(7)
            return child

        child = start()
        watched = box.works("pidfd_open", raw, "pidfd_open", child, 0)
        poll.register(watched, select.POLLIN)
        box.gives("it tells", [(watched, select.POLLIN)], poll.poll)
        box.gives("waitid by it", 0, raw, "waitid", 3, watched, information, WEXITED, 0)
        status = int.from_bytes(raw.read(information + 24, 4), "little")
        box.equal("how it ended", 7, status)
        child = start()
        if hasattr(os, "waitid"):
            ended = box.works("os.waitid", os.waitid, os.P_PID, child, os.WEXITED)
            box.equal("how it ended, too", (child, 7), (ended.si_pid, ended.si_status))
        for flags in (os.O_NONBLOCK, os.O_EXCL):
            box.refused("with flags", raw, "pidfd_open", os.getpid(), flags)
        box.absent("to signal by it", raw, "pidfd_send_signal", watched, signal.SIGTERM, 0, 0)
        box.absent("to take a descriptor", raw, "pidfd_getfd", watched, 0, 0)

    run(case, form=form)


def test_limits_for_children(run, form):
    def case(box):
        import os
        import resource
        import subprocess

        from pyextrasafe import ForkAndExec, SystemIO

        raw = box.raw()
        files = resource.RLIMIT_NOFILE
        parent = os.getppid()
        _, most = resource.getrlimit(files)
        limits = raw.memory((50).to_bytes(8, "little") * 2)

        def lower():
            resource.setrlimit(files, (60, 60))

        def ask(**options):
            return subprocess.check_output(["sh", "-c", "ulimit -n; ulimit -Hn"], **options)

        rules = SystemIO().allow_open_readonly().allow_metadata().allow_close()
        box.apply(ForkAndExec(), rules.allow_read().allow_write())
        box.works("its own", resource.setrlimit, files, (70, most))
        box.gives("it is set", (70, most), resource.getrlimit, files)
        box.gives("children have it, too", b"70", lambda: ask().split()[0])
        box.gives("for one child", b"60\n60\n", ask, preexec_fn=lower)
        box.gives(
            "by a shell", b"65\n", subprocess.check_output, "ulimit -n 65; ulimit -n", shell=True
        )
        box.gives("as before here", (70, most), resource.getrlimit, files)
        for pid in (parent, 1, os.getpid(), 1 << 32 | parent):
            box.refused(f"of {pid}", raw, "prlimit64", pid, files, limits, 0)
            box.refused(f"ask for those of {pid}", raw, "prlimit64", pid, files, 0, limits)
        box.gives("garbage above", 0, raw, "prlimit64", 1 << 32, files, limits, 0)
        box.refused("priority", os.nice, 1)

    run(case, form=form)


def test_without_it_limits_are_only_read(run, form):
    def case(box):
        import resource

        from pyextrasafe import SystemIO, Threads

        files = resource.RLIMIT_NOFILE
        before = resource.getrlimit(files)
        box.apply(Threads().allow_create(), SystemIO.everything())
        box.gives("ask", before, resource.getrlimit, files)
        error = box.raises("set", (OSError, ValueError), resource.setrlimit, files, (70, before[1]))
        box.note("error", repr(error))
        box.gives("as before", before, resource.getrlimit, files)

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
