/*
 * Can denials be explained in this process, so that nothing ends that would go on otherwise?
 *
 * A thread that blocks SIGSYS is ended by it.  And a program that is started later has the filter
 * without a handler: only that its C library is elsewhere in memory keeps it from a trap.
 *
 * Sources: personality(2), proc_sys_kernel(5), proc_pid_status(5).
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "process/threads.h"

enum { ASK_PERSONALITY = -1 };

/* Read the start of a file as text; false where it cannot be read. */
static bool read_file(const char *path, char *place, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, place, size - 1);

    if (file >= 0)
        close(file);
    place[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* What cannot be asked is taken for the rule. */
static bool is_randomised(void)
{
    long persona = syscall(SYS_personality, ASK_PERSONALITY);
    char setting[8];

    if (persona >= 0 && persona & ADDR_NO_RANDOMIZE)
        return false;
    return !read_file("/proc/sys/kernel/randomize_va_space", setting, sizeof setting) ||
           setting[0] != '0';
}

int es_check_explainable(es_error *error)
{
    if (!is_randomised())
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, 0, "personality(2)",
                             "denials cannot be explained unless addresses are randomised, which "
                             "setarch -R turns off: programs that this one starts would be killed "
                             "instead of denied a call");
    return es_check_sigsys("denials cannot be explained while this thread blocks SIGSYS, which "
                           "would end the process: unblock it before",
                           error);
}
