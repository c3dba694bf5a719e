/*
 * Numbers of the kernel's interface, written here because musl toolchains come without the kernel's
 * headers.  kernel_abi.c holds them against those headers wherever they exist.  They are the same
 * on x86_64, aarch64 and riscv64.
 */
#ifndef ES_KERNEL_ABI_H
#define ES_KERNEL_ABI_H

enum {
    /* seccomp(2) and prctl(2) */
    ES_SECCOMP_SET_MODE_FILTER = 1,
    ES_SECCOMP_GET_ACTION_AVAIL = 2,
    ES_SECCOMP_FILTER_FLAG_TSYNC = 1,
    ES_SECCOMP_FILTER_FLAG_NEW_LISTENER = 8,
    ES_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32,
    ES_PR_SET_PDEATHSIG = 1,
    ES_PR_SET_NAME = 15,
    ES_PR_GET_SECCOMP = 21,
    ES_PR_SET_NO_NEW_PRIVS = 38,
    ES_PR_GET_NO_NEW_PRIVS = 39,
    ES_PR_CAP_AMBIENT = 47,
    ES_PR_CAP_AMBIENT_CLEAR_ALL = 4,

    /* classic BPF: the seven opcodes that the kernel's action cache can follow */
    ES_BPF_LD_W_ABS = 0x20,
    ES_BPF_AND_K = 0x54,
    ES_BPF_JA = 0x05,
    ES_BPF_JEQ_K = 0x15,
    ES_BPF_JGE_K = 0x35,
    ES_BPF_JSET_K = 0x45,
    ES_BPF_RET_K = 0x06,

    /* open(2) */
    ES_O_ACCMODE = 03,
    ES_O_WRONLY = 01,
    ES_O_RDWR = 02,
    ES_O_CREAT = 0100,
    ES_O_EXCL = 0200,
    ES_O_TRUNC = 01000,
    ES_O_APPEND = 02000,
    ES_O_NONBLOCK = 04000,
    ES_O_ASYNC = 020000,
    ES_O_DIRECTORY_AARCH64 = 040000, /* and everywhere else: */
    ES_O_DIRECTORY = 0200000,
    /* Of the two bits one is O_DIRECTORY, and the other one O_DIRECT. */
    ES_O_DIRECT_BITS = ES_O_DIRECTORY_AARCH64 | ES_O_DIRECTORY,
    ES_O_CLOEXEC = 02000000,
    ES_O_PATH = 010000000,
    ES_O_TMPFILE_BIT = 020000000, /* O_TMPFILE without O_DIRECTORY, whose bit varies */

    /* mmap(2), mremap(2), madvise(2) */
    ES_MAP_TYPE = 0x0f,
    ES_MAP_SHARED = 1,
    ES_MAP_PRIVATE = 2,
    ES_MAP_ANONYMOUS = 0x20,
    ES_MREMAP_MAYMOVE = 1,
    ES_MADV_DONTNEED = 4,
    ES_MADV_FREE = 8,
    ES_MADV_HUGEPAGE = 14,
    ES_MADV_GUARD_INSTALL = 102,
    ES_MADV_GUARD_REMOVE = 103,
    ES_MEMBARRIER_PRIVATE_EXPEDITED = 8,
    ES_MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 16,

    /* clone(2), unshare(2) */
    ES_CSIGNAL = 0x000000ff, /* the signal that the end of the child sends */
    ES_CLONE_FS = 0x00000200,
    ES_CLONE_FILES = 0x00000400,
    ES_CLONE_PIDFD = 0x00001000,
    ES_CLONE_PTRACE = 0x00002000,
    ES_CLONE_PARENT = 0x00008000,
    ES_CLONE_THREAD = 0x00010000,
    ES_CLONE_SYSVSEM = 0x00040000,
    ES_CLONE_UNTRACED = 0x00800000,
    ES_CLONE_NEW_ANY = 0x7e020000, /* NEWNS, CGROUP, UTS, IPC, USER, PID, NET */
    ES_ARCH_SET_FS = 0x1002,       /* x86_64 only, as is arch_prctl(2) */

    /* signals; the clocks of clock_gettime(2) that belong to nobody else */
    ES_SIGINT = 2,
    ES_SIGKILL = 9,
    ES_SIGTERM = 15,
    ES_SIGCHLD = 17,
    ES_CLOCK_MONOTONIC = 1,
    ES_CLOCK_BOOTTIME = 7,
    ES_CLOCK_TAI = 11,
    ES_TIMER_ABSTIME = 1,
    ES_SCHED_OTHER = 0,

    /* futex(2) */
    ES_FUTEX_WAIT = 0,
    ES_FUTEX_WAKE = 1,
    ES_FUTEX_REQUEUE = 3,
    ES_FUTEX_CMP_REQUEUE = 4,
    ES_FUTEX_UNLOCK_PI = 7,
    ES_FUTEX_WAIT_BITSET = 9,
    ES_FUTEX_WAKE_BITSET = 10,
    ES_FUTEX_PRIVATE_FLAG = 128,
    ES_FUTEX_CLOCK_REALTIME = 256,

