"""What is tried under a policy of paths and ports: each operation by its effect.

An operation is a function of the world.  It returns where it had its effect, and raises OSError
where the kernel refused it; anything else is a fault of the test.  The policy, by folder:

    ro      allow_read_path         cr      allow_create_in_dir     rf  allow_remove_file
    ls      allow_list_dir          cd      allow_create_dir        rd  allow_remove_dir
    wf      allow_write_file        rw      allow_scratch_dir (from ABI 2 on)
    tool    allow_execute_path      out     nothing
"""

import ctypes
import fcntl
import mmap
import os
import shutil
import socket
import struct

OPERATIONS = {}
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long

O_TMPFILE = 0o20000000 | os.O_DIRECTORY
AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW = 0x1000, -100, 0x400
MSG_FASTOPEN, IPPROTO_MPTCP = 0x20000000, 262
CLONE_NEWUSER, MAP_PRIVATE = 0x10000000, 2
PTRACE_SEIZE = 0x4206
TIOCGPTN = 0x80045430  # the number of a terminal
LOOPBACK = "127.0.0.1"


def operation(function):
    OPERATIONS[function.__name__] = function
    return function


def raw(world, name, *arguments):
    """Make a system call; raise OSError where it fails."""
    values = [
        value.encode() if isinstance(value, str) else value if value is not None else 0
        for value in arguments
    ]
    typed = [ctypes.c_long(value) if isinstance(value, int) else value for value in values]
    result = LIBC.syscall(ctypes.c_long(world.numbers[name]), *typed)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def expect(holds):
    assert holds, "the call succeeded, but had no effect"


def read(path):
    with open(path) as file:
        expect(file.read() == "content")


def write(path, flags=0):
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    expect(os.write(descriptor, b"new") == 3)
    os.close(descriptor)
    expect(os.stat(path).st_size >= 3)


def make(call, path, *arguments):
    call(path, *arguments)
    expect(os.path.lexists(path))


def remove(call, path):
    call(path)
    expect(not os.path.lexists(path))


def move(old, new):
    os.rename(old, new)
    expect(os.path.exists(new) and not os.path.exists(old))


# ---- Reading


@operation
def read_a_file(world):
    read(world / "ro/file")


@operation
def list_a_readable_directory(world):
    expect(os.listdir(world / "ro") != [])


@operation
def map_a_readable_file(world):
    with open(world / "ro/file", "rb") as file:
        descriptor = file.fileno()
        address = raw(world, "mmap", 0, 4096, mmap.PROT_READ, MAP_PRIVATE, descriptor, 0)
        expect(ctypes.string_at(address, 7) == b"content")


@operation
def read_a_file_outside(world):
    read(world / "out/file")


@operation
def read_a_file_outside_by_two_dots(world):
    read(world / "ro/../out/file")


@operation
def read_a_file_outside_by_a_link(world):
    read(world / "ro/link")


@operation
def read_a_file_outside_by_proc_root(world):
    read(f"/proc/self/root{world / 'out/file'}")


@operation
def read_a_file_outside_by_a_path_descriptor(world):
    descriptor = os.open(world / "out/file", os.O_PATH)
    read(f"/proc/self/fd/{descriptor}")


@operation
def read_a_file_outside_by_an_open_directory(world):
    os.close(os.open("file", os.O_RDONLY, dir_fd=world.open_directory))


@operation
def open_an_open_file_outside_again(world):
    read(f"/proc/self/fd/{world.open_file}")


@operation
def read_an_open_file_outside(world):
    expect(os.pread(world.open_file, 7, 0) == b"content")


@operation
def list_an_open_directory_outside(world):
    expect("file" in os.listdir(world.open_directory))


@operation
def read_a_file_outside_that_has_a_name_inside(world):
    read(world / "ro/hard")


@operation
def read_a_file_outside_by_a_handle(world):
    raw(world, "open_by_handle_at", world.mount, world.handle, os.O_RDONLY)


