/* How long it takes to make a program of a policy that is described already. */
#include "core.h"

/* A round is long enough for the clock, and short enough to be seldom interrupted. */
static const double enough = 500e3;

failure measure_compile(const way *by, const policy *of, double *nanoseconds)
{
    description *described;
    failure failed = by->describe(of, &described);
    unsigned times = 0;
    double start;

    if (failed)
        return failed;
    failed = by->compile(described, NULL); /* rehearsal */
    start = processor_time();
    do {
        times++;
        failed = failed ? failed : by->compile(described, NULL);
        *nanoseconds = processor_time() - start;
    } while (*nanoseconds < enough && !failed);
    *nanoseconds /= times;
    by->discard(described);
    return failed;
}
