/* What cannot be undone happens in a child. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

/* Memory that parent and child share: a filter may forbid every other way. */
typedef struct {
    double result;
    bool done;
    char failed[128];
} answer;

static double read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double wall_time(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double processor_time(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

failure in_child(job run, const void *what, double *result)
{
    static answer *shared;
    pid_t child;

    if (!shared)
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                      0);
    if (shared == MAP_FAILED)
        exit(1);
    memset(shared, 0, sizeof *shared);
    child = fork();
    if (child == 0) {
        failure failed = run(what, &shared->result);
        if (failed)
            strncpy(shared->failed, failed, sizeof shared->failed - 1);
        shared->done = true;
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child || !shared->done)
        return "the child did not end as it should";
    *result = shared->result;
    return *shared->failed ? shared->failed : NULL;
}