@operation
def list_a_directory(world):
    expect(os.listdir(world / "ls") == ["file"])


@operation
def read_a_file_of_a_listed_directory(world):
    read(world / "ls/file")


@operation
def list_a_directory_outside(world):
    expect(os.listdir(world / "out") != [])


@operation
def read_a_file_that_may_be_written(world):
    read(world / "wf/file")


@operation
def change_to_a_directory_outside_and_read(world):
    os.chdir(world / "out")
    read("file")


# ---- Writing


@operation
def write_a_file(world):
    write(world / "wf/file")


@operation
def empty_a_file(world):
    write(world / "wf/file", os.O_TRUNC)


@operation
def truncate_a_file_by_its_path(world):
    raw(world, "truncate", world / "wf/file", 0)
    expect(os.stat(world / "wf/file").st_size == 0)


@operation
def append_to_a_file(world):
    write(world / "wf/file", os.O_APPEND)


@operation
def open_a_file_for_both(world):
    os.close(os.open(world / "wf/file", os.O_RDWR))


@operation
def create_where_files_may_be_written(world):
    write(world / "wf/new", os.O_CREAT)


@operation
def remove_where_files_may_be_written(world):
    remove(os.unlink, world / "wf/file")


@operation
def write_a_readable_file(world):
    write(world / "ro/file")


@operation
def open_a_readable_file_to_empty_it(world):
    os.close(os.open(world / "ro/file", os.O_RDONLY | os.O_TRUNC))
    expect(os.stat(world / "ro/file").st_size == 0)


@operation
def open_a_readable_file_in_mode_3_to_empty_it(world):
    os.close(os.open(world / "ro/file", 3 | os.O_TRUNC))
    expect(os.stat(world / "ro/file").st_size == 0)


@operation
def truncate_a_readable_file(world):
    raw(world, "truncate", world / "ro/file", 0)
    expect(os.stat(world / "ro/file").st_size == 0)


@operation
def lock_a_readable_file(world):
    with open(world / "ro/file") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


@operation
def write_a_file_outside(world):
    write(world / "out/file")


@operation
def truncate_a_file_outside(world):
    raw(world, "truncate", world / "out/file", 0)


@operation
def write_a_file_outside_by_a_link(world):
    write(world / "wf/link")


# ---- Making


@operation
def create_a_file(world):
    write(world / "cr/new", os.O_CREAT | os.O_EXCL)


@operation
def create_a_file_without_a_name(world):
    descriptor = os.open(world / "cr", O_TMPFILE | os.O_WRONLY, 0o600)
    expect(os.write(descriptor, b"new") == 3)


@operation
def make_a_directory_where_files_may_be_created(world):
    make(os.mkdir, world / "cr/new")


@operation
def make_a_directory(world):
    make(os.mkdir, world / "cd/new")


@operation
def create_a_file_where_directories_may_be_made(world):
    write(world / "cd/new", os.O_CREAT)


@operation
def create_a_file_outside(world):
    write(world / "out/new", os.O_CREAT)


@operation
def create_a_file_outside_without_a_name(world):
    os.close(os.open(world / "out", O_TMPFILE | os.O_WRONLY, 0o600))


@operation
def make_a_directory_outside(world):
    make(os.mkdir, world / "out/new")


@operation
def make_a_link_outside(world):
    make(lambda path: os.symlink("file", path), world / "out/new")


@operation
def make_a_pipe_outside(world):
    make(os.mkfifo, world / "out/new")


@operation
def make_a_device(world):
    make(os.mknod, world / "rw/new", 0o20600, os.makedev(1, 3))


@operation
def make_a_unix_socket_outside(world):
    with socket.socket(socket.AF_UNIX) as server:
        make(server.bind, "out/new")  # a whole path can be too long


# ---- Removing


@operation
def remove_a_file(world):
    remove(os.unlink, world / "rf/file")


@operation
def remove_a_directory_where_files_may_be_removed(world):
    remove(os.rmdir, world / "rf/folder")


