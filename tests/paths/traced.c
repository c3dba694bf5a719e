/*
 * Runs a program and writes down the system calls of its first thread.
 *
 *   traced FILE MARK PROGRAM [ARGUMENT...]
 *
 * Only what comes between two calls of getpgid(MARK) counts.  A line has the number and the first
 * three arguments; that of a filter which is loaded has its instructions as well.  Ends as the
 * program does.
 *
 * Sources: ptrace(2), seccomp(2).
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long trace(long request, pid_t pid, unsigned long address, void *data)
{
    return syscall(SYS_ptrace, request, pid, address, data);
}

static int copy(pid_t pid, const void *from, void *to, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)from, size};
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* The address may be a bad one, by which the kernel is only asked. */
static void write_filter(FILE *file, pid_t pid, const void *address)
{
    struct sock_fprog program;
    struct sock_filter instructions[BPF_MAXINSNS];
    const unsigned char *byte = (const unsigned char *)instructions;
    size_t size;

    if (!copy(pid, address, &program, sizeof program) || program.len > BPF_MAXINSNS)
        return;
    size = program.len * sizeof *instructions;
    if (!copy(pid, program.filter, instructions, size))
        return;
    fputc(' ', file);
    while (size--)
        fprintf(file, "%02x", *byte++);
}

static void write_call(FILE *file, pid_t pid, const struct ptrace_syscall_info *info)
{
    const unsigned long long *arguments = (const void *)info->entry.args;

    fprintf(file, "%llu %llu %llu %llu", (unsigned long long)info->entry.nr, arguments[0],
            arguments[1], arguments[2]);
    if (info->entry.nr == SYS_seccomp && arguments[0] == SECCOMP_SET_MODE_FILTER)
        write_filter(file, pid, (const void *)arguments[2]);
    fputc('\n', file);
}

int main(int count, char **words)
{
    FILE *file = count > 3 ? fopen(words[1], "w") : NULL;
    unsigned mark = file ? (unsigned)atoi(words[2]) : 0;
    int status, counts = 0, number;
    pid_t pid = file ? fork() : -1;

    if (pid < 0)
        return 100;
    if (pid == 0) {
        if (trace(PTRACE_TRACEME, 0, 0, NULL))
            _exit(101);
        raise(SIGSTOP);
        execv(words[3], words + 3);
        _exit(102);
    }
    waitpid(pid, &status, 0);
    if (WIFSTOPPED(status))
        trace(PTRACE_SETOPTIONS, pid, 0,
              (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
    number = 0;
    while (WIFSTOPPED(status)) {
        struct ptrace_syscall_info info;
        trace(PTRACE_SYSCALL, pid, 0, (void *)(long)number);
        waitpid(pid, &status, 0);
        number = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
        if (number == SIGTRAP)
            number = 0; /* after execve */
        if (number != (SIGTRAP | 0x80))
            continue;
        number = 0;
        if (trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0)
            return 103;
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        if (info.entry.nr == SYS_getpgid && (unsigned)info.entry.args[0] == mark)
            counts = !counts;
        else if (counts)
            write_call(file, pid, &info);
    }
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 104;
}
