"""Programs fare with explanations as without, also where the explanations cannot be written."""


def test_nobody_reads_any_more(run):
    """A program that dies of SIGPIPE has written something itself."""

    def case(box):
        import os
        import signal

        from pyextrasafe import ForkAndExec, SafetyContext, denials

        reading, writing = os.pipe()
        os.close(reading)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        SafetyContext().explain_denials(writing).enable(ForkAndExec()).apply_to_all_threads()
        for expected in (42 << 8, signal.SIGPIPE):
            child = os.fork()  # the first process of a namespace does not die of it
            if not child:
                try:
                    os.getsid(0)
                except PermissionError:
                    if expected == signal.SIGPIPE:
                        os.write(writing, b"x")
                os._exit(42)
            box.equal("how it ends", expected, os.waitpid(child, 0)[1])
        box.equal("explained", "getsid", denials()[0].call)

    run(case)


def test_a_file_that_may_not_grow(run):
    def case(box):
        import os
        import resource
        import signal

        from pyextrasafe import ForkAndExec, SafetyContext

        file = open("file", "wb")
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        context = SafetyContext().explain_denials(file).enable(ForkAndExec())
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        context.apply_to_all_threads()
        child = os.fork()
        if not child:
            try:
                os.getsid(0)
            except PermissionError:
                os._exit(42)
        box.equal("it lives on", 42 << 8, os.waitpid(child, 0)[1])

    run(case)


def test_nobody_reads_for_the_moment(run):
    """What ends a program that waits to be read ends one that explains."""

    def case(box):
        import os
        import signal

        from pyextrasafe import ForkAndExec, SafetyContext

        _, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x")
        except BlockingIOError:
            os.set_blocking(writing, True)
        SafetyContext().explain_denials(writing).enable(ForkAndExec()).apply_to_all_threads()
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            os.getsid(0)
            os._exit(1)
        box.equal("ended", signal.SIGALRM, os.waitpid(child, 0)[1])
        box.end(None)
        os._exit(0)  # at its end Python is denied something, too

    run(case)
