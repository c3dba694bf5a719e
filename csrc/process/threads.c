/*
 * The threads of this process, as far as /proc shows them.
 *
 * Sources: proc_pid_task(5), getdents64(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "process/threads.h"

/* What getdents64(2) writes. */
typedef struct {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
} entry;

static int32_t read_id(const char *name)
{
    int32_t id = 0;

    if (*name < '0' || *name > '9')
        return 0;
    for (; *name >= '0' && *name <= '9'; name++)
        id = id * 10 + (*name - '0');
    return id;
}

/* The id as digits before end, which it returns the begin of. */
static char *write_id(int32_t id, char *end)
{
    do
        *--end = (char)('0' + id % 10);
    while (id /= 10);
    return end;
}

/* Has the first thread ended before others?  It stays among the tasks, and takes no signal. */
static bool is_dead_leader(int32_t tid)
{
    char path[64] = "/proc/self/task/", digits[12] = "", stat[256] = "";
    const char *state;
    int file;

    if (tid != (int32_t)syscall(SYS_getpid) || tid == (int32_t)syscall(SYS_gettid))
        return false;
    strcat(path, write_id(tid, digits + sizeof digits - 1));
    strcat(path, "/stat");
    file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return false;
    syscall(SYS_read, file, stat, sizeof stat - 1);
    syscall(SYS_close, file);
    /* The state is behind the name, in which anything can be. */
    state = strrchr(stat, ')');
    return state && state[1] == ' ' && state[2] == 'Z';
}

bool es_thread_is_gone(int32_t tid)
{
    int32_t process = (int32_t)syscall(SYS_getpid);

    return (syscall(SYS_tgkill, process, tid, 0) != 0 && errno == ESRCH) || is_dead_leader(tid);
}

/* Calls visit for each task that /proc shows, as long as it returns true; false where it shows
 * none. */
static bool each_task(bool (*visit)(void *context, int32_t tid), void *context)
{
    int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    _Alignas(entry) char buffer[4096];
    bool going = true;
    long size = 1;

    if (folder < 0)
        return false;
    while (going && (size = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
        for (long at = 0; going && at < size;) {
            const entry *found = (const entry *)(buffer + at);
            int32_t tid = read_id(found->name);
            if (tid && !is_dead_leader(tid))
                going = visit(context, tid);
            at += found->length;
        }
    }
    syscall(SYS_close, folder);
    return size >= 0;
}

static bool count_one(void *context, int32_t tid)
{
    (void)tid;
    ++*(uint32_t *)context;
    return true;
}

int es_check_sigsys(const char *message, es_error *error)
{
    sigset_t blocked;

    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGSYS) != 1)
        return ES_OK;
    es_fail_fixed(error, ES_ERR_THREAD, 0, "rt_sigprocmask(2)", message);
    if (error && error->code == ES_ERR_THREAD)
        error->tid = (int32_t)syscall(SYS_gettid);
    return ES_ERR_THREAD;
}

bool es_count_threads(uint32_t *count)
{
    *count = 0;
    return each_task(count_one, count) && *count;
}

typedef struct {
    bool (*visit)(void *context, int32_t tid);
    void *context;
    int32_t self;
    bool seen_self, ended;
} others;

static bool visit_other(void *context, int32_t tid)
{
    others *these = context;

    if (tid == these->self)
        these->seen_self = true;
    else
        these->ended = !these->visit(these->context, tid);
    return !these->ended;
}

bool es_each_thread(bool (*visit)(void *context, int32_t tid), void *context)
{
    others these = {visit, context, (int32_t)syscall(SYS_gettid), false, false};

    return each_task(visit_other, &these) && (these.seen_self || these.ended);
}

/* ---- In a sentence ---- */

bool es_add_thread(void *context, int32_t tid)
{
    es_thread_list *list = context;
    char digits[12], *at;

    list->count++;
    if (list->count == 1)
        list->first = tid;
    if (list->count > ES_THREADS_NAMED)
        return true;
    at = write_id(tid, digits + sizeof digits);
    if (list->count > 1) {
        memcpy(list->text + list->length, ", ", 2);
        list->length += 2;
    }
    memcpy(list->text + list->length, at, (size_t)(digits + sizeof digits - at));
    list->length += (size_t)(digits + sizeof digits - at);
    return true;
}

int es_fail_threads(es_error *error, int code, int errnum, const es_thread_list *list,
                    const char *begin, const char *end)
{
    char sentence[sizeof error->message];

    strcpy(sentence, begin);
    strcat(sentence, list->text);
    if (list->count > ES_THREADS_NAMED)
        strcat(sentence, " and others");
    strcat(sentence, end);
    es_fail_fixed(error, code, errnum, "landlock_restrict_self(2)", sentence);
    if (error && error->code == code)
        error->tid = list->first;
    return code;
}
