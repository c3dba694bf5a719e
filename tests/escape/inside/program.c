/*
 * A program that is started inside: what a new program image can do. It exits with the errno of
 * its attempt, or 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words)
{
    long result = -1;

    if (count == 3 && strcmp(words[1], "write") == 0)
        result = syscall(SYS_write, atoi(words[2]), "!", 1);
    else if (count == 3 && strcmp(words[1], "ptrace") == 0)
        result = syscall(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, atoi(words[2]), 0, 0);
    else if (count == 2 && strcmp(words[1], "root") == 0)
        return geteuid() == 0 ? 0 : EPERM;
    else
        return 99;
    return result < 0 ? errno : 0;
}
