"""What no permission allows

Each of these calls is refused under every single permission and under all of them together. Only a
:class:`~pyextrasafe.Custom` rule can allow one. Where a success would harm the machine, the call
has a wrong argument, and the effect is that the kernel looks at it.
"""

import os
import struct

from claims import EVERY, attempt, refused
from constants import AT_FDCWD, NAMESPACES
from kinds import BAD, HIGH, REACHED, a_descriptor, changes, looked_at, never, succeeds
from world import SECRET

PTRACE_TRACEME, PTRACE_SEIZE = 0, 0x4206
ST_RDONLY = 1

NO_MODULES = "kernels without loadable modules"
NO_KEXEC = "kernels without kexec"


# ---- Calls that make other calls -----------------------------------------------------------------

a_descriptor("io_uring_setup", "io_uring_setup", 1, bytes(120))


# Without /proc a ring is not noticed, but a context with paths or ports cannot count threads.
@attempt(
    "io_uring_enter, on a ring that was there",
    refused(EVERY),
    effect="a byte is written",
    alone=True,
)
def enter_a_ring(world):
    pipe, byte = world.pipe(), world.raw.memory(b"!")
    world.low.ring(0)
    return (
        lambda: world.low.ring_write(1, pipe.writer, byte),
        pipe.written,
        world.hide_proc,
    )


@attempt("io_uring_register, on a ring that was there", refused(EVERY), effect=REACHED, alone=True)
def register_with_a_ring(world):
    ring = world.low.ring(0)
    return (
        lambda: world.raw("io_uring_register", ring, 99, 0, 0),
        lambda answer: answer.reached,
        world.hide_proc,
    )


@never("io_submit: write by asynchronous IO, in a context that was there", "a byte is written")
def submit(world):
    raw, file = world.raw, world.file()
    context = raw.memory(8)
    # struct iocb: data, key, rw_flags, IOCB_CMD_PWRITE, priority, descriptor, buffer, length, ...
    words = 0, 0, 0, 1, 0, world.open(file.path), raw.memory(b"!"), 1, 0, 0, 0, 0
    orders = raw.memory(raw.memory(struct.pack("<QIIHhIQQqQII", *words)).to_bytes(8, "little"))
    return (
        lambda: raw("io_submit", int.from_bytes(raw.read(context, 8), "little"), 1, orders),
        file.changed,
        lambda: raw("io_setup", 1, context),
    )


succeeds("io_setup", "a context for asynchronous IO", "io_setup", 1, bytes(8))

# ---- Other processes -----------------------------------------------------------------------------


@never("ptrace: PTRACE_SEIZE", "another process is traced")
def trace(world):
    victim = world.victim()

    def traced(_):
        with open(f"/proc/{victim.pid}/status") as status:
            return "TracerPid:\t0\n" not in status.read()

    return (lambda: world.raw("ptrace", PTRACE_SEIZE, victim.pid, 0, 0)), traced


@never("ptrace: PTRACE_TRACEME", "the process is traced", alone=True)
def be_traced(world):
    # Without a filter the stop that tells of the end is one of the traced process.
    return (
        lambda: world.raw("ptrace", PTRACE_TRACEME, 0, 0, 0),
        lambda _: world.status("TracerPid") != ["0"],
    )


@never("process_vm_readv", "a secret of another process is read")
def read_memory(world):
    raw, victim = world.raw, world.victim()
    buffer = raw.memory(len(SECRET))
    local = raw.memory(struct.pack("QQ", buffer, len(SECRET)))
    remote = raw.memory(struct.pack("QQ", world.secret, len(SECRET)))

    def go():
        raw("process_vm_readv", victim.pid, local, 1, remote, 1, 0)
        return raw.read(buffer, len(SECRET))

    return go, lambda answer: answer.value == SECRET


@never("process_vm_writev", "the memory of another process is changed")
def write_memory(world):
    raw, victim = world.raw, world.victim()
    local = raw.vector(b"overwritten")
    remote = raw.memory(struct.pack("QQ", world.secret, 11))

    def changed(_):
        with open(f"/proc/{victim.pid}/mem", "rb", 0) as memory:
            memory.seek(world.secret)
            return memory.read(len(SECRET)) != SECRET

    return (lambda: raw("process_vm_writev", victim.pid, local, 1, remote, 1, 0)), changed


