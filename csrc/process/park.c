/*
 * All other threads wait, so that none blocks SIGSYS while a filter is loaded that sends it.
 *
 * C libraries block all signals for moments, as when they start a thread, and threads of some
 * libraries do so for ever.  One that is denied something then is ended by SIGSYS.  A handler of a
 * signal is no such moment; and when it returns, the thread has the mask that the handler left.
 *
 * Sources: seccomp(2), sigaction(2).
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <ucontext.h>

#include "base/error.h"
#include "process/park.h"
#include "process/threads.h"

/* All threads have a filter that keeps them from blocking SIGSYS, and so have those they start. */
static _Atomic bool guarded;

static int unblock(int signal, void *context)
{
    ucontext_t *thread = context;
    return sigdelset(&thread->uc_sigmask, signal) == 0 ? 0 : errno;
}

static int fail_park(const es_crowd *crowd, es_error *error)
{
    es_thread_list list = {.count = 0};

    for (uint32_t i = 0; i < crowd->count; i++)
        if (!atomic_load(&crowd->members[i].answer))
            es_add_thread(&list, crowd->members[i].tid);
    es_fail_threads(error, ES_ERR_THREAD, 0, &list,
                    "denials cannot be explained, since SIGSYS would end the process in a thread "
                    "that may block it, and does not answer signal 33: thread ",
                    "");
    if (error && error->code == ES_ERR_THREAD)
        error->operation = "rt_sigprocmask(2)";
    return ES_ERR_THREAD;
}

static int fail_unknown(const char *operation, int errnum, es_error *error)
{
    return es_fail_fixed(error, ES_ERR_THREAD, errnum, operation,
                         "denials cannot be explained, since SIGSYS would end the process in a "
                         "thread that blocks it, and threads cannot be counted or asked here: "
                         "mount /proc, and if an earlier context is why, explain its denials too");
}

/* What came of asking: 0, or the errno where a thread may not be asked. */
static int find_refusal(const es_crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->count; i++)
        if (atomic_load(&crowd->members[i].answer) < 0)
            return -atomic_load(&crowd->members[i].answer);
    return 0;
}

int es_park_threads(es_crowd *crowd, es_error *error)
{
    uint32_t count = 1;
    int refused;

    crowd->task = unblock;
    crowd->argument = SIGSYS;
    crowd->waits = false;
    if (atomic_load(&guarded))
        return ES_OK;
    if (!es_count_threads(&count))
        return fail_unknown("getdents64(2)", 0, error);
    if (count == 1)
        return ES_OK;
    crowd->waits = true;
    if (!es_interrupt_begin(crowd))
        return fail_unknown("rt_sigaction(2)", errno, error);
    if (!es_ask_others(crowd)) {
        es_let_go();
        return fail_park(crowd, error);
    }
    refused = find_refusal(crowd);
    if (!refused)
        return ES_OK;
    es_let_go();
    es_interrupt_end(crowd);
    return fail_unknown("rt_tgsigqueueinfo(2)", refused, error);
}

void es_unpark_threads(es_crowd *crowd, bool loaded)
{
    if (loaded)
        atomic_store(&guarded, true);
    if (!crowd->waits)
        return;
    es_let_go();
    es_interrupt_end(crowd);
}
