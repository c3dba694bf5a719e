"""Many threads with small stacks, timers and forks, all of them denied something at once."""


def test_stress(run):
    def case(box):
        import os
        import signal
        import subprocess
        import threading

        from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads, denials

        names = [str(number) for number in range(6)] + ["child"]
        for name in names:
            with open(name, "w"):
                pass
        SafetyContext().explain_denials(False).enable(
            Threads().allow_create().allow_sleep(),
            ForkAndExec(),
            SystemIO().allow_read_path("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"),
        ).apply_to_all_threads()
        rounds, wrong, by_timer = 150, [], []
        threading.stack_size(64 << 10)

        def expect(number, function, *args):
            try:
                function(*args)
            except OSError as error:
                if error.errno != number:
                    wrong.append((function.__name__, error.errno))
            else:
                wrong.append((function.__name__, "allowed"))

        def on_timer(number, frame):
            by_timer.append(1)
            expect(1, os.getsid, 0)

        def work(own):
            for turn in range(rounds):
                expect(1, os.getsid, 0)
                expect(1, os.mkdir, f"{own}-{turn % 3}")
                expect(13, os.open, str(own), os.O_RDONLY)
                if own == 0 and turn % 10 == 0:
                    child = os.fork()
                    if not child:
                        expect(1, os.getsid, 0)
                        expect(13, os.open, "child", os.O_RDONLY)
                        os._exit(42 if not wrong else 1)
                    if os.waitpid(child, 0)[1] != 42 << 8:
                        wrong.append("child")
                if own == 1 and turn % 30 == 0:
                    ended = subprocess.run(["/bin/true"], stdin=None, check=False)
                    if ended.returncode:
                        wrong.append(("a program", ended.returncode))

        signal.signal(signal.SIGALRM, on_timer)
        signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
        threads = [threading.Thread(target=work, args=(own,)) for own in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        signal.setitimer(signal.ITIMER_REAL, 0)
        box.equal("every result is right", [], wrong[:5])
        box.true("the timer was heard", by_timer)
        found = denials()
        ours = [d for d in found if d.call.startswith(("open", "mkdir"))]
        kinds = {(denial.call.rstrip("at"), denial.path) for denial in ours}
        wanted = {("open", name) for name in names}
        wanted |= {("mkdir", f"{own}-{turn}") for own in range(6) for turn in range(3)}
        box.equal("calls", wanted, kinds)
        frames = {denial.stack[0][2] for denial in ours if denial.stack}
        box.equal("frames", {"expect"}, frames)
        box.true("nearly all have some", sum(not d.stack for d in ours) <= 1)

    run(case, timeout=120)
