/*
 * The beginning and end of learning, in all threads.
 *
 * They are asked by a signal of their own: SIGSYS could come in the place of one that tells of a
 * call.
 */
#include "base/error.h"
#include "observe/dispatch.h"
#include "observe/hints.h"
#include "process/interrupt.h"
#include "process/threads.h"

/* Let all others do a task.  With go() they wait for each other, since one could begin others, and
 * go on after it.  False when one has not done so: it may answer late, and finds what it needs. */
static bool let_others(es_task *task, void (*go)(void), uint32_t *count)
{
    es_crowd *crowd = es_crowd_new();
    bool heard = false;

    if (!crowd)
        return false;
    crowd->task = task;
    crowd->waits = go != NULL;
    if (es_interrupt_begin(crowd)) {
        heard = es_ask_others(crowd);
        *count = crowd->count;
        if (go) {
            go();
            es_let_go();
        }
        if (!heard)
            return false;
        es_interrupt_end(crowd);
    }
    es_crowd_free(crowd);
    return heard;
}

int es_learn_start(uint32_t *others, es_error *error)
{
    int status;

    if (!others)
        return es_fail_argument(error, "no place for the number of threads");
    *others = 0;
    /* Other threads are made to unblock it. */
    status = es_check_sigsys("the process cannot learn while this thread blocks SIGSYS, which "
                             "would end it: unblock it before",
                             error);
    if (!status)
        status = es_dispatch_start(error);
    if (status)
        return status;
    es_explain_quiet(1);
    if (!let_others(es_dispatch_join, es_dispatch_go, others))
        es_dispatch_go();
    es_explain_quiet(0);
    return ES_OK;
}

int es_learn_stop(void)
{
    uint32_t others;

    if (!es_dispatch_stop() || !let_others(es_dispatch_leave, NULL, &others))
        return 0;
    es_dispatch_end();
    return 1;
}
