/* prctl(2), as a raw system call. */
#ifndef ES_PROCESS_PRCTL_H
#define ES_PROCESS_PRCTL_H

#include <sys/syscall.h>
#include <unistd.h>

static inline long es_prctl(int option, unsigned long second)
{
    /* The kernel insists on zeros in what an option does not use. */
    return syscall(SYS_prctl, option, second, 0ul, 0ul, 0ul);
}

#endif
