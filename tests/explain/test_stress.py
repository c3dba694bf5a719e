"""Many threads with small stacks, timers and forks, all of them denied something at once."""

import pathlib

INSIDE = str(pathlib.Path(__file__).parent / "inside")


def test_stress(run):
    def case(box, inside):
        import sys

        sys.path.insert(0, inside)
        from stress import Stress

        from pyextrasafe import ForkAndExec, SafetyContext, SystemIO, Threads, denials

        stress = Stress()
        SafetyContext().explain_denials(False).enable(
            Threads().allow_create().allow_sleep(),
            ForkAndExec(),
            SystemIO().allow_read_path("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"),
        ).apply_to_all_threads()
        stress.run()
        box.equal("every result is right", [], stress.wrong[:5])
        box.true("the timer was heard", stress.by_timer)
        paths = {path for _, path in stress.expected()}
        ours = [denial for denial in denials() if denial.path in paths]
        kinds = {(denial.call.rstrip("at"), denial.path) for denial in ours}
        box.equal("calls", stress.expected(), kinds)
        frames = {denial.stack[0][2] for denial in ours if denial.stack}
        box.equal("frames", {"expect"}, frames)
        box.true("nearly all have some", sum(not denial.stack for denial in ours) <= 1)

    run(case, timeout=120, inside=INSIDE)


def test_threads_that_start_meanwhile(run):
    """Libraries block all signals while they start a thread, and it is denied something then."""

    def case(box):
        import os

        from newcomers import Newcomers
        from pyextrasafe import SafetyContext, Threads, denials

        newcomers = Newcomers(lambda: os.getsid(0))
        context = SafetyContext().explain_denials(False).enable(Threads().allow_create())
        context.apply_to_all_threads()
        newcomers.end()
        box.true("some came before", newcomers.came_before)
        box.true("none came through", not newcomers.came_through)
        box.true("explained", "getsid" in [denial.call for denial in denials()])

    for _ in range(5):
        run(case)
