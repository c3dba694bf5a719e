/* How long it takes from the rules to a filter that is in force for this thread. */
#include <pthread.h>

#include "core.h"

enum { REHEARSALS = 3 };

typedef struct {
    const way *by;
    const policy *of;
} task;

static failure enforce(const task *what)
{
    description *described;
    failure failed = what->by->describe(what->of, &described);

    if (!failed) {
        failed = what->by->load(described, false);
        what->by->discard(described);
    }
    return failed;
}

static void *rehearse(void *what)
{
    return (void *)enforce(what);
}

/*
 * Threads rehearse all of it, each under a filter of its own, so that what follows a fork (pages
 * that are mapped and copied at their first use) does not count.
 */
static failure enforce_rehearsed(const void *what, double *nanoseconds)
{
    failure failed;
    double start;

    for (int i = 0; i < REHEARSALS; i++) {
        pthread_t thread;
        void *rehearsed;
        if (pthread_create(&thread, NULL, rehearse, (void *)what) != 0)
            return "there is no thread to be had";
        pthread_join(thread, &rehearsed);
        if (rehearsed)
            return rehearsed;
    }
    start = wall_time();
    failed = enforce(what);
    *nanoseconds = wall_time() - start;
    return failed;
}

failure measure_enforce(const way *by, const policy *of, double *nanoseconds)
{
    task what = {by, of};
    return in_child(enforce_rehearsed, &what, nanoseconds);
}
