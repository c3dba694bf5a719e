/*
 * How much of an argument this kernel reads, shown by harmless calls, is what the library says.
 *
 * Each call is made three times, in a child of its own: as it stands; with another value of the
 * argument, which must make a difference, or nothing would be shown; and with other upper bits,
 * beyond what the library takes the kernel to read.  They must not make a difference; and where the
 * library says that all 64 bits are read, they must.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *name;
    unsigned argument;
    uint64_t args[6], other; /* the other value of the argument */
} width_case;

/* What a call did, as far as one can see from outside. */
typedef struct {
    int errnum;
    mode_t mode; /* of the file */
    uid_t owner;
    gid_t group;
} outcome;

typedef struct {
    long number;
    uint64_t args[6];
    outcome found;
} one_call;

static int file;
static uint64_t file_fd, folder, empty, sink, idle; /* descriptors */

static void make_call(void *shared)
{
    one_call *made = shared;
    const uint64_t *a = made->args;
    struct stat status;

    lseek((int)folder, 0, SEEK_SET); /* the children share its position */
    made->found.errnum = errno_of(syscall(made->number, a[0], a[1], a[2], a[3], a[4], a[5]));
    if (fstat(file, &status) != 0)
        return; /* it was closed */
    made->found.mode = status.st_mode;
    made->found.owner = status.st_uid;
    made->found.group = status.st_gid;
}

static outcome outcome_of(const width_case *given, uint64_t value)
{
    static one_call *made;

    if (!made)
        made = shared_memory(sizeof *made);
    *made = (one_call){.number = es_syscall_number(0, given->name)};
    memcpy(made->args, given->args, sizeof made->args);
    made->args[given->argument] = value;
    in_good_child(make_call, made);
    return made->found;
}

static bool same(outcome a, outcome b)
{
    return a.errnum == b.errnum && a.mode == b.mode && a.owner == b.owner && a.group == b.group;
}

static void check(const width_case *given)
{
    uint64_t value = given->args[given->argument], upper[2];
    int width = es_syscall_width(0, es_syscall_number(0, given->name), given->argument);
    outcome usual = outcome_of(given, value), other;

    if (usual.errnum == ENOSYS)
        return; /* this kernel is older than the call */
    if (width != ES_WIDTH_16 && width != ES_WIDTH_32 && width != ES_WIDTH_64)
        fail_msg("argument %u of %s has no width", given->argument, given->name);
    upper[0] = width == ES_WIDTH_16 ? 0xffffffffffff0000 : 0xffffffff00000000;
    upper[1] = width == ES_WIDTH_16 ? 0x10000 : 0x100000000;
    for (unsigned i = 0; i < (width == ES_WIDTH_64 ? 1 : 2); i++) {
        other = outcome_of(given, given->other);
        if (same(usual, other))
            fail_msg("argument %u of %s: no value makes a difference", given->argument,
                     given->name);
        other = outcome_of(given, value ^ upper[i]);
        if (same(usual, other) != (width != ES_WIDTH_64))
            fail_msg("argument %u of %s is not %d bytes wide: errno %d, errno %d",
                     given->argument, given->name, width, usual.errnum, other.errnum);
    }
}

static void check_all(const width_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (es_syscall_number(0, cases[i].name) >= 0) /* not every architecture has them all */
            check(&cases[i]);
}

/* ---- What the calls are made with ---- */

static char path[64];
static uint64_t buffer, vector, page, path_address, here, missing, zero_time;
enum { NOBODY = 0x3fffffff /* no descriptor, and no process */ };

static uint64_t address(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

static int prepare(void **state)
{
    static char memory[4096];
    static struct iovec one_byte = {memory, 1};
    static const struct timespec zero = {0, 0};
    int pipes[2], sockets[2];

    (void)state;
    strcpy(path, "/tmp/extrasafe-XXXXXX");
    file = mkstemp(path);
    file_fd = (uint64_t)file;
    folder = (uint64_t)open("/tmp", O_RDONLY | O_DIRECTORY);
    if (file < 0 || fchmod(file, 0600) != 0 || pipe2(pipes, O_NONBLOCK) != 0)
        return -1;
    empty = (uint64_t)pipes[0];
    if (pipe2(pipes, O_NONBLOCK) != 0)
        return -1;
    sink = (uint64_t)pipes[1];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) != 0)
        return -1;
    idle = (uint64_t)sockets[0];
    buffer = address(memory);
    vector = address(&one_byte);
    page = address(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    path_address = address(path);
    here = address(".");
    missing = address("missing/file");
    zero_time = address(&zero);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    return unlink(path);
}

