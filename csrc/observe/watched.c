/* Whose calls are looked at: see watched.h. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/kernel_abi.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/room.h"
#include "observe/watched.h"

enum { LINK = 64 };

static const uint64_t here = (uint64_t)(int64_t)AT_FDCWD;

/* A supervisor's. */
static _Atomic int32_t watched;
static _Atomic(pthread_t) watcher;
static struct {
    int32_t thread, process, pidfd; /* of the last one that was asked for */
} known;

static void forget(void)
{
    if (known.thread && known.pidfd >= 0)
        ES_RAW(SYS_close, (uint64_t)known.pidfd);
    known.thread = 0;
}

void es_watch(int32_t thread)
{
    watcher = pthread_self();
    watched = thread;
    if (!thread)
        forget();
}

bool es_is_watching(void)
{
    return watched && pthread_equal(watcher, pthread_self());
}

int32_t es_watched_thread(void)
{
    return es_is_watching() ? watched : es_own_thread();
}

bool es_watched_read(uint64_t address, void *place, size_t size)
{
    struct iovec to = {place, size}, from = {(void *)(uintptr_t)address, size};

    if (!es_is_watching())
        return false;
    return ES_RAW(SYS_process_vm_readv, (uint64_t)watched, (uint64_t)(uintptr_t)&to, 1,
                  (uint64_t)(uintptr_t)&from, 1, 0) == (int64_t)size;
}

/* ---- Its process ---------------------------------------------------------------------------- */

/* Where /proc has a thread. */
static es_text begin(char *place, int32_t thread)
{
    es_text path = es_text_in(place, LINK);

    es_text_add(&path, "/proc/");
    es_text_add_number(&path, (uint32_t)thread, 10);
    return path;
}

/* What stands behind "Tgid:" in its status; the thread itself where that cannot be read. */
static int32_t find_process(int32_t thread)
{
    char path[LINK], status[512] = "";
    es_text text = begin(path, thread);
    const char *at;
    int32_t process = 0;
    int64_t file;

    es_text_add(&text, "/status");
    file = ES_RAW(SYS_openat, here, (uint64_t)(uintptr_t)path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return thread;
    (void)ES_RAW(SYS_read, (uint64_t)file, (uint64_t)(uintptr_t)status, sizeof status - 1);
    ES_RAW(SYS_close, (uint64_t)file);
    at = strstr(status, "\nTgid:\t");
    for (at = at ? at + strlen("\nTgid:\t") : ""; *at >= '0' && *at <= '9'; at++)
        process = process * 10 + (*at - '0');
    return process ? process : thread;
}

static void get_to_know(void)
{
    if (known.thread == watched)
        return;
    forget();
    known.thread = watched;
    known.process = find_process(watched);
    known.pidfd = (int32_t)ES_RAW(ES_NR_PIDFD_OPEN, (uint64_t)known.process, 0);
}

int32_t es_watched_process(void)
{
    if (!es_is_watching())
        return es_own_process();
    get_to_know();
    return known.process;
}

/* ---- Its descriptors ------------------------------------------------------------------------ */

void es_watched_link(int32_t descriptor, es_text *path)
{
    char thread[LINK];

    begin(thread, es_watched_thread());
    es_text_add(path, thread);
    if (descriptor == AT_FDCWD) {
        es_text_add(path, "/cwd");
        return;
    }
    es_text_add(path, "/fd/");
    es_text_add_number(path, (uint32_t)descriptor, 10);
}

int64_t es_watched_stat(int32_t descriptor, struct stat *found)
{
    char path[LINK] = "";
    es_text text = es_text_in(path, sizeof path);
    uint64_t directory = here;

    if (es_is_watching())
        es_watched_link(descriptor, &text);
    else
        directory = (uint64_t)(int64_t)descriptor;
    return ES_RAW(SYS_newfstatat, directory, (uint64_t)(uintptr_t)path, (uint64_t)(uintptr_t)found,
                  AT_EMPTY_PATH);
}

/* What a path is called here, that begins at the root of whom is watched. */
static void add_from_root(const char *path, es_text *text)
{
    static const struct {
        const char *mine, *in_proc;
    } links[] = {{"/proc/self/", "/"}, {"/proc/thread-self/", "/"}, {"/dev/fd/", "/fd/"}};
    char thread[LINK];

    begin(thread, watched);
    es_text_add(text, thread);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (strncmp(path, links[i].mine, strlen(links[i].mine)) == 0) {
            es_text_add(text, links[i].in_proc);
            es_text_add(text, path + strlen(links[i].mine));
            return;
        }
    es_text_add(text, "/root");
    es_text_add(text, path);
}

int64_t es_watched_stat_path(int32_t directory, uint64_t path, int flags, struct stat *found)
{
    char *string = es_the_room.paths[0], *whole = es_the_room.whole[0];
    es_text text = es_text_in(whole, ES_PATH_SIZE);

    if (!es_is_watching())
        return ES_RAW(SYS_newfstatat, (uint64_t)(int64_t)directory, path,
                      (uint64_t)(uintptr_t)found, (uint64_t)flags);
    if (!es_memory_string(path, string, ES_PATH_SIZE))
        return -EFAULT;
    if (string[0] == '/') {
        add_from_root(string, &text);
    } else {
        es_watched_link(directory, &text);
        es_text_add(&text, "/");
        es_text_add(&text, string);
    }
    if (text.length >= ES_PATH_SIZE)
        return -ENAMETOOLONG;
    return ES_RAW(SYS_newfstatat, here, (uint64_t)(uintptr_t)whole, (uint64_t)(uintptr_t)found,
                  (uint64_t)flags);
}

int32_t es_watched_borrow(int32_t descriptor)
{
    if (!es_is_watching())
        return descriptor;
    get_to_know();
    if (known.pidfd < 0)
        return known.pidfd;
    return (int32_t)ES_RAW(ES_NR_PIDFD_GETFD, (uint64_t)known.pidfd, (uint64_t)descriptor, 0);
}

void es_watched_give_back(int32_t borrowed)
{
    if (es_is_watching() && borrowed >= 0)
        ES_RAW(SYS_close, (uint64_t)borrowed);
}
