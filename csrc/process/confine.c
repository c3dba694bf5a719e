/*
 * Paths and ports are limited in one thread, or in all.
 *
 * landlock_restrict_self(2) limits the calling thread, and what it starts.  Below ABI 8 nothing
 * does so for all threads, so each of them has to be made to call it, by a signal, whose handler
 * does.  Threads start others meanwhile; a thread that is limited starts limited ones.  So when a
 * look at /proc/self/task shows no thread that has not been asked, all are.
 *
 * The signal is 33, which glibc keeps for itself (SIGSETXID), and musl too: a thread that blocks
 * all signals by its C library does not block this one.  It is queued, so each thread gets it once:
 * a second one could arrive when the handler is gone, and would end the process.
 *
 * Sources: landlock_restrict_self(2), rt_tgsigqueueinfo(2), rt_sigaction(2), signal(7), proc(5).
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "base/kernel_action.h"
#include "process/confine.h"
#include "process/prctl.h"
#include "process/threads.h"

enum {
    INTERRUPT = 33,
    CROWD_SIZE = 32768,
    PATIENCE = 500, /* so many times 10 ms without an answer are too long */
    MOMENTS = 20    /* of 1 ms, in which a thread may end */
};

/* One thread that was asked.  The signal carries the index of it. */
typedef struct {
    int32_t tid;
    _Atomic int32_t answer; /* a futex; 0: none yet, 1: it is limited, negative: the errno */
} member;

struct es_crowd {
    int ruleset;
    uint32_t count;
    member members[CROWD_SIZE];
};

es_crowd *es_crowd_new(void)
{
    /* Pages that are not used cost nothing. */
    return calloc(1, sizeof(es_crowd));
}

void es_crowd_free(es_crowd *crowd)
{
    free(crowd);
}

/* ---- One thread ---------------------------------------------------------------------------- */

/* 0, or the errno. */
static int restrict_self(int ruleset)
{
    if (es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) != 0)
        return errno;
    return syscall(ES_NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0 ? 0 : errno;
}

static int fail_restrict(int refused, es_error *error)
{
    switch (refused) {
    case 0:
        return ES_OK;
    case E2BIG:
        return es_fail_fixed(error, ES_ERR_TOO_MANY, E2BIG, "landlock_restrict_self(2)",
                             "too many contexts with paths or ports: the kernel takes 16 of them "
                             "one on top of the other; apply one in place of several");
    default:
        return es_fail_fixed(error, ES_ERR_REFUSED, refused, "landlock_restrict_self(2)",
                             "an outer sandbox refuses landlock_restrict_self(2), which paths and "
                             "ports need");
    }
}

int es_confine_thread(int ruleset, es_error *error)
{
    return fail_restrict(restrict_self(ruleset), error);
}

/* ---- The signal ---------------------------------------------------------------------------- */

/* What a handler can know only by a static variable: what libc does with the signal while it is
 * ours, since one of its own comes without room for anything of ours; and whom we asked, since
 * others may queue the signal too, with whatever they like. */
static es_handler *_Atomic libc_handler;
static es_crowd *_Atomic asking;

/* What this thread was asked, or NULL. */
static member *find_asked(const siginfo_t *info, es_crowd *crowd)
{
    int index = info->si_value.sival_int;
    member *self;

    if (info->si_code != SI_QUEUE || !crowd || index < 0 || index >= CROWD_SIZE)
        return NULL;
    self = &crowd->members[index];
    if (self->tid != (int32_t)syscall(SYS_gettid) || atomic_load(&self->answer))
        return NULL;
    return self;
}