/* ---- The calls ---- */

static void test_reading_and_writing(void **state)
{
    const width_case cases[] = {
        {"read", 0, {empty, buffer, 1}, NOBODY},
        {"read", 2, {empty, buffer, 1}, 0},
        {"write", 0, {sink, buffer, 1}, NOBODY},
        {"pread64", 0, {file_fd, buffer, 1}, NOBODY},
        {"pread64", 3, {file_fd, buffer, 1, 0}, UINT64_MAX},
        {"pwrite64", 0, {file_fd, buffer, 1}, NOBODY},
        {"readv", 0, {empty, vector, 1}, NOBODY},
        {"readv", 2, {empty, vector, 1}, 2000}, /* more vectors than the kernel takes */
        {"writev", 0, {sink, vector, 1}, NOBODY},
        {"writev", 2, {sink, vector, 1}, 2000},
        {"preadv", 0, {file_fd, vector, 1}, NOBODY},
        {"preadv", 2, {file_fd, vector, 1}, 2000},
        {"preadv", 3, {file_fd, vector, 1, 0}, UINT64_MAX},
        {"pwritev", 0, {file_fd, vector, 1}, NOBODY},
        {"pwritev", 2, {file_fd, vector, 1}, 2000},
        {"preadv2", 0, {file_fd, vector, 1}, NOBODY},
        {"preadv2", 2, {file_fd, vector, 1}, 2000},
        {"preadv2", 5, {file_fd, vector, 1, 0, 0, 0}, 0x40000000},
        {"pwritev2", 0, {file_fd, vector, 1}, NOBODY},
        {"pwritev2", 2, {file_fd, vector, 1}, 2000},
        {"pwritev2", 5, {file_fd, vector, 1, 0, 0, 0}, 0x40000000},
        {"lseek", 0, {file_fd, 0, 0}, NOBODY},
        {"lseek", 1, {file_fd, 0, 0}, UINT64_MAX},
        {"lseek", 2, {file_fd, 0, 0}, 99},
        {"sendfile", 0, {sink, file_fd, 0, 1}, NOBODY},
        {"sendfile", 1, {sink, file_fd, 0, 1}, NOBODY},
        {"copy_file_range", 0, {file_fd, 0, file_fd, 0, 0, 0}, NOBODY},
        {"copy_file_range", 2, {file_fd, 0, file_fd, 0, 0, 0}, NOBODY},
        {"copy_file_range", 5, {file_fd, 0, file_fd, 0, 0, 0}, 0x100},
        {"splice", 0, {empty, 0, sink, 0, 1, 2}, NOBODY},
        {"splice", 2, {empty, 0, sink, 0, 1, 2}, NOBODY},
        {"splice", 5, {empty, 0, sink, 0, 1, 2}, 0x100},
        {"tee", 0, {empty, sink, 1, 2}, NOBODY},
        {"tee", 1, {empty, sink, 1, 2}, NOBODY},
        {"tee", 3, {empty, sink, 1, 2}, 0x100},
        {"vmsplice", 0, {sink, vector, 1, 2}, NOBODY},
        {"vmsplice", 2, {sink, vector, 1, 2}, 2000},
        {"vmsplice", 3, {sink, vector, 1, 2}, 0x100},
        {"fsync", 0, {file_fd}, NOBODY},
        {"fdatasync", 0, {file_fd}, NOBODY},
        {"syncfs", 0, {empty}, NOBODY},
        {"sync_file_range", 0, {file_fd}, NOBODY},
        {"sync_file_range", 1, {file_fd, 0, 1, 0}, UINT64_MAX},
        {"sync_file_range", 3, {file_fd}, 0x100},
        {"fadvise64", 0, {file_fd}, NOBODY},
        {"fadvise64", 3, {file_fd}, 99},
        {"readahead", 0, {file_fd, 0, 1}, NOBODY},
        {"ftruncate", 0, {file_fd, 0}, NOBODY},
        {"ftruncate", 1, {file_fd, 0}, UINT64_MAX},
        {"cachestat", 0, {file_fd, buffer, buffer, 0}, NOBODY},
        {"cachestat", 3, {file_fd, buffer, buffer, 0}, 1},
        {"truncate", 1, {path_address, 0}, UINT64_MAX},
        {"fallocate", 0, {file_fd, 0, 0, 0}, NOBODY},
        {"flock", 0, {file_fd, 1 | 4}, NOBODY},
        {"flock", 1, {file_fd, 1 | 4}, 0x100},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_descriptors(void **state)
{
    const uint64_t no_write = O_DIRECTORY | 020000000; /* O_TMPFILE, but for reading */
    const width_case cases[] = {
        {"openat", 0, {folder, here, O_RDONLY}, NOBODY},
        {"openat", 2, {folder, here, O_RDONLY}, no_write},
        {"open", 1, {here, O_RDONLY}, no_write},
        {"openat2", 0, {folder, here, address((uint64_t[3]){0}), 24}, NOBODY},
        {"openat2", 3, {folder, here, address((uint64_t[3]){0}), 24}, 8},
        {"close", 0, {file_fd}, NOBODY},
        {"close_range", 0, {900, 1000, 0}, 1001},
        {"close_range", 1, {900, 1000, 0}, 899},
        {"close_range", 2, {900, 1000, 0}, 0x100},
        {"dup", 0, {file_fd}, NOBODY},
        {"dup2", 0, {file_fd, 200}, NOBODY},
        {"dup2", 1, {file_fd, 200}, NOBODY},
        {"dup3", 0, {file_fd, 200, 0}, NOBODY},
        {"dup3", 1, {file_fd, 200, 0}, NOBODY},
        {"dup3", 2, {file_fd, 200, 0}, 1},
        {"pipe2", 1, {buffer, 0}, 1},
        {"eventfd2", 1, {0, 0}, 0x100},
        {"timerfd_create", 0, {CLOCK_MONOTONIC, 0}, 99},
        {"timerfd_create", 1, {CLOCK_MONOTONIC, 0}, 0x100},
        {"memfd_create", 1, {here, 0}, 0x1000},
        {"signalfd4", 2, {NOBODY, buffer, 8, 0}, 7},
        {"signalfd4", 3, {0xffffffff, buffer, 8, 0}, 0x100},
        {"inotify_init1", 0, {0}, 0x100},
        {"userfaultfd", 0, {1}, 0x100},
        {"name_to_handle_at", 0, {folder, here, buffer, buffer, 0}, NOBODY},
        {"name_to_handle_at", 4, {folder, here, buffer, buffer, 0}, 0x100000},
        {"ioctl", 0, {empty, FIONREAD, buffer}, NOBODY},
        {"ioctl", 1, {empty, FIONREAD, buffer}, 1},
        {"fcntl", 0, {file_fd, F_GETFD}, NOBODY},
        {"fcntl", 1, {file_fd, F_GETFD}, 9999},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_metadata_and_names(void **state)
{
    const uint64_t user = getuid(), group = getgid();
    const width_case cases[] = {
        {"fstat", 0, {file_fd, buffer}, NOBODY},
        {"newfstatat", 0, {folder, here, buffer, 0}, NOBODY},
        {"newfstatat", 3, {folder, here, buffer, 0}, 1},
        {"statx", 0, {folder, here, 0, 0, buffer}, NOBODY},
        {"statx", 2, {folder, here, 0, 0, buffer}, 1},
        {"statx", 3, {folder, here, 0, 0, buffer}, 1u << 31 /* STATX__RESERVED */},
        {"fstatfs", 0, {file_fd, buffer}, NOBODY},
        {"access", 1, {here, 0}, 0x10},
        {"faccessat", 0, {folder, here, 0}, NOBODY},
        {"faccessat", 2, {folder, here, 0}, 0x10},
        {"faccessat2", 0, {folder, here, 0, 0}, NOBODY},
        {"faccessat2", 2, {folder, here, 0, 0}, 0x10},
        {"faccessat2", 3, {folder, here, 0, 0}, 1},
        /* A size that is too small is an error, one that is large is not. */
        {"readlink", 2, {missing, buffer, 0}, 10},
        {"readlinkat", 0, {folder, missing, buffer, 10}, NOBODY},
        {"readlinkat", 3, {folder, missing, buffer, 0}, 10},
        {"getdents64", 0, {folder, buffer, 4096}, NOBODY},
        {"getdents64", 2, {folder, buffer, 0}, 4096},
        {"getcwd", 1, {buffer, 1}, 4096},
        {"fchdir", 0, {folder}, NOBODY},
        {"mkdirat", 0, {folder, here, 0700}, NOBODY},
        {"unlinkat", 0, {folder, missing, 0}, NOBODY},
        {"unlinkat", 2, {folder, missing, 0}, 1},
        {"renameat", 0, {folder, missing, folder, missing}, NOBODY},
        {"renameat", 2, {folder, here, folder, missing}, NOBODY},
        {"renameat2", 0, {folder, missing, folder, missing, 0}, NOBODY},
        {"renameat2", 2, {folder, here, folder, missing, 0}, NOBODY},
        {"renameat2", 4, {folder, missing, folder, missing, 0}, 0x100},
        {"linkat", 0, {folder, missing, folder, missing, 0}, NOBODY},
        {"linkat", 4, {folder, missing, folder, missing, 0}, 1},
        {"symlinkat", 1, {here, folder, missing}, NOBODY},
        {"mknodat", 0, {folder, missing, S_IFIFO | 0600, 0}, NOBODY},
        {"fchmod", 0, {file_fd, 0640}, NOBODY},
        {"fchmod", 1, {file_fd, 0640}, 0644},
        {"chmod", 1, {path_address, 0640}, 0644},
        {"fchmodat", 0, {folder, missing, 0640}, NOBODY},
        {"fchmodat", 2, {folder, path_address, 0640}, 0644},
        {"fchmodat2", 0, {folder, missing, 0640, 0}, NOBODY},
        {"fchmodat2", 2, {folder, path_address, 0640, 0}, 0644},
        {"fchmodat2", 3, {folder, path_address, 0640, 0}, 1},
        {"chown", 1, {path_address, user, group}, user + 1},
        {"chown", 2, {path_address, user, group}, group + 1},
        {"lchown", 1, {path_address, user, group}, user + 1},
        {"fchown", 0, {file_fd, user, group}, NOBODY},
        {"fchown", 1, {file_fd, user, group}, user + 1},
        {"fchown", 2, {file_fd, user, group}, group + 1},
        {"fchownat", 0, {folder, missing, user, group, 0}, NOBODY},
        {"fchownat", 2, {folder, path_address, user, group, 0}, user + 1},
        {"fchownat", 3, {folder, path_address, user, group, 0}, group + 1},
        {"fchownat", 4, {folder, path_address, user, group, 0}, 1},
        {"utimensat", 0, {folder, missing, 0, 0}, NOBODY},
        {"utimensat", 3, {folder, missing, 0, 0}, 1},
        {"futimesat", 0, {folder, missing, 0}, NOBODY},
        {"mount", 3, {missing, here, 0, MS_BIND, 0}, 0x80000000},
        {"umount2", 1, {missing, 0}, 0x100},
        {"fgetxattr", 0, {file_fd, here, buffer, 0}, NOBODY},
        {"fsetxattr", 0, {file_fd, here, buffer, 1, 0}, NOBODY},
        {"fsetxattr", 3, {file_fd, here, buffer, 1, 0}, 1 << 20},
        {"fsetxattr", 4, {file_fd, here, buffer, 1, 0}, 0x10},
        {"setxattr", 4, {missing, here, buffer, 1, 0}, 0x10},
        {"flistxattr", 0, {file_fd, buffer, 0}, NOBODY},
        {"fremovexattr", 0, {file_fd, here}, NOBODY},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_sockets(void **state)
{
    const uint64_t keep_alive = SO_KEEPALIVE, length = address((uint32_t[1]){4});
    const width_case cases[] = {
        {"socket", 0, {AF_UNIX, SOCK_STREAM, 0}, 99},
        {"socket", 1, {AF_UNIX, SOCK_STREAM, 0}, 99},
        {"socket", 2, {AF_UNIX, SOCK_STREAM, 0}, 99},
        {"socketpair", 0, {AF_UNIX, SOCK_STREAM, 0, buffer}, 99},
        {"socketpair", 1, {AF_UNIX, SOCK_STREAM, 0, buffer}, 99},
        {"socketpair", 2, {AF_UNIX, SOCK_STREAM, 0, buffer}, 99},
        {"bind", 0, {file_fd, buffer, 4}, NOBODY},
        {"connect", 0, {file_fd, buffer, 4}, NOBODY},
        {"listen", 0, {file_fd, 0}, NOBODY},
        {"accept", 0, {file_fd, 0, 0}, NOBODY},
        {"accept4", 0, {file_fd, 0, 0, 0}, NOBODY},
        {"accept4", 3, {file_fd, 0, 0, 0}, 1},
        {"shutdown", 0, {file_fd, 0}, NOBODY},
        {"shutdown", 1, {idle, 0}, 99},
        {"getsockname", 0, {file_fd, buffer, length}, NOBODY},
        {"getpeername", 0, {file_fd, buffer, length}, NOBODY},
        {"setsockopt", 0, {idle, SOL_SOCKET, keep_alive, buffer, 4}, NOBODY},
        {"setsockopt", 1, {idle, SOL_SOCKET, keep_alive, buffer, 4}, 9999},
        {"setsockopt", 2, {idle, SOL_SOCKET, keep_alive, buffer, 4}, 9999},
        {"setsockopt", 4, {idle, SOL_SOCKET, keep_alive, buffer, 1}, 4},
        {"getsockopt", 0, {idle, SOL_SOCKET, keep_alive, buffer, length}, NOBODY},
        {"getsockopt", 1, {idle, SOL_SOCKET, keep_alive, buffer, length}, 9999},
        {"getsockopt", 2, {idle, SOL_SOCKET, keep_alive, buffer, length}, 9999},
        {"sendto", 0, {file_fd, buffer, 1, 0, 0, 0}, NOBODY},
        {"recvfrom", 0, {file_fd, buffer, 1, 0, 0, 0}, NOBODY},
        {"sendmsg", 0, {file_fd, buffer, 0}, NOBODY},
        {"recvmsg", 0, {file_fd, buffer, 0}, NOBODY},
        {"sendmmsg", 0, {file_fd, buffer, 1, 0}, NOBODY},
        {"recvmmsg", 0, {file_fd, buffer, 1, 0, 0}, NOBODY},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_waiting(void **state)
{
    const uint64_t epoll = (uint64_t)syscall(SYS_epoll_create1, 0), minus_one = 0xffffffff;
    const width_case cases[] = {
        {"poll", 1, {0, 0, 0}, NOBODY},
        {"ppoll", 1, {0, 0, zero_time, 0, 0}, NOBODY},
        {"ppoll", 4, {0, 0, zero_time, buffer, 8}, 7},
        /* A number that is negative as an int is an error; one that is large is not. */
        {"select", 0, {minus_one, 0, 0, 0, buffer}, 0},
        {"pselect6", 0, {minus_one, 0, 0, 0, zero_time, 0}, 0},
        {"epoll_create", 0, {0}, 1},
        {"epoll_create1", 0, {0}, 1},
        {"epoll_ctl", 0, {epoll, 2, empty, buffer}, NOBODY}, /* removes what is not there */
        {"epoll_ctl", 1, {epoll, 2, empty, buffer}, 99},
        {"epoll_ctl", 2, {epoll, 2, empty, buffer}, NOBODY},
        {"epoll_wait", 0, {epoll, buffer, 1, 0}, NOBODY},
        {"epoll_wait", 2, {epoll, buffer, 0, 0}, 1},
        {"epoll_pwait", 0, {epoll, buffer, 1, 0, 0, 0}, NOBODY},
        {"epoll_pwait", 2, {epoll, buffer, 0, 0, 0, 0}, 1},
        {"epoll_pwait", 5, {epoll, buffer, 1, 0, buffer, 8}, 7},
        {"epoll_pwait2", 0, {epoll, buffer, 1, zero_time, 0, 0}, NOBODY},
        {"epoll_pwait2", 2, {epoll, buffer, 0, zero_time, 0, 0}, 1},
        {"clock_nanosleep", 0, {CLOCK_MONOTONIC, 0, zero_time, 0}, 99},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    close((int)epoll);
}

static void test_memory(void **state)
{
    const uint64_t private = MAP_PRIVATE, read_only = (uint64_t)open(path, O_RDONLY);
    const width_case cases[] = {
        {"mmap", 1, {0, 4096, PROT_READ, private, file_fd, 0}, 0},
        {"mmap", 2, {0, 4096, PROT_READ, MAP_SHARED, read_only, 0}, PROT_WRITE},
        {"mmap", 3, {0, 4096, PROT_READ, private, file_fd, 0}, 0},
        {"mmap", 4, {0, 4096, PROT_READ, private, file_fd, 0}, NOBODY},
        {"mmap", 5, {0, 4096, PROT_READ, private, file_fd, 0}, 1},
        {"munmap", 0, {page, 4096}, 1},
        {"munmap", 1, {page, 4096}, 0},
        {"mremap", 0, {page, 4096, 4096, 0, 0}, 1},
        {"mremap", 2, {page, 4096, 4096, 0, 0}, 0},
        {"mremap", 3, {page, 4096, 4096, 0, 0}, 0x100},
        {"madvise", 0, {page, 4096, MADV_NORMAL}, 1},
        {"madvise", 1, {page, 4096, MADV_NORMAL}, 1ull << 46},
        {"madvise", 2, {page, 4096, MADV_NORMAL}, 9999},
        {"mprotect", 0, {page, 4096, PROT_READ}, 1},
        {"mprotect", 2, {page, 4096, PROT_READ}, 0x100},
        {"pkey_mprotect", 2, {page, 4096, PROT_READ, 0xffffffff}, 0x100},
        {"pkey_mprotect", 3, {page, 4096, PROT_READ, 0xffffffff}, 99},
        {"msync", 0, {page, 4096, MS_ASYNC}, 1},
        {"msync", 1, {page, 4096, MS_ASYNC}, 1ull << 46},
        {"msync", 2, {page, 4096, MS_ASYNC}, 0x100},
        {"mlock2", 0, {page, 4096, 0}, 1ull << 46},
        {"mlock2", 2, {page, 4096, 0}, 0x100},
        {"mincore", 0, {page, 4096, buffer}, 1},
        {"mincore", 1, {page, 4096, buffer}, 1ull << 46},
        {"mseal", 2, {page, 0, 0}, 1},
        {"mbind", 0, {page, 4096, 0, 0, 0, 0}, 1},
        {"mbind", 2, {page, 4096, 0, 0, 0, 0}, 99},
        {"mbind", 5, {page, 4096, 0, 0, 0, 0}, 0x100},
        {"set_mempolicy", 0, {0, 0, 0}, 99},
        {"get_mempolicy", 4, {0, 0, 0, 0, 0}, 0x100},
        {"set_mempolicy_home_node", 2, {page, 0, 0, 0}, 99999},
        {"set_mempolicy_home_node", 3, {page, 0, 0, 0}, 1},
        {"membarrier", 0, {0, 0, 0}, 0x40000000},
        {"membarrier", 1, {0, 0, 0}, 0x100},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_processes_and_signals(void **state)
{
    const uint64_t self = (uint64_t)getpid(); /* the parent of those who call */
    const uint64_t pidfd = (uint64_t)syscall(SYS_pidfd_open, self, 0);
    const uint64_t user1 = SIGUSR1, set = address((uint64_t[1]){0});
    const width_case cases[] = {
        {"kill", 0, {self, 0}, NOBODY},
        {"kill", 1, {self, 0}, 999},
        {"tkill", 0, {self, 0}, NOBODY},
        {"tkill", 1, {self, 0}, 999},
        {"tgkill", 0, {self, self, 0}, NOBODY},
        {"tgkill", 1, {self, self, 0}, NOBODY},
        {"tgkill", 2, {self, self, 0}, 999},
        {"pidfd_open", 0, {self, 0}, NOBODY},
        {"pidfd_open", 1, {self, 0}, 0x1},
        {"pidfd_send_signal", 0, {pidfd, 0, 0, 0}, NOBODY},
        {"pidfd_send_signal", 1, {pidfd, 0, 0, 0}, 999},
        {"pidfd_send_signal", 3, {pidfd, 0, 0, 0}, 0x1000},
        {"process_madvise", 0, {pidfd, vector, 0, MADV_COLD, 0}, NOBODY},
        {"process_madvise", 2, {pidfd, vector, 0, MADV_COLD, 0}, 2000},
        {"process_madvise", 4, {pidfd, vector, 0, MADV_COLD, 0}, 1},
        {"process_vm_readv", 2, {NOBODY, vector, 0, vector, 1, 0}, 2000},
        {"process_vm_readv", 4, {NOBODY, vector, 1, vector, 1, 0}, 2000},
        {"process_vm_readv", 5, {NOBODY, vector, 0, vector, 1, 0}, 1},
        {"kcmp", 2, {self, self, 0, file_fd, file_fd}, 99},
        {"kcmp", 3, {self, self, 0, file_fd, file_fd}, NOBODY},
        {"ioprio_set", 0, {1, 0, 0x4004}, 99},
        {"ioprio_set", 2, {1, 0, 0x4004}, 0xe000}, /* the best effort, and no class at all */
        {"getpriority", 0, {0, 0}, 99},
        {"getpriority", 1, {0, self}, NOBODY},
        {"sched_get_priority_max", 0, {0}, 99},
        {"sched_getscheduler", 0, {self}, NOBODY},
        {"sched_getattr", 2, {0, buffer, 48, 0}, 1},
        {"sched_getattr", 3, {0, buffer, 48, 0}, 1},
        {"getrlimit", 0, {0, buffer}, 99},
        {"futex_wake", 1, {buffer, 1, 1, 2}, 1ull << 32},
        {"futex_wake", 3, {buffer, 1, 1, 2}, 0x100},
        {"timer_create", 0, {CLOCK_MONOTONIC, 0, buffer}, 99},
        {"rt_sigpending", 1, {buffer, 8}, 9},
        {"rt_sigaction", 0, {user1, 0, 0, 8}, 999},
        {"rt_sigaction", 3, {user1, 0, 0, 8}, 7},
        {"rt_sigprocmask", 0, {0, set, 0, 8}, 99},
        {"rt_sigprocmask", 3, {0, set, 0, 8}, 7},
        {"rt_sigtimedwait", 3, {set, 0, zero_time, 8}, 7},
        {"wait4", 2, {0xffffffff, 0, 0, 0}, 0x100000},
        {"waitid", 0, {0, 0, buffer, 1 | 4, 0}, 99},
        {"waitid", 3, {0, 0, buffer, 1 | 4, 0}, 0x10000},
        {"getitimer", 0, {0, buffer}, 99},
        {"setitimer", 0, {0, buffer, 0}, 99},
        {"futex", 1, {buffer, 1, 0, 0, 0, 0}, 99},
        {"set_robust_list", 1, {0, 24}, 7},
        {"arch_prctl", 0, {0x1003, buffer}, 0x9999}, /* ARCH_GET_FS */
        {"prctl", 0, {PR_GET_NO_NEW_PRIVS}, 9999},
        {"seccomp", 0, {2, 0, address((uint32_t[1]){ES_ACTION_ALLOW})}, 99},
        {"seccomp", 1, {2, 0, address((uint32_t[1]){ES_ACTION_ALLOW})}, 1},
        {"ptrace", 0, {PTRACE_TRACEME}, 9999},
        {"unshare", 0, {0}, 1},
        {"setns", 0, {file_fd, 0}, NOBODY},
        {"sched_getaffinity", 0, {self, 128, buffer}, NOBODY},
        {"sched_getaffinity", 1, {self, 0, buffer}, 128},
        {"prlimit64", 0, {self, 0, 0, buffer}, NOBODY},
        {"prlimit64", 1, {self, 0, 0, buffer}, 99},
        {"getpgid", 0, {self}, NOBODY},
        {"getsid", 0, {self}, NOBODY},
        {"getgroups", 0, {0xffffffff, 0}, 0},
        {"clock_gettime", 0, {CLOCK_MONOTONIC, buffer}, 99},
        {"clock_getres", 0, {CLOCK_MONOTONIC, buffer}, 99},
        {"getrusage", 0, {0, buffer}, 99},
        {"getrandom", 2, {buffer, 1, 0}, 0x100},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    close((int)pidfd);
}

/* A new process is not made twice with the same memory: it ends at once, and is waited for. */
static void make_process(void *shared)
{
    one_call *made = shared;
    long child = syscall(SYS_clone, made->args[0], 0, 0, 0, 0);
    int status;

    if (child == 0)
        _exit(0);
    made->found.errnum = errno_of(child);
    REQUIRE(child < 0 || waitpid((pid_t)child, &status, 0) == child);
}

static void test_flags_of_clone(void **state)
{
    static const struct {
        uint64_t flags;
        int errnum;
    } cases[] = {{SIGCHLD, 0},
                 {0xffffffff00000000 | SIGCHLD, 0},
                 {0x100000000 | SIGCHLD, 0},
                 {CLONE_SIGHAND | SIGCHLD, EINVAL}}; /* without CLONE_VM */
    one_call *made = shared_memory(sizeof *made);

    (void)state;
    assert_int_equal(es_syscall_width(0, number_of(0, "clone"), 0), ES_WIDTH_32);
    for (size_t i = 0; i < COUNT(cases); i++) {
        *made = (one_call){.args = {cases[i].flags}, .found = {.errnum = -1}};
        in_good_child(make_process, made);
        assert_int_equal(made->found.errnum, cases[i].errnum);
    }
}

/* ---- Arguments that are read so or so, or not at all ---- */

static outcome other_outcome_of(const width_case *given)
{
    return outcome_of(given, given->other);
}

static void test_widths_that_depend_on_another_argument(void **state)
{
    const uint64_t upper = 1ull << 32, self = (uint64_t)getpid();
    /* The first of each pair reads 32 bits, the second all 64. */
    const width_case pairs[][2] = {
        {{"fcntl", 2, {file_fd, F_DUPFD, 0}, upper},
         {"fcntl", 2, {file_fd, F_GETLK, address(&(struct flock){.l_type = F_RDLCK})}, upper}},
        {{"kcmp", 4, {self, self, 0, file_fd, file_fd}, file_fd | upper},
         {"kcmp", 4, {self, self, 7, file_fd, address((uint32_t[3]){0})}, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const width_case *narrow = &pairs[i][0], *wide = &pairs[i][1];
        assert_int_equal(es_syscall_width(0, number_of(0, narrow->name), narrow->argument),
                         ES_WIDTH_VARIES);
        assert_true(same(outcome_of(narrow, narrow->args[narrow->argument]),
                         other_outcome_of(narrow)));
        assert_false(same(outcome_of(wide, wide->args[wide->argument]), other_outcome_of(wide)));
    }
}

static void test_arguments_that_are_not_read(void **state)
{
    /* A position of these upper halves would be negative, an error. */
    const width_case cases[] = {
        {"preadv", 4, {file_fd, vector, 1, 0, 0}, UINT64_MAX},
        {"pwritev", 4, {file_fd, vector, 1, 0, 0}, UINT64_MAX},
        {"preadv2", 4, {file_fd, vector, 1, 0, 0, 0}, UINT64_MAX},
        {"pwritev2", 4, {file_fd, vector, 1, 0, 0, 0}, UINT64_MAX},
        {"getcpu", 2, {0, 0, 0}, 1}, /* an address that nobody can write to */
        {"fsync", 1, {file_fd, 0}, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(es_syscall_width(0, number_of(0, cases[i].name), cases[i].argument),
                         ES_WIDTH_NONE);
        assert_int_equal(outcome_of(&cases[i], 0).errnum, 0);
        assert_int_equal(other_outcome_of(&cases[i]).errnum, 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_and_writing),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_metadata_and_names),
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_processes_and_signals),
        cmocka_unit_test(test_flags_of_clone),
        cmocka_unit_test(test_widths_that_depend_on_another_argument),
        cmocka_unit_test(test_arguments_that_are_not_read),
    };
    return cmocka_run_group_tests_name("widths", tests, prepare, clean_up);
}
