/*
 * Paths and ports are limited in one thread, or in all.
 *
 * landlock_restrict_self(2) limits the calling thread, and what it starts.  Below ABI 8 nothing
 * does so for all threads, so each of them has to be made to call it, by a signal, whose handler
 * does.  Threads start others meanwhile; a thread that is limited starts limited ones.  So when a
 * look at /proc/self/task shows no thread that has not been asked, all are.
 *
 * Sources: landlock_restrict_self(2), proc(5).
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "process/confine.h"
#include "process/interrupt.h"
#include "process/prctl.h"
#include "process/threads.h"

enum { MOMENTS = 20 /* of 1 ms, in which a thread may end */ };

/* ---- One thread ---------------------------------------------------------------------------- */

/* 0, or the errno. */
static int restrict_self(int ruleset)
{
    if (es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) != 0)
        return errno;
    return syscall(ES_NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0 ? 0 : errno;
}

static int confine(int ruleset, void *context)
{
    (void)context;
    return restrict_self(ruleset);
}

static int fail_restrict(int refused, es_error *error)
{
    switch (refused) {
    case 0:
        return ES_OK;
    case E2BIG:
        return es_fail_fixed(error, ES_ERR_TOO_MANY, E2BIG, "landlock_restrict_self(2)",
                             "too many contexts with paths or ports: the kernel takes at most "
                             "16 of them; apply one instead of several");
    default:
        return es_fail_fixed(error, ES_ERR_REFUSED, refused, "landlock_restrict_self(2)",
                             "an outer sandbox refuses landlock_restrict_self(2), which paths and "
                             "ports need");
    }
}

int es_confine_thread(int ruleset, es_error *error)
{
    return fail_restrict(restrict_self(ruleset), error);
}

/* ---- All threads --------------------------------------------------------------------------- */

static int fail_uncounted(es_error *error)
{
    return es_fail_fixed(error, ES_ERR_THREAD, 0, "getdents64(2)",
                         "the threads of this process cannot be counted, since /proc/self/task "
                         "cannot be read, or belongs to another PID namespace: paths and ports "
                         "could stay unlimited in some; mount /proc, or apply to the current "
                         "thread");
}

static int fail_others(const es_thread_list *list, es_error *error)
{
    return es_fail_threads(error, ES_ERR_THREAD, 0, list,
                           "Landlock limits paths and ports for one thread at a time, and there "
                           "are others: thread ",
                           "; apply before they start, or let each be interrupted to limit itself: "
                           "interrupt_threads");
}

/* Those that are not limited, or not known to be. */
static int fail_half(es_crowd *crowd, es_error *error)
{
    es_thread_list list = {.count = 0};
    int32_t errnum = 0;

    for (uint32_t i = 0; i < crowd->count; i++) {
        int32_t answer = atomic_load(&crowd->members[i].answer);
        if (answer < 0)
            errnum = -answer;
        if (answer != 1)
            es_add_thread(&list, crowd->members[i].tid);
    }
    if (!list.count)
        return es_fail_fixed(error, ES_ERR_HALF, 0, "landlock_restrict_self(2)",
                             "Landlock limits paths and ports in this thread, but others start "
                             "faster than they can be counted: end the program");
    return es_fail_threads(error, ES_ERR_HALF, errnum, &list,
                           "Landlock limits paths and ports in this thread, and in all others but "
                           "these: thread ",
                           "; it refused them, or they did not answer the signal: end the program");
}

static bool refused_by_any(es_crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->count; i++)
        if (atomic_load(&crowd->members[i].answer) < 0)
            return true;
    return false;
}

static int fail_interrupt(int refused, es_error *error)
{
    if (refused == EAGAIN)
        return es_fail_fixed(error, ES_ERR_THREAD, EAGAIN, "rt_tgsigqueueinfo(2)",
                             "threads cannot be interrupted, since no signal can be queued: the "
                             "limit RLIMIT_SIGPENDING is reached");
    return es_fail_fixed(error, ES_ERR_REFUSED, refused, "rt_tgsigqueueinfo(2)",
                         "threads cannot be interrupted, since an outer sandbox or an earlier "
                         "context refuses rt_tgsigqueueinfo(2)");
}

/* The calling thread is the first, by the signal too: so what does not work is known before
 * anything was done. */
static int confine_caller(es_crowd *crowd, es_error *error)
{
    const uint64_t signal = (uint64_t)1 << (ES_INTERRUPT - 1);
    uint64_t blocked = 0;
    int32_t untold = 0;
    int refused;

    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &signal, &blocked, sizeof blocked);
    refused = es_interrupt(crowd, (int32_t)syscall(SYS_gettid));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
    if (refused)
        return fail_interrupt(refused, error);
    crowd->count++;
    /* Whoever traces this thread can keep a signal from it. */
    if (atomic_compare_exchange_strong(&crowd->members[0].answer, &untold, 1))
        return es_confine_thread(crowd->argument, error);
    return fail_restrict(untold == 1 ? 0 : -untold, error);
}

static int interrupt_all(int ruleset, es_crowd *crowd, es_error *error)
{
    int status;

    crowd->task = confine;
    crowd->argument = ruleset;
    if (!es_interrupt_begin(crowd))
        return es_fail_fixed(error, ES_ERR_REFUSED, errno, "rt_sigaction(2)",
                             "an outer sandbox refuses rt_sigaction(2), so that threads cannot be "
                             "interrupted");
    status = confine_caller(crowd, error);
    /* A signal may still arrive where a thread did not answer: the handler has to stay then. */
    if (!status && !es_ask_others(crowd))
        return fail_half(crowd, error);
    es_interrupt_end(crowd);
    return !status && refused_by_any(crowd) ? fail_half(crowd, error) : status;
}

/* A thread that was joined may take a moment until it is gone: it is waited for, so many times. */
static bool count_living_threads(int moments, uint32_t *count)
{
    while (es_count_threads(count)) {
        if (*count == 1 || moments-- == 0)
            return true;
        es_rest(1);
    }
    return false;
}

int es_confine_all_threads(int ruleset, es_crowd *crowd, es_error *error)
{
    es_thread_list list = {.count = 0};
    uint32_t count;

    if (!count_living_threads(crowd ? 0 : MOMENTS, &count))
        return fail_uncounted(error);
    if (count == 1)
        return es_confine_thread(ruleset, error);
    if (!es_each_thread(es_add_thread, &list))
        return fail_uncounted(error);
    return crowd ? interrupt_all(ruleset, crowd, error) : fail_others(&list, error);
}