def with_pidfd(title, effect, *call, **traits):
    """A call on the pidfd of another process, whose success is the effect."""

    @never(title, effect, **traits)
    def prepare(world):
        pidfd = world.raw("pidfd_open", world.victim().pid, 0)
        where = world.raw.memory(struct.pack("QQ", world.secret & ~4095, 4096))
        places = {"pidfd": pidfd, "where": where}
        return world.call(call, places), lambda answer: answer.ok


with_pidfd(
    "process_madvise: MADV_COLD",
    "the memory of another process is moved out",
    *("process_madvise", "pidfd", "where", 1, 20, 0),
)


@never("pidfd_getfd", "a descriptor of another process")
def take_a_descriptor(world):
    pidfd = world.raw("pidfd_open", world.victim().pid, 0)
    return (lambda: world.raw("pidfd_getfd", pidfd, 1, 0)), world.got_descriptor


@never("pidfd_send_signal: SIGKILL", "another process ends")
def signal_a_pidfd(world):
    victim = world.victim()
    pidfd = world.raw("pidfd_open", victim.pid, 0)
    return (lambda: world.raw("pidfd_send_signal", pidfd, 9, 0, 0)), victim.ended


@never("process_mrelease", REACHED)
def release_memory(world):
    pidfd = world.raw("pidfd_open", world.victim().pid, 0)
    return (lambda: world.raw("process_mrelease", pidfd, 0)), lambda answer: answer.reached


@never("kcmp", "two processes are compared")
def compare(world):
    victim, own = world.victim(), os.getpid()
    return (lambda: world.raw("kcmp", own, victim.pid, 1, 0, 0)), lambda answer: answer.ok


@never(
    "migrate_pages and move_pages",
    "the memory of another process is moved",
    alone=True,
    optional="kernels for machines with one kind of memory",
)
def move(world):
    raw, victim = world.raw, world.victim()
    nodes, page = raw.memory((1).to_bytes(8, "little")), raw.memory(struct.pack("Q", world.secret))
    status = raw.memory(4)

    def go():
        raw("migrate_pages", victim.pid, 2, nodes, nodes)
        raw("move_pages", victim.pid, 1, page, 0, status, 0)

    return go, lambda answer: answer.ok


# ---- The kernel itself ---------------------------------------------------------------------------

a_descriptor("userfaultfd", "userfaultfd", 1)
a_descriptor("bpf: a map", "bpf", 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128)
a_descriptor(
    "perf_event_open: a clock",
    *("perf_event_open", struct.pack("IIQ", 1, 120, 0) + bytes(104), 0, 2**64 - 1, 2**64 - 1, 0),
)
succeeds("keyctl: the process's keyring", "a keyring", "keyctl", 0, 2**64 - 2, 1, 0, 0)
succeeds(
    "add_key",
    "a key of the kernel",
    *("add_key", b"user\0", b"escape\0", b"!", 1, 2**64 - 2),
)
looked_at("request_key", "request_key", b"user\0", b"no such key\0", 0, 0)
looked_at("kexec_load", "kexec_load", 0, 100, BAD, 0, optional=NO_KEXEC)
looked_at("kexec_file_load", "kexec_file_load", 2**64 - 1, 2**64 - 1, 0, BAD, 0, optional=NO_KEXEC)
looked_at("init_module", "init_module", BAD, 1, BAD, optional=NO_MODULES)
looked_at("finit_module", "finit_module", 2**64 - 1, BAD, 0, optional=NO_MODULES)
looked_at("delete_module", "delete_module", BAD, 0, optional=NO_MODULES)
looked_at("reboot", "reboot", 0, 0, 0, 0)
looked_at("swapon", "swapon", BAD, 0)
looked_at("swapoff", "swapoff", BAD)
looked_at("acct", "acct", BAD)
looked_at("quotactl", "quotactl", 99 << 8, 0, 0, 0)
looked_at("quotactl_fd", "quotactl_fd", 2**64 - 1, 0, 0, 0)
looked_at("clock_settime", "clock_settime", 0, BAD)
looked_at("settimeofday", "settimeofday", BAD, 0)
succeeds("adjtimex", "the clock's parameters", "adjtimex", bytes(208))
looked_at("clock_adjtime", "clock_adjtime", 0, BAD)
succeeds("syslog", "the size of the kernel's log", "syslog", 10, 0, 0)
succeeds("vhangup", "the terminal hangs up", "vhangup")
succeeds("iopl", "ports", "iopl", 3, optional="kernels without iopl(2)")
succeeds("ioperm", "ports", "ioperm", 0x80, 1, 1, optional="kernels without ioperm(2)")
succeeds(
    "modify_ldt",
    "a segment",
    *("modify_ldt", 1, struct.pack("IIII", 0, 0, 0, 0x41), 16),
    optional="kernels without modify_ldt(2)",
)
a_descriptor("fanotify_init", "fanotify_init", 0, 0)
a_descriptor("memfd_secret", "memfd_secret", 0, optional="kernels without memfd_secret(2)")
a_descriptor("memfd_create", "memfd_create", b"memory\0", 0)
succeeds("shmget", "memory shared with others", "shmget", 0, 4096, 0o1600)
succeeds("msgget", "a queue shared with others", "msgget", 0, 0o1600)
succeeds("semget", "semaphores shared with others", "semget", 0, 1, 0o1600)
a_descriptor("mq_open", "mq_open", b"escape\0", 0o102, 0o600, 0)

