/*
 * Threads do what they are asked, each in a handler of a signal.
 *
 * The signal is 33, which glibc keeps for itself (SIGSETXID), and musl too: a thread that blocks
 * all signals by its C library does not block this one.  It is queued, so each thread gets it once:
 * a second one could arrive when the handler is gone, and would end the process.
 *
 * Sources: rt_tgsigqueueinfo(2), rt_sigaction(2), signal(7).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel_abi.h"
#include "base/kernel_action.h"
#include "process/interrupt.h"
#include "process/threads.h"

es_crowd *es_crowd_new(void)
{
    /* Pages that are not used cost nothing. */
    return calloc(1, sizeof(es_crowd));
}

void es_crowd_free(es_crowd *crowd)
{
    free(crowd);
}

/* What a handler can know only by a static variable: what libc does with the signal while it is
 * ours, since one of its own comes without room for anything of ours; and whom we asked, since
 * others may queue the signal too, with whatever they like. */
static es_handler *_Atomic libc_handler;
static es_crowd *_Atomic asking;
static _Atomic int32_t waiting; /* a futex: whether those that have answered wait */

/* What this thread was asked, or NULL. */
static es_member *find_asked(const siginfo_t *info, es_crowd *crowd)
{
    int index = info->si_value.sival_int;
    es_member *self;

    if (info->si_code != SI_QUEUE || !crowd || index < 0 || index >= ES_CROWD_SIZE)
        return NULL;
    self = &crowd->members[index];
    if (self->tid != (int32_t)syscall(SYS_gettid) || atomic_load(&self->answer))
        return NULL;
    return self;
}

static void obey(int number, siginfo_t *info, void *context)
{
    int interrupted = errno;
    es_crowd *crowd = atomic_load(&asking);
    es_member *self = find_asked(info, crowd);
    es_handler *other = atomic_load(&libc_handler);
    int refused;

    if (self) {
        bool waits = crowd->waits;
        refused = crowd->task(crowd->argument, context);
        /* From here on the crowd may be gone: to wake, only the address is needed. */
        atomic_store(&self->answer, refused ? -refused : 1);
        syscall(SYS_futex, &self->answer, ES_FUTEX_WAKE | ES_FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
        while (waits && atomic_load(&waiting))
            syscall(SYS_futex, &waiting, ES_FUTEX_WAIT | ES_FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    } else if (other) {
        other(number, info, context);
    }
    errno = interrupted;
}

static long set_action(const es_action *fresh, es_action *old)
{
    return syscall(SYS_rt_sigaction, ES_INTERRUPT, fresh, old, sizeof fresh->mask);
}

static bool take_signal(es_action *old)
{
    es_action ours = es_handled_by(obey, SA_RESTART | SA_ONSTACK);

    if (set_action(NULL, old) != 0)
        return false;
    /* It is ours already after an ES_ERR_HALF, and in a child that was forked meanwhile.  What is
     * libc's is neither SIG_DFL nor SIG_IGN. */
    if (old->handler != obey)
        atomic_store(&libc_handler, (uintptr_t)old->handler > 1 ? old->handler : NULL);
    return set_action(&ours, NULL) == 0;
}

int es_interrupt(es_crowd *crowd, int32_t tid)
{
    int32_t process = (int32_t)syscall(SYS_getpid);
    es_member *asked = &crowd->members[crowd->count];
    siginfo_t info;

    asked->tid = tid;
    atomic_store(&asked->answer, 0);

    memset(&info, 0, sizeof info);
    info.si_signo = ES_INTERRUPT;
    info.si_code = SI_QUEUE;
    info.si_pid = process;
    info.si_value.sival_int = (int)crowd->count;
    if (syscall(SYS_rt_tgsigqueueinfo, process, tid, ES_INTERRUPT, &info) == 0)
        return 0;
    return errno;
}

bool es_interrupt_begin(es_crowd *crowd)
{
    crowd->count = 0;
    atomic_store(&waiting, crowd->waits);
    if (!take_signal(&crowd->old))
        return false;
    atomic_store(&asking, crowd);
    return true;
}

void es_let_go(void)
{
    atomic_store(&waiting, 0);
    syscall(SYS_futex, &waiting, ES_FUTEX_WAKE | ES_FUTEX_PRIVATE_FLAG, INT32_MAX, NULL, NULL, 0);
}

void es_interrupt_end(const es_crowd *crowd)
{
    set_action(&crowd->old, NULL);
    atomic_store(&asking, NULL);
}

bool es_hear(es_crowd *crowd)
{
    const struct timespec while_waiting = {0, 10 * 1000 * 1000};
    int patience = ES_PATIENCE;

    for (uint32_t i = 0; i < crowd->count; i++) {
        es_member *asked = &crowd->members[i];
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

void es_rest(long milliseconds)
{
    const struct timespec moment = {0, milliseconds * 1000 * 1000};

    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
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
    if (crowd->count == ES_CROWD_SIZE) {
        now->full = true;
        return false;
    }
    refused = es_interrupt(crowd, tid);
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

/* One look alone can miss a thread while others end. */
bool es_ask_others(es_crowd *crowd)
{
    look now = {.crowd = crowd, .patience = ES_PATIENCE};

    for (int looks = 0; looks < 2; looks++) {
        now.fresh = 0;
        now.queue_full = false;
        if (!es_each_thread(ask, &now) || now.full || !es_hear(crowd))
            return false;
        /* Let signals that others have queued be taken. */
        if (now.queue_full && !now.fresh) {
            es_rest(10);
            now.patience--;
        }
        if (now.fresh || now.queue_full)
            looks = -1;
    }
    return true;
}
