"""Every permission against every probe: what it grants, and that everything else is refused.

The probes are harmless calls (inside/probes.py). GRANTS says for each permission which of them
must reach the kernel. OPEN holds those about which the documentation of a permission says
nothing, so either answer is right. All others must be refused.
"""

import errno

import pytest

# fmt: off
BASIC = {
    "brk", "mmap anonymous", "munmap", "mremap", "madvise", "mprotect", "rt_sigaction",
    "rt_sigprocmask", "sigaltstack", "futex", "rseq", "restart_syscall", "getrandom",
    "sched_yield", "sched_getaffinity", "getpid", "gettid", "getppid", "getuid", "geteuid",
    "getgid", "getegid", "getpgrp", "getcwd", "uname", "alarm", "getitimer", "setitimer",
    "prlimit64 own", "seccomp a filter", "prctl PR_GET_NO_NEW_PRIVS",
    "prctl PR_SET_NO_NEW_PRIVS", "prctl PR_GET_SECCOMP", "times", "sysinfo", "is another there",
}

CLOSE = {"close", "close_range"}
IOCTL = {
    "ioctl FIONBIO", "ioctl FIOCLEX", "ioctl FIONREAD", "ioctl TCGETS", "ioctl TCSETS",
    "fcntl F_DUPFD", "fcntl F_GETFD", "fcntl F_SETFD", "fcntl F_GETFL", "fcntl F_SETFL",
    "fcntl F_SETLK", "fcntl F_DUPFD_CLOEXEC",
}
METADATA = {
    "stat", "lstat", "fstat", "newfstatat", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents64", "statfs", "fstatfs",
}
OPEN_READONLY = {
    "open to read", "openat to read", "fcntl F_GETFD", "fcntl F_SETFD", "ioctl FIOCLEX",
}
OPEN_ALL = OPEN_READONLY | {"open to write", "openat to write", "openat to create", "creat"}
READ = {"read", "readv", "pread64", "preadv", "preadv2", "lseek", "mmap a file privately"}
WRITE = {
    "write", "writev", "pwrite64", "pwritev", "pwritev2", "lseek", "fsync", "fdatasync",
    "ftruncate", "mmap a file shared",
}
NAMES_AND_ATTRIBUTES = {
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link",
    "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown",
    "fchownat", "utimensat", "truncate", "fallocate", "getxattr", "listxattr", "setxattr",
    "fsetxattr", "removexattr", "chdir", "fchdir", "flock", "dup", "dup2", "dup3", "pipe2",
    "poll",
}
EVERYTHING = CLOSE | IOCTL | METADATA | OPEN_ALL | READ | WRITE | NAMES_AND_ATTRIBUTES

RUNNING = {
    "close", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt", "poll",
    "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "eventfd2", "socketpair unix", "ioctl FIONBIO", "fcntl F_GETFD", "fcntl F_SETFD",
    "fcntl F_GETFL", "fcntl F_SETFL", "read", "readv", "write", "writev", "recvfrom", "sendto",
    "sendmsg", "clock_getres",
}
UNIX = {"recvmsg"}
ACCEPT = {"accept", "accept4"}
TCP = {"socket tcp", "socket tcp6"}
FAST_OPEN = {"sendto with fast open", "sendmsg with fast open"}
UDP = {"sendto an address"}

SLEEP = {
    "nanosleep", "clock_nanosleep", "select", "pselect6", "poll", "ppoll", "epoll_wait",
    "epoll_pwait", "rt_sigtimedwait",
}
GETTIME = {"clock_gettime", "clock_getres", "gettimeofday", "time", "getrusage"}
CREATE = {"clone", "fork", "wait4"}
KILL_ONE = {"kill another by SIGTERM", "kill another by SIGKILL", "kill another by SIGINT"}
FORK_AND_EXEC = {
    "clone", "execve", "wait4", "pipe2", "dup2", "poll", "chdir", "fcntl F_GETFL",
} | KILL_ONE

GRANTS = {
    "BasicCapabilities()": set(),
    "SystemIO()": set(),
    "SystemIO().allow_close()": CLOSE,
    "SystemIO().allow_ioctl()": IOCTL,
    "SystemIO().allow_metadata()": METADATA,
    "SystemIO().allow_open()": OPEN_ALL,
    "SystemIO().allow_open_readonly()": OPEN_READONLY,
    "SystemIO().allow_read()": READ,
    "SystemIO().allow_write()": WRITE,
    "SystemIO().allow_stdin()": set(),
    "SystemIO().allow_stdout()": set(),
    "SystemIO().allow_stderr()": set(),
    "SystemIO().allow_file_read(900)": set(),
    "SystemIO().allow_file_write(900)": set(),
    "SystemIO.everything()": EVERYTHING,
    "ForkAndExec()": FORK_AND_EXEC,
    "Networking()": set(),
    "Networking().allow_running_tcp_clients()": RUNNING,
    "Networking().allow_running_tcp_servers()": RUNNING | ACCEPT,
    "Networking().allow_running_udp_sockets()": RUNNING | UDP,
    "Networking().allow_running_unix_clients()": RUNNING | UNIX,
    "Networking().allow_running_unix_servers()": RUNNING | ACCEPT | UNIX,
    "Networking().allow_start_tcp_clients()": RUNNING | TCP | {"connect"} | FAST_OPEN,
    "Networking().allow_start_tcp_servers()": RUNNING | ACCEPT | TCP | {"bind", "listen"},
    "Networking().allow_start_udp_servers()": (
        RUNNING | UDP | {"socket udp", "bind", "connect", "sendmmsg"}
    ),
    "Networking().allow_start_unix_servers()": (
        RUNNING | ACCEPT | UNIX | {"socket unix", "bind", "listen"}
    ),
    "Threads()": set(),
    "Threads().allow_create()": CREATE,
    "Threads().allow_sleep()": SLEEP,
    "Time()": set(),
    "Time().allow_gettime()": GETTIME,
}