# ---- File systems --------------------------------------------------------------------------------


def mounted(path):
    return os.path.ismount(path)


@never("mount", "a file system is mounted")
def mount(world):
    path, raw = world.folder(), world.raw
    words = raw.path("tmpfs"), raw.path(path), raw.path("tmpfs")
    return (lambda: raw("mount", *words, 0, 0)), lambda _: mounted(path)


def a_mount(world):
    path, raw = world.folder(), world.raw
    raw("mount", raw.path("tmpfs"), raw.path(path), raw.path("tmpfs"), 0, 0)
    return path


@never("umount2", "a file system is gone")
def unmount(world):
    path = a_mount(world)
    name = world.raw.path(path)
    return (lambda: world.raw("umount2", name, 0)), lambda _: not mounted(path)


a_descriptor("fsopen", "fsopen", b"tmpfs\0", 0)


@never("fsconfig", "a file system is made")
def configure(world):
    raw = world.raw
    handle = raw("fsopen", raw.path("tmpfs"), 0)
    return (lambda: raw("fsconfig", handle, 6, 0, 0, 0)), lambda answer: answer.ok


@never("fsmount", "a new descriptor")
def mount_by_descriptor(world):
    raw = world.raw
    handle = raw("fsopen", raw.path("tmpfs"), 0)
    raw("fsconfig", handle, 6, 0, 0, 0)
    return (lambda: raw("fsmount", handle, 0, 0)), world.got_descriptor


def on_a_mount(title, number, *arguments, **traits):
    @never(title, "a new descriptor", **traits)
    def prepare(world):
        path = world.raw.path(a_mount(world))
        return lambda: world.raw(number, AT_FDCWD, path, *arguments), world.got_descriptor


on_a_mount("fspick", "fspick", 0)
on_a_mount("open_tree", "open_tree", 1)
on_a_mount("open_tree_attr", 467, 1, 0, 0, optional="kernels before 6.15")


@never("move_mount", "a file system is mounted")
def move_a_mount(world):
    raw, target = world.raw, world.folder()
    tree = raw("open_tree", AT_FDCWD, raw.path(a_mount(world)), 1)
    empty, path = raw.path(""), raw.path(target)
    return (
        lambda: raw("move_mount", tree, empty, AT_FDCWD, path, 4),
        lambda _: mounted(target),
    )


@never("mount_setattr", "a mount becomes read-only")
def change_a_mount(world):
    raw, path = world.raw, a_mount(world)
    name, attributes = raw.path(path), raw.memory(struct.pack("QQQQ", 1, 0, 0, 0))
    return (
        lambda: raw("mount_setattr", AT_FDCWD, name, 0, attributes, 32),
        lambda _: os.statvfs(path).f_flag & ST_RDONLY,
    )


looked_at("pivot_root", "pivot_root", BAD, BAD)


@never("chroot", "another root")
def change_root(world):
    path = world.folder()
    name = world.raw.path(path)
    return (lambda: world.raw("chroot", name)), lambda _: os.readlink(world.proc("root")) == path


def handle_of(world, path):
    """A struct file_handle of a file, and the id of its mount."""
    handle = world.raw.memory(struct.pack("I", 128) + bytes(132))
    world.raw("name_to_handle_at", AT_FDCWD, world.raw.path(path), handle, world.raw.memory(4), 0)
    return handle


NO_HANDLES = "file systems without handles"


