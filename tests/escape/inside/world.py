"""What attempts are made on: files, processes, sockets. Lives in the process that watches."""

import ctypes
import mmap
import os
import signal
import socket
import struct
import time
from socket import AF_INET, AF_UNIX, SOCK_STREAM

CONTENT = b"as it was, every byte of it\n" * 200
SECRET = b"the secret of another process..."
# struct cmsghdr and a descriptor, with what fills it up; the length without that.
CONTROL = struct.Struct("QiiiI")
CONTROL_LENGTH = 20
PATIENCE = 10  # seconds until something that must happen has happened


def words(numbers):
    """Machine words, and where they are."""
    found = (ctypes.c_long * len(numbers))(*numbers)
    return found, ctypes.addressof(found)


def eventually(condition, expected):
    """Ask at once; if it is expected and not yet so, until it is or patience is over."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if not expected or time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def attributes(path):
    """The extended attributes of a file. os has listxattr and getxattr, but not with every libc."""
    libc, path, room = ctypes.CDLL(None), os.fsencode(path), ctypes.create_string_buffer(4096)

    def filled(length):
        return room.raw[: max(length, 0)]

    names = filled(libc.listxattr(path, room, len(room))).split(b"\0")[:-1]
    return [(name, filled(libc.getxattr(path, name, room, len(room)))) for name in names]


class File:
    """A file that must not change."""

    def __init__(self, path):
        self.path = path
        self.before = self.state()

    def state(self):
        """All there is to a file but the time of the last access."""
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            return None
        with open(self.path, "rb") as file:
            content = file.read()
        numbers = [status.st_mode, status.st_nlink, status.st_uid, status.st_gid]
        return numbers, status.st_mtime_ns, content, attributes(self.path)

    def changed(self, _answer=None):
        return self.state() != self.before


class Victim:
    """A process that should live on."""

    def __init__(self, pid):
        self.pid = pid

    def ended(self, answer):
        """Has it ended?"""
        return eventually(self._ended, answer.done)

    def signalled(self, answer):
        """Has a signal ended it?"""
        return eventually(self._ended, answer.reached)

    def end(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _ended(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid


def status(pid, field):
    """A field of /proc/PID/status, see proc(5)."""
    with open(f"/proc/{pid}/status") as file:
        return next(line.split()[1:] for line in file if line.startswith(field + ":"))


class Low:
    """The functions of low.c: arguments and result are words; a failure is an OSError."""

    def __init__(self, path):
        self._library = ctypes.CDLL(path)

    def __getattr__(self, name):
        function = getattr(self._library, f"low_{name}")
        function.restype = ctypes.c_long

        def call(*words):
            result = function(*[ctypes.c_long(word) for word in words])
            if -4096 < result < 0:
                raise OSError(-result, os.strerror(-result))
            return result

        setattr(self, name, call)
        return call


class World:
    """Everything that an attempt may use."""

    def __init__(self, raw, low, directory, program, control):
        self.raw = raw
        self.low = low
        self.program = program
        self.directory = directory
        self.control = control  # without any filter
        self.child = None  # the process id of the child that tried, once there is one
        self._secret = ctypes.create_string_buffer(len(SECRET))
        self.secret = ctypes.addressof(self._secret)
        self._names = 0
        self._kept = []
        self._afterwards = []

    def call(self, call, places=None):
        """A function that makes a system call: its name and words.

        Bytes among the words stand for where they are, and names for what places has for them.
        """
        places = places or {}
        words = [
            self.raw.memory(word) if isinstance(word, bytes) else places.get(word, word)
            for word in call[1:]
        ]
        return lambda: self.raw(call[0], *words)

    def afterwards(self, function):
        """Run a function when nobody needs any more what was prepared."""
        self._afterwards.append(function)

    def tidy(self):
        for function in reversed(self._afterwards):
            function()

    # ---- Files

    def name(self, folder=None):
        """A path where nothing is."""
        self._names += 1
        # Another folder may be that of several worlds.
        begin = os.path.basename(self.directory) if folder else "f"
        return os.path.join(folder or self.directory, f"{begin}{self._names}")

    def abstract_name(self):
        """A name for a UNIX socket that nobody has."""
        return "\0" + os.path.basename(self.name())

    def file(self, folder=None):
        path = self.name(folder)
        with open(path, "wb") as file:
            file.write(CONTENT)
        return File(path)

    def folder(self):
        path = self.name()
        os.mkdir(path)
        return path

    def open(self, path, flags=os.O_RDWR, number=None):
        """Open a file, which gets this number if one is given. The child inherits it."""
        descriptor = os.open(path, flags)
        if number is not None:
            os.dup2(descriptor, number)
            os.close(descriptor)
            return number
        return descriptor

    def pipe(self):
        """A pipe; tells what was written to it."""
        return Pipe()

    @staticmethod
    def store(place, data):
        """Write to memory."""
        ctypes.memmove(place, data, len(data))

    # ---- Processes

    def victim(self):
        """Another process, which holds SECRET at the address `secret`."""
        self._secret.raw = SECRET
        victim = Victim(self.low.victim())
        self._secret.raw = b"\0" * len(SECRET)
        return victim

    def helper(self, function, *args):
        """Another process, which runs a function and then waits to be ended."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            try:
                function(*args)
            except BaseException as error:  # noqa: BLE001
                os.write(writer, repr(error).encode())
                os._exit(1)
            os.close(writer)
            while True:
                signal.pause()
        os.close(writer)
        with open(reader, "rb") as report:
            problem = report.read().decode()
        if problem:
            raise RuntimeError(f"a helper broke: {problem}")
        return Victim(pid)

    @staticmethod
    def background(function):
        """Another process, which runs a function again and again."""
        pid = os.fork()
        if pid == 0:
            try:
                while True:
                    function()
            finally:
                os._exit(1)
        return Victim(pid)

    def watch(self, condition):
        """Let another process ask all the time; the result tells whether it ever was so."""
        seen = mmap.mmap(-1, 1)

        def ask():
            seen[0] |= condition()
            time.sleep(0.001)

        self.background(ask)
        return lambda _=None: seen[0] == 1

    def hide_proc(self):
        """The child, and this process, see no /proc any more: a ring is then not noticed."""
        self.raw("mount", 0, self.raw.path("/proc"), self.raw.path("tmpfs"), 0, 0)

    def proc(self, path):
        """A path in the child's directory of /proc."""
        return f"/proc/{self.child}/{path}"

    def status(self, field):
        """A field of the child's status, see proc(5)."""
        return status(self.child, field)

    def namespace(self, name):
        """Has the child a namespace of its own?"""
        try:
            link = os.readlink(self.proc(f"ns/{name}"))
        except FileNotFoundError:  # a new one for its children, but no child yet
            return True
        return link != os.readlink(f"/proc/self/ns/{name}")

    def got_descriptor(self, answer):
        """Did the child get the descriptor whose number is the answer?"""
        return answer.ok and os.path.islink(self.proc(f"fd/{answer.value}"))

    # ---- Sockets

    def new_socket(self, family=AF_INET, kind=SOCK_STREAM):
        """A socket that stays open; it does not block."""
        return self.keep(socket.socket(family, kind))

    def pair(self):
        """Two connected UNIX sockets."""
        ours, theirs = socket.socketpair()
        return self.keep(ours), self.keep(theirs)

    def keep(self, made):
        made.setblocking(False)
        self._kept.append(made)
        return made

    def keep_blocking(self, made):
        """The descriptor of a socket that stays open, and waits."""
        self._kept.append(made)
        return made.fileno()

    def listener(self, family=AF_INET):
        """A listening stream socket, and its struct sockaddr."""
        server = self.new_socket(family)
        if family == AF_UNIX:
            name = unix_address(self.abstract_name())
            server.bind(name[2:])
        else:
            server.bind(("127.0.0.1", 0))
            name = address(server.getsockname())
        server.listen(5)
        return server, name

    def client(self):
        """A TCP connection to somebody else."""
        server, _ = self.listener()
        client = socket.create_connection(server.getsockname())
        return self.keep(client)

    def message(self, name=b"", control=0, flags=0, control_size=CONTROL.size):
        """The address of a struct mmsghdr, which begins with a struct msghdr, with one byte.

        control is the address of a control message, of which the length is known.
        """
        raw = self.raw
        parts = (
            *(raw.memory(name) if name else 0, len(name)),
            *(raw.vector(b"!"), 1),
            *(control, control_size if control else 0),
            *(flags, 0),
        )
        return raw.memory(struct.pack("QIxxxxQQQQixxxxIxxxx", *parts))

    def rights(self, descriptor):
        """The address of a control message that carries a descriptor, or has room for one."""
        return self.raw.memory(
            CONTROL.pack(CONTROL_LENGTH, socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor, 0)
        )

    def received(self, control):
        """The descriptor in a control message."""
        return CONTROL.unpack(self.raw.read(control, CONTROL.size))[3]


class Pipe:
    """A pipe that can tell what was written to it."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_inheritable(self.writer, True)

    def written(self, answer):
        """Has something arrived?"""
        return eventually(self._written, answer.ok)

    def _written(self):
        try:
            return os.read(self.reader, 100) != b""
        except BlockingIOError:
            return False


def address(name):
    """The struct sockaddr_in of a host and port."""
    host, port = name
    return (
        AF_INET.to_bytes(2, "little") + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
    )


def unix_address(path):
    """The struct sockaddr_un of a path, or of a name that begins with a zero byte."""
    return AF_UNIX.to_bytes(2, "little") + os.fsencode(path)


def came(server):
    """Has somebody connected?"""
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True