@operation
def remove_a_directory(world):
    remove(os.rmdir, world / "rd/folder")


@operation
def remove_a_file_where_directories_may_be_removed(world):
    remove(os.unlink, world / "rd/file")


@operation
def remove_a_file_outside(world):
    remove(os.unlink, world / "out/file")


@operation
def remove_a_directory_outside(world):
    remove(os.rmdir, world / "out/folder")


# ---- Renaming and linking


@operation
def do_all_that_a_scratch_directory_is_for(world):
    write(world / "rw/new", os.O_CREAT)
    os.mkdir(world / "rw/sub")
    move(world / "rw/new", world / "rw/sub/newer")
    os.link(world / "rw/sub/newer", world / "rw/linked")
    os.symlink("linked", world / "rw/symbolic")
    os.replace(world / "rw/symbolic", world / "rw/sub/symbolic")
    with open(world / "rw/linked") as file:
        expect(file.read() == "new")
    shutil.rmtree(world / "rw/sub")
    os.unlink(world / "rw/linked")
    expect(sorted(os.listdir(world / "rw")) == ["file", "program"])


@operation
def rename_a_readable_file(world):
    move(world / "ro/file", world / "ro/new")


@operation
def move_a_file_out(world):
    move(world / "rw/file", world / "out/new")


@operation
def move_a_file_in(world):
    move(world / "out/file", world / "rw/new")


@operation
def exchange_files_across(world):
    raw(world, "renameat2", AT_FDCWD, world / "out/file", AT_FDCWD, world / "rw/file", 2)


@operation
def link_a_file_out(world):
    os.link(world / "rw/file", world / "out/new")


@operation
def link_a_file_in_to_read_it(world):
    os.link(world / "out/file", world / "rw/new")
    read(world / "rw/new")


@operation
def link_an_open_file_in(world):
    raw(
        world, "linkat", AT_FDCWD, f"/proc/self/fd/{world.open_file}",
        AT_FDCWD, world / "rw/new", AT_SYMLINK_FOLLOW,
    )  # fmt: skip


# ---- Programs


@operation
def start_a_program(world):
    os.execv(world / "tool/program", ["program"])


@operation
def start_a_program_outside(world):
    os.execv(world / "out/program", ["program"])


@operation
def start_a_program_that_may_be_read(world):
    os.execv(world / "ro/program", ["program"])


@operation
def start_a_program_that_was_written(world):
    os.execv(world / "rw/program", ["program"])


@operation
def start_a_memory_file_by_its_descriptor(world):
    # The flag is the fifth argument; there are no arguments and no environment.
    raw(world, "execveat", world.memory_file, "", None, None, AT_EMPTY_PATH)


@operation
def start_an_open_memory_file_by_proc(world):
    os.execv(f"/proc/self/fd/{world.memory_file}", ["program"])


# ---- Networking


def connect(world, port, family=socket.AF_INET, address=LOOPBACK, protocol=0):
    with socket.socket(family, socket.SOCK_STREAM, protocol) as client:
        client.connect((address, port))
        expect(client.recv(7) == b"content")


@operation
def connect_to_the_port(world):
    connect(world, world.port)


@operation
def connect_to_another_port(world):
    connect(world, world.other_port)


@operation
def connect_to_another_port_by_a_mapped_address(world):
    connect(world, world.other_port, socket.AF_INET6, f"::ffff:{LOOPBACK}")


@operation
def connect_to_another_port_by_mptcp(world):
    connect(world, world.other_port, protocol=IPPROTO_MPTCP)


@operation
def connect_to_another_port_by_fast_open(world):
    with socket.socket() as client:
        client.sendto(b"hello", MSG_FASTOPEN, (LOOPBACK, world.other_port))
        expect(client.recv(7) == b"content")


@operation
def connect_to_another_port_again(world):
    """A socket that was connected before is taken apart and connected anew."""
    raw(world, "connect", world.connected, struct.pack("=H14x", socket.AF_UNSPEC), 16)
    address = struct.pack("=H", socket.AF_INET) + struct.pack(
        "!H4s8x", world.other_port, b"\x7f\0\0\1"
    )
    raw(world, "connect", world.connected, address, 16)
    expect(socket.socket(fileno=world.connected).recv(7) == b"content")