# Matters of taste: libraries use them now and then, and they open no door.
OPEN_RUNNING = {"close_range", "sendmmsg", "recvmmsg"}
OPEN = {
    "SystemIO().allow_stdin()": {"select", "pselect6"},  # the readline module waits so
    "SystemIO().allow_metadata()": {"statx", "getxattr", "listxattr"},
    "SystemIO().allow_open()": {"openat2"},
    "SystemIO.everything()": {
        "openat2", "statx", "mknod", "mknodat", "utimes", "pipe", "sendfile", "copy_file_range",
        "splice", "memfd_create", "inotify_init1", "ppoll", "select", "pselect6",
        "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "timerfd_create",
        "signalfd4",
    },
    "ForkAndExec()": {
        "fork", "waitid", "dup", "dup3", "pipe", "ppoll", "select", "pselect6", "fchdir",
        "setpgid", "getdents64", "ioctl FIOCLEX", "fcntl F_GETFD", "fcntl F_SETFD",
        "fcntl F_SETFL", "fcntl F_DUPFD", "fcntl F_DUPFD_CLOEXEC", "access",
        "readlink",
    },
    "Threads().allow_create()": {"waitid"},
    **{name: OPEN_RUNNING for name in GRANTS if name.startswith("Networking().")},
    "Networking().allow_running_unix_clients()": OPEN_RUNNING | {"sendto an address"},
    "Networking().allow_running_unix_servers()": OPEN_RUNNING | {"sendto an address"},
    "Networking().allow_start_tcp_clients()": (
        OPEN_RUNNING | {"sendto an address", "sendmmsg with fast open"}
    ),
    "Networking().allow_start_unix_servers()": OPEN_RUNNING | {"sendto an address"},
}

# fmt: on

# These have an older sibling and are refused as if the kernel were older than they are, unless
# the permission allows them under a condition that the probe does not meet.
YOUNGER = {"accept4", "preadv2", "pwritev2", "dup3", "statx", "execveat"}
CONDITIONAL = {
    "SystemIO().allow_stdin()": {"preadv2"},
    "SystemIO().allow_stdout()": {"pwritev2"},
    "SystemIO().allow_stderr()": {"pwritev2"},
    "SystemIO().allow_file_read(900)": {"preadv2"},
    "SystemIO().allow_file_write(900)": {"pwritev2"},
}
LAST_OLD_NUMBER = 423

# To an ordinary user the kernel itself says EPERM, before it looks at an argument.
NEED_PRIVILEGE = {
    "userfaultfd",
    "pivot_root",
    "swapon",
    "acct",
    "sethostname",
    "syslog",
    "setgroups",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "iopl",
    "bpf",
    "perf_event_open",
    "umount2",
    "mount",
}


def probe_all(box, permission):
    import pyextrasafe
    from probes import PROBES, answer

    raw = box.raw()
    names = {name: getattr(pyextrasafe, name) for name in pyextrasafe.__all__}
    if permission:
        box.apply(eval(permission, names))
    box.note("answers", {label: answer(raw, call) for label, call in PROBES.items()})
    box.note("numbers", {label: raw.number(call[0]) for label, call in PROBES.items()})
    box.true("all probes made", True)


def refusals(permission, label, number):
    """The errnos that say no."""
    if number > LAST_OLD_NUMBER:
        return {errno.ENOSYS}
    if label in YOUNGER:
        both = label in CONDITIONAL.get(permission, ())
        return {errno.EPERM, errno.ENOSYS} if both else {errno.ENOSYS}
    return {errno.EPERM}


def wrong(permission, label, answer, number):
    """What is wrong with the answer to a probe, or None."""
    text = errno.errorcode.get(answer, answer)
    if label in GRANTS[permission] | BASIC:
        return f"refused with {text}" if answer in (errno.EPERM, errno.ENOSYS) else None
    if label in OPEN.get(permission, ()) or answer in refusals(permission, label, number):
        return None
    return f"not refused as it should be: {text}"


@pytest.mark.parametrize("permission", GRANTS)
def test_it_grants_what_it_says_and_nothing_else(run, form, permission):
    notes = run(probe_all, form=form, permission=permission).notes
    faults = []
    for label, answer in notes["answers"].items():
        fault = wrong(permission, label, answer, notes["numbers"][label])
        faults += [f"{label}: {fault}"] if fault else []
    assert not faults, "\n".join([permission, *faults])


def test_without_a_filter_no_probe_gets_the_answer_of_a_filter(run):
    """Otherwise a refusal above would prove nothing."""
    notes = run(probe_all, permission=None).notes
    alike = {
        label
        for label, answer in notes["answers"].items()
        if answer in refusals(None, label, notes["numbers"][label])
    }
    assert alike <= NEED_PRIVILEGE


def test_every_permission_is_here(run):
    def case(box):
        import pyextrasafe

        found = set()
        for name in pyextrasafe.__all__:
            member = getattr(pyextrasafe, name)
            if not isinstance(member, type) or not issubclass(member, pyextrasafe.RuleSet):
                continue
            if name not in ("Custom", "RuleSet"):
                found.add(name)
                found.update(
                    f"{name}.{method}"
                    for method in dir(member)
                    if method.startswith("allow_") or method == "everything"
                )
        box.true("there are rule sets", found)
        box.note("found", sorted(found))

    written = {permission.replace("()", "").replace("(900)", "") for permission in GRANTS}
    assert set(run(case).notes["found"]) == written