static void confine_by_signal(int number, siginfo_t *info, void *context)
{
    int interrupted = errno;
    es_crowd *crowd = atomic_load(&asking);
    member *self = find_asked(info, crowd);
    es_handler *other = atomic_load(&libc_handler);
    int refused;

    if (self) {
        refused = restrict_self(crowd->ruleset);
        /* From here on the crowd may be gone: to wake, only the address is needed. */
        atomic_store(&self->answer, refused ? -refused : 1);
        syscall(SYS_futex, &self->answer, ES_FUTEX_WAKE | ES_FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    } else if (other) {
        other(number, info, context);
    }
    errno = interrupted;
}

#if defined(__x86_64__)
/* A handler returns to here: the kernel insists on it on this architecture. */
void es_confine_restorer(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
        ".p2align 4\n"
        ".type es_confine_restorer, @function\n"
        ".globl es_confine_restorer\n"
        ".hidden es_confine_restorer\n"
        "es_confine_restorer:\n"
        "    mov $15, %eax\n" /* rt_sigreturn */
        "    syscall\n"
        ".size es_confine_restorer, .-es_confine_restorer\n");
enum { SA_WITH_RESTORER = 0x04000000 };
#endif

static long set_action(const es_action *fresh, es_action *old)
{
    return syscall(SYS_rt_sigaction, INTERRUPT, fresh, old, sizeof fresh->mask);
}

static bool take_signal(es_action *old)
{
    es_action ours = {.handler = confine_by_signal,
                      .flags = (unsigned long)(SA_SIGINFO | SA_RESTART | SA_ONSTACK)};

#if defined(__x86_64__)
    ours.flags |= SA_WITH_RESTORER;
    ours.restorer = es_confine_restorer;
#endif
    if (set_action(NULL, old) != 0)
        return false;
    /* It is ours already after an ES_ERR_HALF, and in a child that was forked meanwhile.  What is
     * libc's is neither SIG_DFL nor SIG_IGN. */
    if (old->handler != confine_by_signal)
        atomic_store(&libc_handler, (uintptr_t)old->handler > 1 ? old->handler : NULL);
    return set_action(&ours, NULL) == 0;
}

/* Ask a thread, as the next of the crowd: 0, or the errno; ESRCH where it has ended, EAGAIN where
 * no more signals can be queued. */
static int interrupt(es_crowd *crowd, int32_t tid)
{
    int32_t process = (int32_t)syscall(SYS_getpid);
    member *asked = &crowd->members[crowd->count];
    siginfo_t info;

    asked->tid = tid;
    atomic_store(&asked->answer, 0);

    memset(&info, 0, sizeof info);
    info.si_signo = INTERRUPT;
    info.si_code = SI_QUEUE;
    info.si_pid = process;
    info.si_value.sival_int = (int)crowd->count;
    if (syscall(SYS_rt_tgsigqueueinfo, process, tid, INTERRUPT, &info) == 0)
        return 0;
    return errno;
}

/* ---- All threads --------------------------------------------------------------------------- */

static int fail_uncounted(es_error *error)
{
    return es_fail_fixed(error, ES_ERR_THREAD, 0, "getdents64(2)",
                         "the threads of this process cannot be counted, since /proc/self/task "
                         "cannot be read, or is of another PID namespace: paths and ports could "
                         "stay free in some; mount /proc, or apply to the current thread");
}

static int fail_others(const es_thread_list *list, es_error *error)
{
    return es_fail_threads(error, ES_ERR_THREAD, 0, list,
                           "Landlock limits paths and ports for one thread at a time, and there "
                           "are others: thread ",
                           "; apply before they start, or let each be interrupted to limit itself: "
                           "interrupt_threads");
}

typedef struct {
    es_crowd *crowd;
    uint32_t fresh; /* that were asked in this look at the threads */
    int patience;   /* with a queue of signals that is full */
    bool full, queue_full;
} look;

static bool ask(void *context, int32_t tid)
{
    look *now = context;
    es_crowd *crowd = now->crowd;
    int refused;

    for (uint32_t i = 0; i < crowd->count; i++)
        if (crowd->members[i].tid == tid)
            return true;
    if (crowd->count == CROWD_SIZE) {
        now->full = true;
        return false;
    }
    refused = interrupt(crowd, tid);
    if (refused == ESRCH)
        return true;
    if (refused == EAGAIN && now->patience) {
        now->queue_full = true;
        return true;
    }
    if (refused)
        atomic_store(&crowd->members[crowd->count].answer, -refused);
    crowd->count++;
    now->fresh++;
    return true;
}

/* Wait until all have answered, or ended; false when it takes too long. */
static bool hear(es_crowd *crowd)
{
    const struct timespec while_waiting = {0, 10 * 1000 * 1000};
    int patience = PATIENCE;

    for (uint32_t i = 0; i < crowd->count; i++) {
        member *asked = &crowd->members[i];
        while (!atomic_load(&asked->answer)) {
            if (es_thread_is_gone(asked->tid))
                atomic_store(&asked->answer, 1);
            else if (syscall(SYS_futex, &asked->answer, ES_FUTEX_WAIT | ES_FUTEX_PRIVATE_FLAG, 0,
                             &while_waiting, NULL, 0) != 0 &&
                     errno != EAGAIN && errno != EINTR && patience-- == 0)
                return false;
        }
    }
    return true;
}

static void rest(long milliseconds)
{
    const struct timespec moment = {0, milliseconds * 1000 * 1000};

    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
}

/* All threads, again and again, until two looks show none that is new: one alone can miss a thread
 * while others end. */
static bool confine_others(es_crowd *crowd)
{
    look now = {.crowd = crowd, .patience = PATIENCE};

    for (int looks = 0; looks < 2; looks++) {
        now.fresh = 0;
        now.queue_full = false;
        if (!es_each_thread(ask, &now) || now.full || !hear(crowd))
            return false;
        /* Let signals that others have queued be taken. */
        if (now.queue_full && !now.fresh) {
            rest(10);
            now.patience--;
        }
        if (now.fresh || now.queue_full)
            looks = -1;
    }
    return true;
}

/* Those that are not limited, or not known to be. */
static int fail_half(es_crowd *crowd, es_error *error)
{
    es_thread_list list = {.count = 0};
    int32_t errnum = 0;

    for (uint32_t i = 0; i < crowd->count; i++) {
        int32_t answer = atomic_load(&crowd->members[i].answer);
        if (answer < 0)
            errnum = -answer;
        if (answer != 1)
            es_add_thread(&list, crowd->members[i].tid);
    }
    if (!list.count)
        return es_fail_fixed(error, ES_ERR_HALF, 0, "landlock_restrict_self(2)",
                             "Landlock limits paths and ports in this thread, but others start "
                             "faster than they can be counted: end the program");
    return es_fail_threads(error, ES_ERR_HALF, errnum, &list,
                           "Landlock limits paths and ports in this thread, and in all others but "
                           "these: thread ",
                           "; it refused them, or they did not answer the signal: end the program");
}

static bool refused_by_any(es_crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->count; i++)
        if (atomic_load(&crowd->members[i].answer) < 0)
            return true;
    return false;
}

