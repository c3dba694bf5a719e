/* How long it takes from the rules to a filter that is in force for all of many threads. */
#include <pthread.h>

#include "core.h"

enum { STACK = 64 * 1024 };

typedef struct {
    const way *by;
    const policy *of;
    unsigned threads;
} task;

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_ever(void *nothing)
{
    pthread_mutex_lock(&held);
    return nothing;
}

/* The calling thread is one of them. */
static failure start_others(unsigned threads)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_mutex_lock(&held);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (unsigned i = 1; i < threads; i++)
        if (pthread_create(&thread, &small, wait_for_ever, NULL) != 0)
            return "there are no more threads to be had";
    return NULL;
}

/* All but the load: a thread with a filter of its own could not be synchronised any more. */
static failure rehearse(const task *what)
{
    description *described;
    failure failed = what->by->describe(what->of, &described);

    if (!failed) {
        failed = what->by->compile(described, NULL);
        what->by->discard(described);
    }
    return failed;
}

static failure synchronise(const void *given, double *nanoseconds)
{
    const task *what = given;
    description *described;
    double start;
    failure failed = start_others(what->threads);

    failed = failed ? failed : rehearse(what);
    if (failed)
        return failed;
    start = wall_time();
    failed = what->by->describe(what->of, &described);
    failed = failed ? failed : what->by->load(described, true);
    *nanoseconds = wall_time() - start;
    return failed;
}

failure measure_threads(const way *by, const policy *of, unsigned threads, double *nanoseconds)
{
    task what = {by, of, threads};
    return in_child(synchronise, &what, nanoseconds);
}
