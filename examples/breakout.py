"""What an intruder would try in a locked-down server, and what the kernel answers.

Every attempt is harmless even where it succeeds: it is aimed at a playground, which holds one of
everything that a careless program has lying about.  Without a filter nearly all of them do succeed.

An attempt is a function that takes the playground.  It returns when it was let through, and raises
the OSError of the kernel when it was refused.  It opens what it can and closes nothing: that would
be another system call, with an answer of its own.
"""

import ctypes
import errno
import fcntl
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import termios
from typing import Any, Callable, NamedTuple

LET_THROUGH = "let through"
NONE = "none grants it"
O_PATH = getattr(os, "O_PATH", 0o10000000)  # PyPy has no name for it

# In the playground, by name; the link leads to the precious one.
FILES = ["certificate.pem", "key.pem", "log", "precious"]
FILES += ["site/index.html", "site/link", "site/spare.html"]
PAGE = b"""<!doctype html>
<title>A locked-down server</title>
<p>This page comes from a process that can do nothing but serve its folder.</p>
<p><a href="/break-out">Let it try something else.</a></p>
"""
PRECIOUS = b"written before the lock-down\n"
SCRIBBLE = b"an intruder was here\n"


class Attempt(NamedTuple):
    tried: str
    rule: str  # what would have to be enabled for it to succeed
    expected: str  # the name of an errno, or LET_THROUGH
    function: Callable[["Playground"], Any]


ATTEMPTS: list[Attempt] = []


def attempt(tried, rule, expected="EPERM"):
    """Put the decorated function on the list of attempts."""

    def register(function):
        ATTEMPTS.append(Attempt(tried, rule, expected, function))
        return function

    return register


def make(one, playground):
    """Make one attempt: LET_THROUGH, or the name of the errno that the kernel answered."""
    try:
        one.function(playground)
    except OSError as refusal:
        return errno.errorcode.get(refusal.errno, str(refusal))
    return LET_THROUGH


def try_everything(playground):
    """Make all attempts, in order.  One dictionary each: tried, answer, expected, rule."""
    return [
        {
            "tried": one.tried,
            "answer": make(one, playground),
            "expected": one.expected,
            "rule": one.rule,
        }
        for one in ATTEMPTS
    ]


