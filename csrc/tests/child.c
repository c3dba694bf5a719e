#include "child.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_SECONDS = 120, CHILD_FAILED = 99 };

void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

int in_child(void (*body)(void *shared), void *shared)
{
    const struct rlimit no_core = {0, 0};
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(LONGEST_SECONDS);
        body(shared);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

void in_good_child(void (*body)(void *shared), void *shared)
{
    int status = in_child(body, shared);

    if (WIFSIGNALED(status))
        fail_msg("the child ended by signal %d", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void child_failed(const char *file, int line)
{
    fprintf(stderr, "%s:%d: the child gives up: %s\n", file, line, strerror(errno));
    _exit(CHILD_FAILED);
}

int errno_of(long result)
{
    return result == -1 ? errno : 0;
}

static bool load(struct sock_filter *instructions, unsigned short count)
{
    struct sock_fprog program = {count, instructions};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool load_outside(struct sock_filter *instructions, unsigned short count)
{
    return load(instructions, count) ||
           (errno == EACCES && unshare(CLONE_NEWUSER) == 0 && load(instructions, count));
}

bool outer_sandbox(long number, int argument, int errnum)
{
    uint32_t offset = argument < 0 ? offsetof(struct seccomp_data, nr)
                                   : (uint32_t)(offsetof(struct seccomp_data, args) +
                                                8 * (unsigned)argument);
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument < 0 ? UINT32_MAX : 0, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)errnum),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    return load_outside(instructions, COUNT(instructions));
}

bool outer_answer(uint32_t operation, uint32_t action)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, operation, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    return load_outside(instructions, COUNT(instructions));
}

void cannot(const char *reason)
{
    const char *must = getenv("PYEXTRASAFE_MUST_WORK");

    if (must && strcmp(must, "1") == 0)
        fail_msg("%s", reason);
    print_message("%s\n", reason);
    skip();
}