    /* socket(2), send(2) */
    ES_AF_UNIX = 1,
    ES_AF_INET = 2,
    ES_AF_INET6 = 10,
    ES_SOCK_STREAM = 1,
    ES_SOCK_DGRAM = 2,
    ES_SOCK_FLAGS = 02004000, /* SOCK_CLOEXEC | SOCK_NONBLOCK */
    ES_IPPROTO_TCP = 6,
    ES_IPPROTO_UDP = 17,
    ES_MSG_FASTOPEN = 0x20000000,

    /* setsockopt(2): levels and names */
    ES_SOL_SOCKET = 1,
    ES_SOL_IP = 0,
    ES_SOL_TCP = 6,
    ES_SOL_IPV6 = 41,
    ES_SO_REUSEADDR = 2,
    ES_SO_BROADCAST = 6,
    ES_SO_SNDBUF = 7,
    ES_SO_RCVBUF = 8,
    ES_SO_KEEPALIVE = 9,
    ES_SO_LINGER = 13,
    ES_SO_REUSEPORT = 15,
    ES_SO_RCVLOWAT = 18,
    ES_SO_RCVTIMEO = 20,
    ES_SO_SNDTIMEO = 21,
    ES_TCP_NODELAY = 1,
    ES_TCP_CORK = 3,
    ES_TCP_KEEPIDLE = 4,
    ES_TCP_KEEPINTVL = 5,
    ES_TCP_KEEPCNT = 6,
    ES_TCP_DEFER_ACCEPT = 9,
    ES_TCP_QUICKACK = 12,
    ES_TCP_USER_TIMEOUT = 18,
    ES_IP_TOS = 1,
    ES_IP_TTL = 2,
    ES_IP_MTU_DISCOVER = 10,
    ES_IP_RECVERR = 11,
    ES_IPV6_UNICAST_HOPS = 16,
    ES_IPV6_MTU_DISCOVER = 23,
    ES_IPV6_RECVERR = 25,
    ES_IPV6_V6ONLY = 26,
    ES_IPV6_TCLASS = 67,

    /* fcntl(2) */
    ES_F_DUPFD = 0,
    ES_F_GETFD = 1,
    ES_F_SETFD = 2,
    ES_F_GETFL = 3,
    ES_F_SETFL = 4,
    ES_F_GETLK = 5,
    ES_F_SETLKW = 7,
    ES_F_SETOWN = 8,
    ES_F_SETSIG = 10,
    ES_F_SETOWN_EX = 15,
    ES_F_OFD_GETLK = 36,
    ES_F_OFD_SETLKW = 38,
    ES_F_SETLEASE = 1024,
    ES_F_NOTIFY = 1026,
    ES_F_DUPFD_CLOEXEC = 1030,
    ES_F_ADD_SEALS = 1033,
    ES_F_GET_SEALS = 1034,

    /* ioctl(2) */
    ES_TCGETS = 0x5401,
    ES_TCSETSF = 0x5404,
    ES_TCSBRK = 0x5409,
    ES_TCFLSH = 0x540b,
    ES_TIOCSCTTY = 0x540e,
    ES_TIOCGPGRP = 0x540f,
    ES_TIOCOUTQ = 0x5411,
    ES_TIOCGWINSZ = 0x5413,
    ES_TIOCSWINSZ = 0x5414,
    ES_FIONREAD = 0x541b,
    ES_FIONBIO = 0x5421,
    ES_FIONCLEX = 0x5450,
    ES_FIOCLEX = 0x5451,
    ES_TCGETS2 = 0x802c542a,
    ES_TCSETS2 = 0x402c542b,
    ES_TCSETSF2 = 0x402c542d,

    /* close_range(2), rename(2), mknod(2), newfstatat(2) */
    ES_CLOSE_RANGE_CLOEXEC = 4,
    ES_RENAME_WHITEOUT = 4,
    ES_S_IFMT = 0170000,
    ES_S_IFIFO = 0010000,
    ES_S_IFCHR = 0020000,
    ES_S_IFBLK = 0060000,
    ES_S_IFREG = 0100000,
    ES_S_IFSOCK = 0140000,
    ES_AT_REMOVEDIR = 0x200,
    ES_AT_EMPTY_PATH = 0x1000,

    /* calls that have one number everywhere */
    ES_NR_IO_URING_SETUP = 425,
    ES_NR_PIDFD_OPEN = 434,
    ES_NR_CLONE3 = 435,
    ES_NR_OPENAT2 = 437,
    ES_NR_PIDFD_GETFD = 438,

    /* landlock(7): calls, which have one number everywhere, and what they are told */
    ES_NR_LANDLOCK_CREATE_RULESET = 444,
    ES_NR_LANDLOCK_ADD_RULE = 445,
    ES_NR_LANDLOCK_RESTRICT_SELF = 446,
    ES_LANDLOCK_CREATE_RULESET_VERSION = 1,
    ES_LANDLOCK_RULE_PATH_BENEATH = 1,
    ES_LANDLOCK_RULE_NET_PORT = 2
};

#endif
