/*
 * Can denials be explained in this process, so that nothing ends that would go on otherwise?
 *
 * A thread that blocks SIGSYS is ended by it.  And a program that is started later has the filter
 * without a handler: only that its C library is elsewhere in memory keeps it from a trap.
 *
 * Sources: personality(2), proc_sys_kernel(5), proc_pid_status(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "process/threads.h"

enum {
    ASK_PERSONALITY = -1,
    MOMENTS = 50 /* of 1 ms, in which a thread may end */
};

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

/* Does a thread block SIGSYS, as the line SigBlk of its status says? */
static bool blocks_sigsys(int32_t tid)
{
    static const char name[] = "\nSigBlk:\t";
    char path[64], status[4096];
    es_text text = es_text_in(path, sizeof path);
    const char *line;

    es_text_add(&text, "/proc/self/task/");
    es_text_add_number(&text, (uint64_t)tid, 10);
    es_text_add(&text, "/status");
    line = read_file(path, status, sizeof status) ? strstr(status, name) : NULL;
    if (!line || strlen(line) < sizeof name - 1 + 16)
        return false;
    /* 16 hexadecimal digits; SIGSYS is the third bit of the last but seven. */
    return strchr("4567cdef", line[sizeof name - 1 + 8]) != NULL;
}

static bool look_at(void *context, int32_t tid)
{
    int32_t *found = context;

    if (!*found && blocks_sigsys(tid))
        *found = tid;
    return true;
}

/* A thread that blocks SIGSYS, or 0.  Others than the own one are known by /proc only. */
static int32_t find_blocking(bool all_threads)
{
    int32_t found = 0;
    sigset_t blocked;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGSYS) == 1)
        return (int32_t)syscall(SYS_gettid);
    /* One that was joined blocks all signals for the moment until it is gone. */
    for (int moments = 0; all_threads && moments < MOMENTS; moments++) {
        const struct timespec moment = {0, 1000 * 1000};
        found = 0;
        es_each_thread(look_at, &found);
        if (!found)
            break;
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
    }
    return found;
}

int es_check_explainable(uint32_t threads, es_error *error)
{
    int32_t blocking;

    if (!is_randomised())
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, 0, "personality(2)",
                             "denials cannot be explained while the address space is not "
                             "randomised, as setarch -R does: programs that this one starts would "
                             "be killed at what is denied");
    blocking = find_blocking(threads == ES_ALL_THREADS);
    if (!blocking)
        return ES_OK;
    es_fail(error, ES_ERR_THREAD, 0, "rt_sigprocmask(2)",
            "denials cannot be explained while thread %d blocks SIGSYS, which would end the "
            "process: unblock it before",
            (int)blocking);
    if (error && error->code == ES_ERR_THREAD)
        error->tid = blocking;
    return ES_ERR_THREAD;
}