class Playground:
    """What the attempts are aimed at.  Made before the lock-down, which would refuse all of it."""

    # A process that must survive.  It waits until the server is gone, and then removes the
    # directory, which the server itself no longer can.
    BYSTANDER = 'read -r _; rm -rf "$1"'

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="break-out-"))
        self.file = self.directory / "precious"
        self.file.write_bytes(PRECIOUS)
        self.descriptor = os.open(self.file, os.O_RDWR)
        self.folder = os.open(self.directory, os.O_RDONLY)
        self.site = self.directory / "site"
        self.site.mkdir()
        (self.site / "index.html").write_bytes(PAGE)
        (self.site / "spare.html").write_bytes(PAGE)
        (self.site / "link").symlink_to("../precious")
        self.log = os.open(self.directory / "log", os.O_WRONLY | os.O_CREAT)
        self.trap = socket.create_server(("127.0.0.1", 0))  # nobody may ever call here
        purposes = ("connect", "sendto", "sendmsg", "bind", "listen")
        self.sockets = {purpose: socket.socket() for purpose in purposes}
        try:
            self.keyboard, self.terminal = os.openpty()
        except OSError:  # no terminals here: a pipe does not take characters, but it can refuse to
            self.terminal, self.keyboard = os.pipe()
        self.namespace = os.open("/proc/self/ns/uts", os.O_RDONLY)
        self.bystander = subprocess.Popen(
            ["sh", "-c", self.BYSTANDER, "sh", str(self.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def effects(self):
        """Return what can be seen from inside the process: sentences, and whether each is true."""
        watched = [self.trap, self.terminal, self.bystander.stdout]
        readable = select.select(watched, [], [], 0)[0]
        ports = [each.getsockname()[1] for each in self.sockets.values()]
        return {
            "no connection arrived at the port next door": self.trap not in readable,
            "no socket of the server was given a port": not any(ports),
            "the process next door still runs": self.bystander.stdout not in readable,
            "no character was typed into the terminal": self.terminal not in readable,
        }


# ---- System calls that Python has no function for ------------------------------------------------

# Loaded now, because loading it later would need files.
LIBC = ctypes.CDLL(None, use_errno=True)

# Up to 423, x86-64 and the newer architectures count differently; from 424 on, all count alike.
X86_64 = {"write": 1, "clone": 56, "tgkill": 234, "init_module": 175, "finit_module": 313}
NEWER = {"write": 64, "clone": 220, "tgkill": 131, "init_module": 105, "finit_module": 273}
NUMBERS = dict(X86_64 if os.uname().machine == "x86_64" else NEWER)
NUMBERS.update(io_uring_setup=425, pidfd_open=434, clone3=435, openat2=437)


def libc(name, *arguments):
    """Call a function of the C library.  Numbers are passed with all their 64 bits."""
    function = getattr(LIBC, name)
    function.restype = ctypes.c_long
    result = function(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result & 0xFFFFFFFF == 0xFFFFFFFF:  # -1, as an int or as a long
        raise OSError(ctypes.get_errno(), name)
    return result


def system_call(name, *arguments):
    """Make a system call by its number, past the C library's own function for it."""
    return libc("syscall", NUMBERS[name], *arguments)


def end_child(pid):
    """End the child of a fork that worked at once, and wait for it in the parent."""
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


# ---- Files ---------------------------------------------------------------------------------------


# What the filter allows because it may be about the folder, landlock(7) refuses outside of it.
EVERYWHERE = "SystemIO().allow_open_readonly()"


@attempt("open a file for reading", EVERYWHERE, "EACCES")
def open_for_reading(playground):
    os.open(playground.file, os.O_RDONLY)


@attempt("the same from inside the folder, by ..", EVERYWHERE, "EACCES")
def read_by_dots(playground):
    os.open(playground.site / ".." / "precious", os.O_RDONLY)


@attempt("the same by a link that was planted in the folder", EVERYWHERE, "EACCES")
def read_by_link(playground):
    os.open(playground.site / "link", os.O_RDONLY)


@attempt("the same from a folder that was left open", EVERYWHERE, "EACCES")
def read_below_descriptor(playground):
    os.open("precious", os.O_RDONLY, dir_fd=playground.folder)


@attempt("the same by /proc/self/root", EVERYWHERE, "EACCES")
def read_by_root(playground):
    os.open(f"/proc/self/root{playground.file}", os.O_RDONLY)


@attempt("the same by /proc/self/fd", EVERYWHERE, "EACCES")
def read_by_descriptor(playground):
    os.open(f"/proc/self/fd/{playground.descriptor}", os.O_RDONLY)


@attempt("the same by way of O_PATH", EVERYWHERE, "EACCES")
def read_by_place(playground):
    place = os.open(playground.file, O_PATH)
    os.open(f"/proc/self/fd/{place}", os.O_RDONLY)


@attempt("list the folder above", EVERYWHERE, "EACCES")
def list_above(playground):
    os.open(playground.directory, os.O_RDONLY | os.O_DIRECTORY)


@attempt("open the environment of another process", EVERYWHERE, "EACCES")
def read_environment(playground):
    os.open(f"/proc/{playground.bystander.pid}/environ", os.O_RDONLY)


@attempt(
    "ask how long a file is",
    "admitted by design: to look at a file cannot be limited by its path",
    LET_THROUGH,
)
def ask_for_size(playground):
    os.stat(playground.file)


@attempt("open a file for writing", "SystemIO().allow_open()")
def open_for_writing(playground):
    os.open(playground.file, os.O_WRONLY)


@attempt("the same with openat2", NONE, "ENOSYS")
def open_with_openat2(playground):
    how = (ctypes.c_uint64 * 3)(os.O_WRONLY)
    path = os.fsencode(playground.file)
    system_call("openat2", -100, path, ctypes.byref(how), ctypes.sizeof(how))


@attempt("make a new file", "SystemIO().allow_open()")
def make_a_file(playground):
    os.open(playground.directory / "new", os.O_WRONLY | os.O_CREAT)


@attempt("open a file of the folder for writing", "SystemIO().allow_open()")
def open_page_for_writing(playground):
    os.open(playground.site / "index.html", os.O_WRONLY)


@attempt("empty a file of the folder by opening it for reading", "SystemIO().allow_open()")
def empty_page(playground):
    os.open(playground.site / "spare.html", os.O_RDONLY | os.O_TRUNC)


@attempt("make a new file in the folder", "SystemIO().allow_open()")
def make_a_page(playground):
    os.open(playground.site / "new", os.O_WRONLY | os.O_CREAT)


@attempt("move a file out of the folder", "SystemIO.everything()")
def move_out(playground):
    os.rename(playground.site / "spare.html", playground.directory / "moved")


@attempt("link a file into the folder", "SystemIO.everything()")
def link_in(playground):
    os.link(playground.file, playground.site / "linked")


@attempt("let everybody write to the log", "SystemIO().allow_change_metadata()")
def change_mode(playground):
    (playground.directory / "log").chmod(0o666)


@attempt("map an open file and write to the memory", "SystemIO().allow_write()")
def write_through_memory(playground):
    size = len(PRECIOUS)
    read_write, shared = 3, 1
    address = libc("mmap", None, size, read_write, shared, playground.descriptor, 0)
    ctypes.memset(address, ord("x"), size)
    libc("munmap", address, size)


@attempt("truncate an open file", "SystemIO().allow_write()")
def truncate_open_file(playground):
    os.ftruncate(playground.descriptor, 0)


@attempt("truncate a file by its name", "SystemIO.everything()")
def truncate_by_name(playground):
    os.truncate(playground.file, 0)


@attempt("remove a file", "SystemIO.everything()")
def remove_a_file(playground):
    playground.file.unlink()


# ---- Descriptors that the server was not given ---------------------------------------------------


@attempt("read from standard input", "SystemIO().allow_stdin()")
def read_stdin(_playground):
    os.read(0, 1)


@attempt("write to descriptor 0", "SystemIO().allow_file_write(0)")
def write_to_0(_playground):
    os.write(0, b"x")


@attempt("write to standard output", "SystemIO().allow_stdout()")
def write_to_1(_playground):
    os.write(1, b"x")


@attempt("the same with writev", "SystemIO().allow_stdout()")
def writev_to_1(_playground):
    byte = ctypes.create_string_buffer(b"x")
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(byte), 1)
    libc("writev", 1, ctypes.byref(vector), 1)


@attempt("write to descriptor 2**32 + 1, which is 1", "SystemIO().allow_stdout()")
def write_to_1_in_disguise(_playground):
    system_call("write", 2**32 + 1, b"x", 1)


@attempt("duplicate descriptor 1 and write to the copy", "SystemIO.everything()")
def write_to_copy_of_1(_playground):
    os.write(libc("dup", 1), b"x")


@attempt(
    "write to a file that was left open, descriptor 3 or above",
    "admitted by design: Networking writes to every descriptor from 3 up",
    LET_THROUGH,
)
def write_to_open_file(playground):
    os.write(playground.log, SCRIBBLE)


# ---- The network ---------------------------------------------------------------------------------

TCP_CLIENTS = "Networking().allow_start_tcp_clients()"
TCP_SERVERS = "Networking().allow_start_tcp_servers()"
UDP = "Networking().allow_start_udp_servers()"
UNIX = "Networking().allow_start_unix_servers()"

SOCKETS = [
    ("TCP, IPv4", socket.AF_INET, socket.SOCK_STREAM, 0, TCP_CLIENTS),
    ("TCP, IPv6", socket.AF_INET6, socket.SOCK_STREAM, 0, TCP_CLIENTS),
    ("UDP, IPv4", socket.AF_INET, socket.SOCK_DGRAM, 0, UDP),
    ("UDP, IPv6", socket.AF_INET6, socket.SOCK_DGRAM, 0, UDP),
    ("UNIX, stream", socket.AF_UNIX, socket.SOCK_STREAM, 0, UNIX),
    ("UNIX, datagram", socket.AF_UNIX, socket.SOCK_DGRAM, 0, NONE),
    ("raw ICMP", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP, NONE),
    ("packet", socket.AF_PACKET, socket.SOCK_RAW, 0, NONE),
    ("netlink", socket.AF_NETLINK, socket.SOCK_RAW, 0, NONE),
    ("kernel cryptography", 38, socket.SOCK_SEQPACKET, 0, NONE),  # AF_ALG
    ("virtual machine", 40, socket.SOCK_STREAM, 0, NONE),  # AF_VSOCK
]

for kind, family, style, protocol, granted_by in SOCKETS:

    @attempt("open a socket: " + kind, granted_by)
    def open_a_socket(_playground, arguments=(family, style, protocol)):
        socket.socket(*arguments)


MSG_FASTOPEN = 0x20000000  # connect while sending


@attempt("connect a socket that is there already", TCP_CLIENTS)
def connect(playground):
    playground.sockets["connect"].connect(playground.trap.getsockname())


@attempt("connect it by sending (sendto, MSG_FASTOPEN)", TCP_CLIENTS)
def connect_by_sendto(playground):
    playground.sockets["sendto"].sendto(b"x", MSG_FASTOPEN, playground.trap.getsockname())


@attempt("connect it by sending (sendmsg, MSG_FASTOPEN)", TCP_CLIENTS)
def connect_by_sendmsg(playground):
    address = playground.trap.getsockname()
    playground.sockets["sendmsg"].sendmsg([b"x"], [], MSG_FASTOPEN, address)


@attempt("bind a socket to a port", TCP_SERVERS)
def bind(playground):
    playground.sockets["bind"].bind(("127.0.0.1", 0))


@attempt("listen on a socket that was never bound", TCP_SERVERS)
def listen(playground):
    playground.sockets["listen"].listen()


# ---- Processes -----------------------------------------------------------------------------------


@attempt("fork", "Threads().allow_create()")
def fork(_playground):
    end_child(os.fork())


@attempt("fork with clone3", NONE, "ENOSYS")
def fork_with_clone3(_playground):
    arguments = (ctypes.c_uint64 * 8)()
    arguments[4] = signal.SIGCHLD
    end_child(system_call("clone3", ctypes.byref(arguments), ctypes.sizeof(arguments)))


@attempt("start a program", "ForkAndExec()")
def start_a_program(playground):
    script = f"echo > {playground.directory}/started"
    words = [b"sh", b"-c", os.fsencode(script), None]
    pid = ctypes.c_int()
    error = libc(
        "posix_spawn",
        ctypes.byref(pid),
        b"/bin/sh",
        None,
        None,
        (ctypes.c_char_p * len(words))(*words),
        None,
    )
    if error:
        raise OSError(error, "posix_spawn")
    os.waitpid(pid.value, 0)


@attempt("become another program", "ForkAndExec()")
def become_a_program(playground):
    # There is no such program, so that the server survives a kernel that lets it look.
    os.execv(playground.directory / "no such program", ["sh"])


PTRACE_SEIZE = 0x4206


@attempt("trace another process", NONE)
def trace(playground):
    libc("ptrace", PTRACE_SEIZE, playground.bystander.pid, 0, 0)


@attempt("read another process's memory", NONE)
def read_memory(playground):
    libc("process_vm_readv", playground.bystander.pid, None, 0, None, 0, 0)


@attempt("get a handle on another process", "ForkAndExec()", "ENOSYS")
def open_pidfd(playground):
    system_call("pidfd_open", playground.bystander.pid, 0)


@attempt("signal another process (tgkill)", NONE)
def signal_with_tgkill(playground):
    pid = playground.bystander.pid
    system_call("tgkill", pid, pid, int(signal.SIGTERM))


@attempt("signal another process (kill)", "ForkAndExec()")
def signal_with_kill(playground):
    pid = playground.bystander.pid
    os.kill(pid, signal.SIGKILL)
    # Let through: wait until its end can be seen. It may be traced by now, and then stops before.
    while not os.WIFSIGNALED(os.waitpid(pid, 0)[1]):
        pass


# ---- The kernel ----------------------------------------------------------------------------------


@attempt("set up io_uring", NONE, "ENOSYS")
def io_uring(_playground):
    system_call("io_uring_setup", 1, ctypes.create_string_buffer(120))


@attempt("load a kernel module from memory", NONE)
def load_module(_playground):
    system_call("init_module", b"\0\0\0\0", 4, b"")


@attempt("load a kernel module from a file", NONE)
def load_module_from_file(playground):
    system_call("finit_module", playground.descriptor, b"", 0)


@attempt("type a character into the terminal", NONE)
def type_into_terminal(playground):
    fcntl.ioctl(playground.terminal, termios.TIOCSTI, b"\n")


@attempt("the same with a bit above the 32 that count", NONE)
def type_in_disguise(playground):
    libc("ioctl", playground.terminal, 2**32 + termios.TIOCSTI, b"\n")


# ---- Namespaces, last: a process that entered one could do less of the above ---------------------

NAMESPACES = [
    ("mount", 0x00020000),
    ("host name", 0x04000000),
    ("network", 0x40000000),
    ("process id", 0x20000000),
    ("user", 0x10000000),
]

for kind, flag in NAMESPACES:

    @attempt("start a process in a new namespace: " + kind, NONE)
    def clone_into_namespace(_playground, flag=flag):
        end_child(system_call("clone", flag | signal.SIGCHLD, 0, 0, 0, 0))


@attempt("enter a namespace that is there already", NONE)
def enter_namespace(playground):
    libc("setns", playground.namespace, 0)


for kind, flag in NAMESPACES:

    @attempt("enter a new namespace: " + kind, NONE)
    def unshare(_playground, flag=flag):
        libc("unshare", flag)