@never("name_to_handle_at", "a handle for a file", optional=NO_HANDLES)
def make_a_handle(world):
    path = world.file().path
    return (lambda: handle_of(world, path)), lambda answer: answer.ok


@never("open_by_handle_at", "a new descriptor", optional=NO_HANDLES)
def open_a_handle(world):
    path = world.file().path
    try:
        handle = handle_of(world, path)
    except OSError:
        handle = BAD
    mount = world.open(os.path.dirname(path), os.O_RDONLY)
    return (lambda: world.raw("open_by_handle_at", mount, handle, 0)), world.got_descriptor


@never("execveat", "another program runs")
def execute(world):
    raw, pipe = world.raw, world.pipe()
    words = ["program", "write", str(pipe.writer)]
    argv = raw.memory(b"".join(raw.path(word).to_bytes(8, "little") for word in words) + bytes(8))
    path = raw.path(world.program)
    return (lambda: raw("execveat", AT_FDCWD, path, argv, 0, 0)), pipe.written


# ---- Namespaces ----------------------------------------------------------------------------------

# The links in /proc/PID/ns. A new PID or time namespace is for children.
LINKS = {
    "CLONE_NEWTIME": "time_for_children",
    "CLONE_NEWNS": "mnt",
    "CLONE_NEWCGROUP": "cgroup",
    "CLONE_NEWUTS": "uts",
    "CLONE_NEWIPC": "ipc",
    "CLONE_NEWUSER": "user",
    "CLONE_NEWPID": "pid_for_children",
    "CLONE_NEWNET": "net",
}


def namespaces(name, flag):
    link = LINKS[name]
    # Not even root makes one in a chroot, see user_namespaces(7).
    chroot = "in a chroot" if name == "CLONE_NEWUSER" else None

    @never(f"unshare: {name}", "a new namespace", optional=chroot)
    def unshare(world):
        return (lambda: world.raw("unshare", flag)), lambda _: world.namespace(link)

    def by_clone(third, above=0):
        def prepare(world):
            path = f"/proc/self/ns/{link.partition('_')[0]}"
            name, seen = world.raw.path(path), world.raw.memory(100)

            def go():
                world.low.clone(third, flag | above, name, seen, 99)
                return world.raw.read(seen, 100).rstrip(b"\0").decode()

            here = os.readlink(path)
            return go, lambda answer: answer.ok and answer.value != here

        return prepare

    def process(title, prepare):
        never(title, "a process in a new namespace", optional=chroot)(prepare)

    process(f"clone3: {name}", by_clone(1))
    if name != "CLONE_NEWTIME":  # this bit is a part of the signal for clone(2)
        process(f"clone: {name}", by_clone(0))
        process(f"clone: {name}, the upper half filled", by_clone(0, HIGH))


for name, flag in NAMESPACES.items():
    namespaces(name, flag)


@never("setns", "another namespace")
def enter_a_namespace(world):
    helper = world.helper(lambda: world.raw("unshare", NAMESPACES["CLONE_NEWUTS"]))
    link = world.open(f"/proc/{helper.pid}/ns/uts", os.O_RDONLY)
    return (lambda: world.raw("setns", link, 0)), lambda _: world.namespace("uts")


# ---- Who one is ----------------------------------------------------------------------------------

UNCHANGED = 2**32 - 1


def identity(call, field, *arguments):
    changes(call, "another identity", field, call, *arguments)


identity("setuid", "Uid", 65534)
identity("setgid", "Gid", 65534)
identity("setreuid", "Uid", UNCHANGED, 65534)
identity("setregid", "Gid", UNCHANGED, 65534)
identity("setresuid", "Uid", UNCHANGED, UNCHANGED, 65534)
identity("setresgid", "Gid", UNCHANGED, UNCHANGED, 65534)
identity("setfsuid", "Uid", 65534)
identity("setfsgid", "Gid", 65534)
identity("setgroups", "Groups", 2, struct.pack("II", 65533, 65534))
identity("capset", "CapEff", struct.pack("II", 0x20080522, 0), bytes(24))


@never("personality", "addresses that are not random")
def change_personality(world):
    def changed(_):
        with open(world.proc("personality")) as file:
            return int(file.read(), 16) & 0x40000

    return (lambda: world.raw("personality", 0x40000)), changed


@never("sethostname", "another host name")
def rename_the_host(world):
    name = world.raw.memory(b"escaped")
    return (lambda: world.raw("sethostname", name, 7)), lambda _: os.uname().nodename == "escaped"