static int fail_interrupt(int refused, es_error *error)
{
    if (refused == EAGAIN)
        return es_fail_fixed(error, ES_ERR_THREAD, EAGAIN, "rt_tgsigqueueinfo(2)",
                             "threads cannot be interrupted, since no signal can be queued: the "
                             "limit RLIMIT_SIGPENDING is reached");
    return es_fail_fixed(error, ES_ERR_REFUSED, refused, "rt_tgsigqueueinfo(2)",
                         "threads cannot be interrupted, since an outer sandbox or an earlier "
                         "context refuses rt_tgsigqueueinfo(2)");
}

/* The calling thread is the first, by the signal too: so what does not work is known before
 * anything was done. */
static int confine_caller(es_crowd *crowd, es_error *error)
{
    const uint64_t signal = (uint64_t)1 << (INTERRUPT - 1);
    uint64_t blocked = 0;
    int32_t untold = 0;
    int refused;

    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &signal, &blocked, sizeof blocked);
    refused = interrupt(crowd, (int32_t)syscall(SYS_gettid));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
    if (refused)
        return fail_interrupt(refused, error);
    crowd->count++;
    /* Whoever traces this thread can keep a signal from it. */
    if (atomic_compare_exchange_strong(&crowd->members[0].answer, &untold, 1))
        return es_confine_thread(crowd->ruleset, error);
    return fail_restrict(untold == 1 ? 0 : -untold, error);
}

static int interrupt_all(int ruleset, es_crowd *crowd, es_error *error)
{
    es_action old;
    int status;

    crowd->ruleset = ruleset;
    crowd->count = 0;
    if (!take_signal(&old))
        return es_fail_fixed(error, ES_ERR_REFUSED, errno, "rt_sigaction(2)",
                             "an outer sandbox refuses rt_sigaction(2), so that threads cannot be "
                             "interrupted");
    atomic_store(&asking, crowd);
    status = confine_caller(crowd, error);
    /* A signal may still arrive where a thread did not answer: the handler has to stay then. */
    if (!status && !confine_others(crowd))
        return fail_half(crowd, error);
    set_action(&old, NULL);
    if (!status && refused_by_any(crowd))
        return fail_half(crowd, error);
    atomic_store(&asking, NULL);
    return status;
}

/* A thread that was joined may take a moment until it is gone: it is waited for, so many times. */
static bool count_living_threads(int moments, uint32_t *count)
{
    while (es_count_threads(count)) {
        if (*count == 1 || moments-- == 0)
            return true;
        rest(1);
    }
    return false;
}

int es_confine_all_threads(int ruleset, es_crowd *crowd, es_error *error)
{
    es_thread_list list = {.count = 0};
    uint32_t count;

    if (!count_living_threads(crowd ? 0 : MOMENTS, &count))
        return fail_uncounted(error);
    if (count == 1)
        return es_confine_thread(ruleset, error);
    if (!es_each_thread(es_add_thread, &list))
        return fail_uncounted(error);
    return crowd ? interrupt_all(ruleset, crowd, error) : fail_others(&list, error);
}