def bind(port, family=socket.AF_INET, address=LOOPBACK):
    with socket.socket(family) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen()
        expect(server.getsockname()[1])


@operation
def serve_on_the_port(world):
    bind(world.server_port)


@operation
def serve_on_another_port(world):
    bind(world.server_port + 1)


@operation
def serve_on_another_port_by_ipv6(world):
    bind(world.server_port + 1, socket.AF_INET6, "::1")


@operation
def serve_on_a_port_of_the_kernels_choice(world):
    bind(0)


@operation
def listen_without_binding(world):
    with socket.socket() as server:
        server.listen()
        expect(server.getsockname()[1])


@operation
def send_a_datagram(world):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        expect(sender.sendto(b"hello", (LOOPBACK, world.other_port)) == 5)


@operation
def make_a_raw_socket(world):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


@operation
def make_a_packet_socket(world):
    socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()


@operation
def make_a_netlink_socket(world):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


@operation
def connect_to_a_unix_socket(world):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("out/socket")
        expect(client.getpeername() == "out/socket")


@operation
def connect_to_an_abstract_socket(world):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(world.abstract)
        expect(client.recv(7) == b"content")


# ---- Metadata


@operation
def change_a_mode_outside(world):
    os.chmod(world / "out/file", 0o777)


@operation
def change_an_owner_outside(world):
    os.chown(world / "out/file", os.getuid(), os.getgid())


@operation
def change_times_outside(world):
    os.utime(world / "out/file", (1, 1))


@operation
def set_an_attribute_outside(world):
    os.setxattr(world / "out/file", "user.attribute", b"1")


@operation
def change_the_mode_of_an_open_file(world):
    os.fchmod(world.open_file, 0o777)


@operation
def ask_for_metadata_outside(world):
    expect(os.stat(world / "out/file").st_size == 7)


@operation
def ask_for_access_outside(world):
    expect(os.access(world / "out/file", os.R_OK))


@operation
def read_a_link_outside(world):
    expect(os.readlink(world / "out/link") == "file")


@operation
def ask_for_a_file_system_outside(world):
    expect(os.statvfs(world / "out").f_bsize)


@operation
def list_attributes_outside(world):
    os.listxattr(world / "out/file")


@operation
def watch_a_directory_outside(world):
    descriptor = raw(world, "inotify_init1", 0)
    raw(world, "inotify_add_watch", descriptor, world / "out", 1)


# ---- Devices and processes


@operation
def control_a_device(world):
    descriptor = os.open("/dev/ptmx", os.O_RDONLY | os.O_NOCTTY)
    fcntl.ioctl(descriptor, TIOCGPTN, b"1234")


@operation
def use_the_null_device(world):
    with open("/dev/null", "r+b", 0) as null:
        expect(null.write(b"x") == 1 and null.read() == b"")


@operation
def ask_whether_the_parent_lives(world):
    os.kill(os.getppid(), 0)


@operation
def trace_the_parent(world):
    raw(world, "ptrace", PTRACE_SEIZE, os.getppid(), 0, 0)


@operation
def mount_over_a_directory(world):
    raw(world, "mount", "none", world / "ro", "tmpfs", 0, None)


@operation
def change_the_root(world):
    os.chroot(world / "out")
    read("/file")


@operation
def make_a_user_namespace(world):
    raw(world, "unshare", CLONE_NEWUSER)


@operation
def open_with_openat2(world):
    how = struct.pack("QQQ", os.O_RDONLY, 0, 0)
    raw(world, "openat2", AT_FDCWD, world / "out/file", how, len(how))


@operation
def look_at_the_own_threads(world):
    # The numbers are those of the namespace that /proc was mounted in.
    expect(len(os.listdir("/proc/self/task")) == 1)
