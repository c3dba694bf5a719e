"""Programs fare with explanations as without, also where the explanations cannot be written."""

import pytest
from kernel.box import compile_c

# A denied call in a handler on a small alternate stack, with what must stay as it is below the
# stack; and a filter of somebody else, which traps at mkdir(2) and tells a number.
IN_C = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char below[64 << 10], stack[10 << 10];
static int found;

static void handle(int number)
{
    found = mkdir("/proc/nowhere", 0) == 0 ? 0 : errno;
    (void)number;
}

int on_an_alternate_stack(void)
{
    static char both[sizeof below + sizeof stack];
    stack_t alternate = {.ss_sp = both + sizeof below, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};

    sigaltstack(&alternate, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return memcmp(both, below, sizeof below) == 0 ? found : -1;
}

int trap_mkdir(int number)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {4, instructions};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
"""


@pytest.fixture(scope="session")
def in_c(tmp_path_factory):
    path = tmp_path_factory.mktemp("in-c") / "in_c.so"
    compile_c(IN_C, path, "-shared", "-fPIC")
    return str(path)


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
        box.true("explained", "getsid" in [denial.call for denial in denials()])

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
        box.end(None)
        os._exit(0)  # the file cannot be closed, nor that be told

    run(case)


def test_nobody_reads_for_the_moment(run):
    """What ends a program that waits to be read ends one that explains."""

    def case(box):
        import os
        import signal

        from pyextrasafe import SafetyContext

        _, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x")
        except BlockingIOError:
            os.set_blocking(writing, True)
        child = os.fork()
        if not child:
            SafetyContext().explain_denials(writing).apply_to_all_threads()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            os.getsid(0)
            os._exit(1)
        box.equal("ended", signal.SIGALRM, os.waitpid(child, 0)[1])

    run(case)


def test_an_alternate_stack(run, in_c):
    def case(box, in_c):
        import ctypes

        from pyextrasafe import SafetyContext

        library = ctypes.CDLL(in_c)
        SafetyContext().explain_denials(2).apply_to_all_threads()
        box.equal("EPERM, and nothing overwritten", 1, library.on_an_alternate_stack())

    run(case, in_c=in_c)


@pytest.mark.parametrize("number", [0, 1, 2, 0xE52])
def test_traps_of_others(run, in_c, number):
    """What somebody else's filter traps would end the program; it is never taken for done."""

    def case(box, in_c, number):
        import ctypes
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        box.equal("loaded", 0, ctypes.CDLL(in_c).trap_mkdir(number))
        SafetyContext().explain_denials(2).enable(SystemIO().everything()).apply_to_all_threads()
        box.refused("not made", os.mkdir, "here")
        box.true("indeed", not os.path.exists("here"))
        box.equal("not by us", [], denials())

    run(case, in_c=in_c, number=number)


def test_the_descriptor_that_nobody_has(run):
    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO

        SafetyContext().explain_denials(False).enable(
            SystemIO().allow_stdout()
        ).apply_to_all_threads()
        box.refused("as ever", os.write, 0x7FFFFFF0, b"x")

    run(case)


@pytest.mark.parametrize("explain", [True, False])
def test_the_errno_of_a_newer_context(run, explain):
    def case(box, explain):
        import ctypes

        from pyextrasafe import Custom, SafetyContext

        dup3 = ctypes.CDLL(None, use_errno=True).dup3
        some = Custom().add_conditional(("dup3", [(0, "==", 77)]))
        context = SafetyContext().enable(some)
        if explain:
            context.explain_denials(2)
        context.apply_to_all_threads()
        SafetyContext().apply_to_all_threads()
        box.equal("not made", -1, dup3(0, 70, 0))
        box.equal("ENOSYS", 38, ctypes.get_errno())

    run(case, explain=explain)


def test_what_a_newer_context_allows(run):
    """An older one denies it, and says so, also where the newer one limits paths."""

    def case(box):
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        basic = SystemIO().allow_metadata().allow_open_readonly()
        SafetyContext().explain_denials(False).enable(basic).apply_to_all_threads()
        SafetyContext().explain_denials(False).enable(
            SystemIO().allow_scratch_dir(".")
        ).apply_to_all_threads()
        box.refused("a directory", os.mkdir, "here")
        box.equal("explained", ["mkdir"], [denial.call for denial in denials()])

    run(case)


def test_a_context_that_fails_while_another_is_applied(run):
    """The handler of the one that is loaded stays."""

    def case(box):
        import threading

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO, _explain

        preparing, failed = threading.Event(), threading.Event()
        looked_up = _explain._looked_up
        ended = []

        def slowly():
            if threading.current_thread() is not threading.main_thread():
                preparing.set()
                failed.wait()
            return looked_up()

        def apply():
            import os

            SafetyContext().explain_denials(False).apply_to_current_thread()
            try:
                os.getsid(0)
            except PermissionError:
                ended.append(True)

        _explain._looked_up = slowly
        thread = threading.Thread(target=apply)
        thread.start()
        preparing.wait()
        wrong = SafetyContext().explain_denials(False).enable(SystemIO().allow_read_path("/none"))
        box.raises("wrong", ExtraSafeError, wrong.apply_to_current_thread)
        failed.set()
        thread.join()
        box.equal("the other one lives", [True], ended)

    run(case)
