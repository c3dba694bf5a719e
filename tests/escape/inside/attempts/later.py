"""Later

A lock-down holds for good, wherever it was made. In this section what is tried is, unless it says
something else, to write a byte.
"""

import _thread
import ctypes
import errno
import os
import resource
import shutil
import signal
import struct
import time

from claims import ALL, FORMS, NOTHING, admitted, attempt, refused, under
from constants import MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE
from pyextrasafe import ExtraSafeError
from world import PATIENCE

CURRENT, EVERYBODY = FORMS
WRITTEN = "a byte is written"
FORKS = under("Threads().allow_create()")
STARTS = under("ForkAndExec()")


def writer(world):
    """A pipe, and a function that writes to it."""
    pipe, byte = world.pipe(), world.raw.memory(b"!")
    return pipe, lambda: world.raw("write", pipe.writer, byte, 1)


@attempt("a second context, of all permissions", refused(NOTHING), effect=WRITTEN, itself=True)
def wider(world):
    pipe, write = writer(world)

    def go(lock_down):
        lock_down()
        lock_down(ALL)
        write()

    return go, pipe.written


# struct sock_filter: allow everything.
ALLOW_ALL = struct.pack("HBBI", 6, 0, 0, 0x7FFF0000)


def more_filters(title, instructions):
    @attempt(title, refused(NOTHING), effect=WRITTEN)
    def prepare(world):
        pipe, write = writer(world)
        where = world.raw.memory(instructions)
        program = world.raw.memory(struct.pack("HxxxxxxQ", len(instructions) // 8, where))

        def go():
            world.raw("prctl", 38, 1, 0, 0, 0)
            world.raw("seccomp", 1, 0, program)
            write()

        return go, pipe.written


more_filters("a filter of one's own, that allows everything", ALLOW_ALL)


@attempt(
    "a filter of one's own, that tells the kernel's log of a call",
    admitted(NOTHING, "threat-log"),
    effect="a line in the kernel's log",
    optional="kernels without audit",
    alone=True,
)
def log_a_call(world):
    raw, umask = world.raw, world.raw.number("umask")
    # If it is umask(2): SECCOMP_RET_LOG. Else: SECCOMP_RET_ALLOW.
    code = (0x20, 0, 0, 0), (0x15, 0, 1, umask), (6, 0, 0, 0x7FFC0000), (6, 0, 0, 0x7FFF0000)
    where = raw.memory(b"".join(struct.pack("HBBI", *instruction) for instruction in code))
    program = raw.memory(struct.pack("HxxxxxxQ", len(code), where))
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(log, 0, os.SEEK_END)

    def told():
        try:
            return b" syscall=%d " % umask in os.read(log, 8192)
        except (BlockingIOError, BrokenPipeError):
            return False

    seen = world.watch(told)

    def go():
        raw("prctl", 38, 1, 0, 0, 0)
        raw("seccomp", 1, 0, program)
        # The log takes some lines a second only, and others write to it, too.
        end = time.monotonic() + PATIENCE
        while not seen() and time.monotonic() < end:
            raw("umask", 0o22)

    return go, seen


@attempt("a context in a signal handler", refused(NOTHING), effect=WRITTEN, itself=True)
def in_a_handler(world):
    pipe, write = writer(world)

    def go(lock_down):
        done = []
        signal.signal(signal.SIGUSR1, lambda number, frame: done.append(lock_down()))
        os.kill(os.getpid(), signal.SIGUSR1)
        while not done:
            time.monotonic()
        write()

    return go, pipe.written


@attempt("a signal handler of before", refused(NOTHING), effect=WRITTEN, itself=True)
def handler_of_before(world):
    pipe, write = writer(world)

    def go(lock_down):
        errors = []

        def handle(number, frame):
            try:
                write()
                errors.append(None)
            except OSError as error:
                errors.append(error)

        signal.signal(signal.SIGUSR1, handle)
        lock_down()
        os.kill(os.getpid(), signal.SIGUSR1)
        while not errors:
            time.monotonic()
        if errors[0]:
            raise errors[0]

    return go, pipe.written


# ---- Threads -------------------------------------------------------------------------------------


def in_a_thread(function):
    """Run a function in a thread; returns a function that waits for what it raised."""
    done, errors = _thread.allocate_lock(), []
    done.acquire()

    def run():
        try:
            function()
        except OSError as error:
            errors.append(error)
        finally:
            done.release()

    _thread.start_new_thread(run, ())

    def wait():
        done.acquire()
        if errors:
            raise errors[0]

    return wait


@attempt(
    "a context in a thread; another thread writes",
    refused(NOTHING, form=EVERYBODY),
    admitted(NOTHING, "threat-threads", form=CURRENT),
    effect=WRITTEN,
    itself=True,
)
def beside_a_thread(world):
    pipe, write = writer(world)

    def go(lock_down):
        in_a_thread(lock_down)()
        write()

    return go, pipe.written


@attempt(
    "a thread of before, told to write by one that is locked down",
    refused(NOTHING, form=EVERYBODY),
    admitted(NOTHING, "threat-threads", form=CURRENT),
    effect=WRITTEN,
    itself=True,
)
def thread_of_before(world):
    pipe, write = writer(world)

    def go(lock_down):
        told = _thread.allocate_lock()
        told.acquire()

        def obey():
            told.acquire()
            write()

        wait = in_a_thread(obey)
        lock_down()
        told.release()
        wait()

    return go, pipe.written


@attempt("a new thread", refused(FORKS), effect=WRITTEN, itself=True)
def new_thread(world):
    pipe, write = writer(world)

    def go(lock_down):
        lock_down()
        in_a_thread(write)()

    return go, pipe.written


# ---- Processes -----------------------------------------------------------------------------------


def in_a_child(function):
    """Run a function in a forked child; raises what it raised."""
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            function()
        except OSError as error:
            code = error.errno
        finally:
            os._exit(code)
    code = os.WEXITSTATUS(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))


@attempt("a child of fork", refused(FORKS), effect=WRITTEN)
def forked(world):
    pipe, write = writer(world)
    return (lambda: in_a_child(write)), pipe.written


@attempt("a context in a child of fork", refused(NOTHING), effect=WRITTEN, itself=True)
def in_a_fork(world):
    pipe, write = writer(world)

    def go(lock_down):
        def child():
            lock_down()
            write()

        in_a_child(child)

    return go, pipe.written


@attempt("a child of vfork", refused(FORKS), effect=WRITTEN)
def vforked(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")
    return (lambda: world.low.vfork_write(pipe.writer, byte)), pipe.written


@attempt(
    "a child of fork ends the process that was locked down",
    admitted(FORKS, "threat-fork"),
    effect="the parent ends",
)
def kill_the_parent(world):
    def go():
        parent = os.getpid()
        in_a_child(lambda: os.kill(parent, signal.SIGKILL))

    return go, lambda answer: answer.text == "SIGKILL"


@attempt(
    "a child of fork ends itself",
    refused(FORKS),
    effect="the child ends by a signal",
)
def kill_oneself(world):
    def go():
        pid = os.fork()
        if pid == 0:
            try:
                os.kill(os.getpid(), signal.SIGKILL)
            except OSError as error:
                os._exit(error.errno)
        status = os.waitpid(pid, 0)[1]
        if os.WIFEXITED(status):
            raise OSError(os.WEXITSTATUS(status), "kill")

    return go, lambda answer: answer.ok


@attempt("a new program", refused(STARTS), effect=WRITTEN, alone=True)
def new_program(world):
    pipe = world.pipe()
    words = [world.program, "write", str(pipe.writer)]
    return (lambda: os.execv(world.program, words)), pipe.written


@attempt("a new program: ptrace", refused(STARTS), effect="another process is traced", alone=True)
def new_program_traces(world):
    victim = world.victim()
    words = [world.program, "ptrace", str(victim.pid)]
    # Its parent has gone when one looks: the program says how it went.
    return (lambda: os.execv(world.program, words)), lambda answer: answer.ok


@attempt("a set-user-ID program", refused(STARTS), effect="the user is root", alone=True)
def privileged_program(world):
    raw = world.raw
    place = "/mnt" if os.path.isdir("/mnt") else "/media"
    raw("mount", raw.path("tmpfs"), raw.path(place), raw.path("tmpfs"), 0, 0)
    program = os.path.join(place, "program")
    shutil.copy(world.program, program)
    os.chmod(program, 0o4755)
    return (
        lambda: os.execv(program, [program, "root"]),
        lambda answer: answer.ok,
        lambda: os.setresuid(65534, 65534, 65534),
    )


@attempt("a forged signal frame: write", refused(NOTHING), effect=WRITTEN, alone=True)
def forged_frame(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")
    return (lambda: world.low.forged_write(pipe.writer, byte)), pipe.written


# ---- What no filter stops ------------------------------------------------------------------------


POLLED = "io_uring: a ring of before, at which a thread of the kernel looks"


@attempt(
    POLLED,
    refused(NOTHING),
    effect="the process goes on with it, and a byte is written",
    optional="kernels without io_uring",
    itself=True,
)
def polled_ring(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")

    def go(lock_down):
        world.low.ring(1)
        try:
            lock_down()
        except ExtraSafeError as error:
            raise PermissionError(errno.EPERM, str(error)) from error
        world.low.ring_write(0, pipe.writer, byte)

    return go, pipe.written


@attempt(
    f"{POLLED}, where /proc cannot be read",
    admitted(NOTHING, "threat-before"),
    effect=WRITTEN,
    optional="kernels without io_uring",
    alone=True,
)
def hidden_ring(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")

    def before():
        world.hide_proc()
        world.low.ring(1)

    return (lambda: world.low.ring_write(0, pipe.writer, byte)), pipe.written, before


@attempt(
    "a crash with core dumps on",
    admitted(NOTHING, "threat-crash"),
    effect="a file is made",
    optional="machines that do not write core dumps to the directory of the process",
    alone=True,
)
def core_dump(world):
    def dump():
        os.chdir(world.directory)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    return (
        lambda: world.store(0, b"!"),
        lambda _: any(name.startswith("core") for name in os.listdir(world.directory)),
        dump,
    )


@attempt(
    "mmap and mprotect: run machine code of one's own",
    admitted(NOTHING, "threat-code"),
    effect="it runs",
)
def machine_code(world):
    def go():
        place = world.raw("mmap", 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, 2**64 - 1, 0)
        world.store(place, b"\xb8\x2a\0\0\0\xc3")  # mov $42, %eax; ret
        world.raw("mprotect", place, 4096, PROT_READ | PROT_EXEC)
        return ctypes.CFUNCTYPE(ctypes.c_int)(place)()

    return go, lambda answer: answer.value == 42


@attempt(
    "the vDSO: read the clock",
    admitted(NOTHING, "threat-clocks"),
    effect="the time is known",
)
def read_the_clock(world):
    return time.time, lambda answer: abs(answer.value - time.time()) < 3600


@attempt(
    "futex: sleep",
    admitted(NOTHING, "threat-clocks"),
    effect="time has passed",
)
def sleep(world):
    word = world.raw.memory(4)
    moment = world.raw.memory(struct.pack("QQ", 0, 20_000_000))

    def go():
        start = time.monotonic()
        try:
            world.raw("futex", word, 0, 0, moment, 0, 0)
        except TimeoutError:
            pass
        return time.monotonic() - start

    return go, lambda answer: answer.value >= 0.02
