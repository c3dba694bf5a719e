/*
 * The threads of this process, as far as /proc shows them.
 *
 * Sources: proc_pid_task(5), getdents64(2).
 */
#include <fcntl.h>
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

bool es_each_thread(bool (*visit)(void *context, int32_t tid), void *context)
{
    int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int32_t self = (int32_t)syscall(SYS_gettid);
    _Alignas(entry) char buffer[4096];
    bool going = true, seen_self = false;
    long size = 1;

    if (folder < 0)
        return false;
    while (going && (size = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
        for (long at = 0; going && at < size;) {
            const entry *found = (const entry *)(buffer + at);
            int32_t tid = read_id(found->name);
            seen_self = seen_self || tid == self;
            if (tid && tid != self)
                going = visit(context, tid);
            at += found->length;
        }
    }
    syscall(SYS_close, folder);
    /* Another process's /proc, or none of this namespace, does not show this thread. */
    return size >= 0 && (seen_self || !going);
}

/* ---- In a sentence ---- */

bool es_add_thread(void *context, int32_t tid)
{
    es_thread_list *list = context;
    char digits[12], *at = digits + sizeof digits;

    list->count++;
    if (list->count == 1)
        list->first = tid;
    if (list->count > ES_THREADS_NAMED)
        return true;
    do
        *--at = (char)('0' + tid % 10);
    while (tid /= 10);
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
