/*
 * Can denials be explained in this process, so that nothing ends that would go on otherwise?
 *
 * A thread that blocks SIGSYS is ended by it, so it is made to unblock it.  And a program that is started later has the filter
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
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "process/interrupt.h"
#include "process/threads.h"

enum { ASK_PERSONALITY = -1, MOMENTS = 50 /* of 1 ms */ };

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

/* ---- Unblocking ---------------------------------------------------------------------------- */

/* What a thread does in the handler: what the handler leaves, it has again when that returns. */
static int unblock(int signal, void *context)
{
    ucontext_t *thread = context;
    return sigdelset(&thread->uc_sigmask, signal) == 0 ? 0 : errno;
}

typedef struct {
    es_crowd *crowd;
    int32_t blocking; /* the last thread that was found, or 0 */
    bool may_ask;
} look;

/* Threads of libraries block all signals, so that those of the program handle them. */
static bool look_at(void *context, int32_t tid)
{
    look *now = context;
    es_crowd *crowd = now->crowd;
    bool asked = false;

    if (!blocks_sigsys(tid))
        return true;
    now->blocking = tid;
    for (uint32_t i = 0; i < crowd->count; i++)
        asked = asked || crowd->members[i].tid == tid;
    if (now->may_ask && !asked && crowd->count < ES_CROWD_SIZE && es_interrupt(crowd, tid) == 0)
        crowd->count++;
    return true;
}

/* Look until there is no thread that blocks it.  One that was joined blocks all signals for the
 * moment until it is gone; others are asked to unblock it, after a moment. */
static int32_t unblock_others(es_crowd *crowd, bool *is_over)
{
    look now = {.crowd = crowd};

    for (int moments = 0; moments < MOMENTS; moments++) {
        now.blocking = 0;
        now.may_ask = moments > 0;
        es_each_thread(look_at, &now);
        if (!now.blocking)
            break;
        *is_over = es_hear(crowd);
        if (!*is_over)
            break;
        es_rest(1);
    }
    return now.blocking;
}

/* A thread that blocks SIGSYS, or 0; of others than the own one, which are known by /proc only, one
 * that did not unblock it when it was asked. */
static int32_t find_blocking(bool all_threads)
{
    int32_t blocking = 0;
    es_crowd *crowd = NULL;
    bool is_over = true;
    sigset_t blocked;
    es_action old;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGSYS) == 1)
        return (int32_t)syscall(SYS_gettid);
    if (!all_threads)
        return 0;
    crowd = es_crowd_new();
    if (!crowd)
        return 0;
    crowd->task = unblock;
    crowd->argument = SIGSYS;
    if (es_interrupt_begin(crowd, &old)) {
        blocking = unblock_others(crowd, &is_over);
        if (is_over)
            es_interrupt_end(&old);
    }
    /* A thread that answers late finds what it needs: it is lost to all others. */
    if (is_over)
        es_crowd_free(crowd);
    return blocking;
}

static int check_threads(bool all_threads, const char *cannot, es_error *error)
{
    int32_t blocking = find_blocking(all_threads);

    if (!blocking)
        return ES_OK;
    es_fail(error, ES_ERR_THREAD, 0, "rt_sigprocmask(2)",
            "%s while thread %d blocks SIGSYS, which would end the process: unblock it before",
            cannot, (int)blocking);
    if (error && error->code == ES_ERR_THREAD)
        error->tid = blocking;
    return ES_ERR_THREAD;
}

int es_check_explainable(uint32_t threads, es_error *error)
{
    if (!is_randomised())
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, 0, "personality(2)",
                             "denials cannot be explained while the address space is not "
                             "randomised, as setarch -R does: programs that this one starts would "
                             "be killed at what is denied");
    return check_threads(threads == ES_ALL_THREADS, "denials cannot be explained", error);
}
