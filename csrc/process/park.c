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
#include <ucontext.h>

#include "base/error.h"
#include "process/park.h"
#include "process/threads.h"

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

int es_park_threads(es_crowd *crowd, es_error *error)
{
    uint32_t count;

    crowd->task = unblock;
    crowd->argument = SIGSYS;
    crowd->waits = es_count_threads(&count) && count > 1;
    if (!crowd->waits)
        return ES_OK;
    crowd->waits = es_interrupt_begin(crowd);
    if (!crowd->waits || es_ask_others(crowd))
        return ES_OK;
    es_let_go();
    return fail_park(crowd, error);
}

void es_unpark_threads(es_crowd *crowd)
{
    if (!crowd->waits)
        return;
    es_let_go();
    es_interrupt_end(crowd);
}
