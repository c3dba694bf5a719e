/* How long a system call takes under a filter. */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core.h"

enum { CALLS = 20000, REHEARSALS = 500 };

typedef struct {
    const way *by;
    const policy *of;
    const char *call;
} task;

static void write_often(int times)
{
    for (int i = 0; i < times; i++)
        syscall(SYS_write, STDOUT_FILENO, "", 0);
}

static void ask_group_often(int times)
{
    for (int i = 0; i < times; i++)
        syscall(SYS_getpgid, 1);
}

static void ask_user_often(int times)
{
    for (int i = 0; i < times; i++)
        syscall(SYS_getuid);
}

static const struct {
    const char *name;
    void (*make)(int times);
} calls[] = {
    {"write", write_often},       /* conditional, and hot */
    {"getpgid", ask_group_often}, /* conditional */
    {"getuid", ask_user_often},   /* unconditional */
};

static failure call(const void *given, double *nanoseconds)
{
    const task *what = given;
    description *described;
    failure failed = what->by->describe(what->of, &described);
    double start;

    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    failed = failed ? failed : what->by->load(described, false);
    for (size_t i = 0; i < sizeof calls / sizeof *calls && !failed; i++) {
        if (strcmp(calls[i].name, what->call) != 0)
            continue;
        calls[i].make(REHEARSALS);
        start = processor_time();
        calls[i].make(CALLS);
        *nanoseconds = (processor_time() - start) / CALLS;
        return NULL;
    }
    return failed ? failed : "there is no such call here";
}

failure measure_call(const way *by, const policy *of, const char *name, double *nanoseconds)
{
    task what = {by, of, name};
    return in_child(call, &what, nanoseconds);
}
