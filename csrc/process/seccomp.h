/* seccomp(2), as a raw system call. */
#ifndef ES_PROCESS_SECCOMP_H
#define ES_PROCESS_SECCOMP_H

#include <sys/syscall.h>
#include <unistd.h>

#include "include/extrasafe.h"

/* struct sock_fprog */
typedef struct {
    unsigned short length;
    es_instruction *instructions;
} es_kernel_program;

static inline long es_seccomp(unsigned operation, unsigned flags, void *arguments)
{
    return syscall(SYS_seccomp, operation, flags, arguments);
}

#endif
