/*
 * Learning: each call of the process is dispatched to a handler of SIGSYS, which notes it and makes
 * it.
 *
 * What differs from a call that is just made:
 *   - rt_sigreturn(2) is about the stack where it was called: the handler leaves its own.
 *   - A child with a stack of its own does not come back through the handler: see machine.c.
 *   - SIGSYS must not be blocked or replaced, also not while a call waits.
 *   - What the kernel restores when the handler returns has to be what a call has changed
 *     meanwhile: the signals that are blocked, and the alternate stack.
 *
 * Signals come to a thread when it makes a call, and threads that are dispatched do so all the
 * time.  So they get signals for the process that without us the first thread would have got, where
 * Python runs its handlers, while that thread waits in a call.  Whenever another thread has handled
 * a signal, it therefore interrupts the first one, by a SIGSYS that means nothing else.
 *
 * Sources: prctl(2), sigaction(2), sigreturn(2), the kernel's syscall-user-dispatch.rst.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/kernel_action.h"
#include "observe/dispatch.h"
#include "observe/facts.h"
#include "observe/foretell.h"
#include "observe/guards.h"
#include "observe/harmless.h"
#include "observe/hints.h"
#include "observe/libc_text.h"
#include "observe/machine.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/seen.h"

enum {
    DISPATCHED = 2, /* SYS_USER_DISPATCH, as si_code */
    LETS_PASS = 0,
    BLOCKS = 1,         /* what the selector says */
    PATIENCE = 1 << 20, /* nothing may be missed */
    STACKS = 16,        /* so many calls of a kind get one: it is dear */
    LAST_SIGNAL = 64
};

/* What a handler can know only by static variables. */
static es_seen_log *seen;
static es_action before; /* who writes stacks */
static bool installed;
static _Atomic int32_t interrupting; /* how many threads interrupt the first one just now */
static int32_t learner;              /* the process that began */
static uint64_t relieved;            /* bit n - 1: the handler of signal n blocked SIGSYS */

static const uint64_t sigsys = (uint64_t)1 << (SIGSYS - 1);

/* ---- Notes ---------------------------------------------------------------------------------- */

static void write_stack(siginfo_t *info, void *context)
{
    if (before.handler)
        before.handler(SIGSYS, info, context);
}

static es_seen *note(const es_call *call, siginfo_t *info, void *context)
{
    es_facts facts;
    es_seen *record;
    uint64_t blocked;
    bool is_new;

    if (atomic_load(&seen->selector) != BLOCKS || es_is_quiet())
        return NULL;
    facts = es_facts_of(call);
    record = es_seen_find(seen, facts.key, &is_new);
    if (!record) {
        atomic_fetch_add(&seen->missed, 1);
        return NULL;
    }
    atomic_fetch_add(&record->count, 1);
    if (!is_new)
        return record;
    if (!es_room_enter(PATIENCE, &blocked)) {
        atomic_fetch_add(&seen->missed, 1);
        return record;
    }
    es_the_room.frames_length = 0;
    if (atomic_fetch_add(&seen->kinds[facts.kind % ES_SEEN_KINDS], 1) < STACKS)
        write_stack(info, context);
    es_facts_fill(call, &facts, &record->it);
    es_seen_complete(seen, record);
    es_room_leave(blocked);
    return record;
}

static bool is_in_vain(int64_t result)
{
    return result < 0 && result > -4096 && result != -EINTR && result != -EAGAIN &&
           result != -EINPROGRESS;
}

/* ---- Calls that are made -------------------------------------------------------------------- */

/* The argument by which a call blocks other signals while it waits, or which it waits for itself:
 * that would take the SIGSYS that is sent to the first thread.  NULL where it has none. */
static uint64_t *mask_argument(const es_call *call, uint64_t arguments[6], uint64_t inner[2])
{
    switch (call->nr) {
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
        return &arguments[0];
    case SYS_signalfd4:
#ifdef SYS_signalfd
    case SYS_signalfd:
#endif
        return &arguments[1];
    case SYS_ppoll:
        return &arguments[3];
    case SYS_epoll_pwait:
    case 441: /* epoll_pwait2 */
        return &arguments[4];
    case SYS_pselect6:
        if (!arguments[5] || !es_memory_copy(arguments[5], inner, 2 * sizeof *inner))
            return NULL;
        arguments[5] = (uint64_t)(uintptr_t)inner;
        return &inner[0];
    default:
        return NULL;
    }
}

static int64_t make_waiting(const es_call *call)
{
    uint64_t arguments[6], inner[2], mask, *told;

    memcpy(arguments, call->args, sizeof arguments);
    told = mask_argument(call, arguments, inner);
    if (told && *told && es_memory_copy(*told, &mask, sizeof mask)) {
        mask &= ~sigsys;
        *told = (uint64_t)(uintptr_t)&mask;
    }
    return es_raw(call->nr, arguments);
}

static int64_t change_stack(const es_call *call, ucontext_t *context)
{
    int64_t result = es_raw(call->nr, call->args);
    stack_t now;

    if (ES_RAW(SYS_sigaltstack, 0, (uint64_t)(uintptr_t)&now) == 0)
        context->uc_stack = now;
    return result;
}

static int64_t make(const es_call *call, ucontext_t *context)
{
    if (es_is_never_there(call))
        return -ENOSYS;
    if (es_is_of_collector(call))
        return -EPERM;
    if (es_is_clone(call))
        return es_clone_again(call, context);
    switch (call->nr) {
    case SYS_rt_sigprocmask:
        return es_change_mask(call, context);
    case SYS_rt_sigaction:
        return es_change_action(call);
    case SYS_sigaltstack:
        return change_stack(call, context);
    default:
        return make_waiting(call);
    }
}

/* ---- The handler ---------------------------------------------------------------------------- */

static void interrupt_first_thread(void)
{
    int32_t process = es_own_process();

    atomic_fetch_add(&interrupting, 1);
    if (es_own_thread() != process && atomic_load(&seen->selector) == BLOCKS)
        ES_RAW(SYS_tgkill, (uint64_t)process, (uint64_t)process, SIGSYS);
    atomic_fetch_sub(&interrupting, 1);
}

static void answer(ucontext_t *context, int64_t result)
{
    es_return_value(context, result);
    es_mark_made(context);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    es_call call = {.nr = info->si_syscall, .arch = info->si_arch};
    es_seen *record;
    int64_t result;

    (void)signal;
    if (info->si_code != DISPATCHED && !es_was_dispatched(context, &call))
        return;
    es_trapped_arguments(context, call.args);
    if (call.nr == SYS_rt_sigreturn) {
        (void)note(&call, info, context);
        interrupt_first_thread();
        es_return_from(context);
    }
    if (call.nr == SYS_write && (uint32_t)call.args[0] == ES_TRAP_DESCRIPTOR) {
        es_frames_add(call.args[1], call.args[2]);
        answer(context, (int64_t)call.args[2]);
        return;
    }
    record = note(&call, info, context);
    result = make(&call, context);
    if (record && is_in_vain(result))
        es_seen_fail(record, (int32_t)-result);
    answer(context, result);
}

/* ---- Handlers of other signals --------------------------------------------------------------- */

static int64_t change_action(int signal, const es_action *fresh, es_action *old)
{
    return ES_RAW(SYS_rt_sigaction, (uint64_t)signal, (uint64_t)(uintptr_t)fresh,
                  (uint64_t)(uintptr_t)old, sizeof(uint64_t));
}

/* While they run, SIGSYS may not be blocked. */
static void relieve_handlers(void)
{
    es_action action;

    relieved = 0;
    for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
        if (change_action(signal, NULL, &action) != 0 || !(action.mask & sigsys))
            continue;
        action.mask &= ~sigsys;
        change_action(signal, &action, NULL);
        relieved |= (uint64_t)1 << (signal - 1);
    }
}

static void burden_handlers(void)
{
    es_action action;

    for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
        if (!(relieved >> (signal - 1) & 1) || change_action(signal, NULL, &action) != 0)
            continue;
        action.mask |= sigsys;
        change_action(signal, &action, NULL);
    }
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

/* Without SA_RESTART, since the first thread has to see its signals. */
static int take_over(es_error *error)
{
    es_action ours = es_handled_by(handle, SA_NODEFER);
    int64_t status = change_action(SIGSYS, &ours, installed ? NULL : &before);

    if (status != 0)
        return es_fail_fixed(error, ES_ERR_REFUSED, (int)-status, "rt_sigaction(2)",
                             "an outer sandbox refuses rt_sigaction(2), which learning needs");
    if ((uintptr_t)before.handler == (uintptr_t)SIG_IGN)
        before.handler = NULL; /* as SIG_DFL is */
    installed = true;
    return ES_OK;
}

static int dispatch_own_thread(es_error *error)
{
    int64_t status = es_dispatch_on();

    if (status == -EINVAL)
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, EINVAL, "prctl(2)",
                             "the kernel cannot dispatch system calls to this process, as Linux "
                             "5.11 and later do on x86_64");
    if (status != 0)
        return es_fail_fixed(error, ES_ERR_REFUSED, (int)-status, "prctl(2)",
                             "an outer sandbox refuses prctl(2), which learning needs");
    return ES_OK;
}

int es_dispatch_start(es_error *error)
{
    int status;

    if (!es_find_own_text(&es_dispatched.first, &es_dispatched.length))
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, 0, NULL,
                             "a program that is linked statically cannot learn");
    seen = es_seen_get();
    if (!seen)
        return es_fail_memory(error);
    es_dispatched.selector = (uint64_t)(uintptr_t)&seen->selector;
    status = dispatch_own_thread(error); /* the selector lets everything pass */
    if (status != ES_OK)
        return status;
    if (take_over(error) != ES_OK) {
        (void)es_dispatch_off();
        return ES_ERR_REFUSED;
    }
    es_facts_start();
    es_seen_clear(seen);
    relieve_handlers();
    learner = es_own_process();
    return ES_OK;
}

int es_dispatch_join(int unused, void *context)
{
    ucontext_t *thread = context;

    (void)unused;
    sigdelset(&thread->uc_sigmask, SIGSYS); /* when the handler returns */
    es_mark_if_made(context);
    return (int)-es_dispatch_on();
}

int es_dispatch_leave(int unused, void *context)
{
    (void)unused;
    (void)context;
    return (int)-es_dispatch_off();
}

void es_dispatch_go(void)
{
    atomic_store(&seen->selector, BLOCKS);
}

bool es_dispatch_stop(void)
{
    if (es_own_process() == learner) {
        atomic_store(&seen->selector, LETS_PASS);
        burden_handlers();
    }
    (void)es_dispatch_off();
    return es_own_process() == learner;
}

void es_dispatch_end(void)
{
    es_action ignored = {.handler = (es_handler *)(uintptr_t)SIG_IGN};

    while (atomic_load(&interrupting))
        ES_RAW(SYS_sched_yield, 0);
    /* What is still on its way to a thread would end the process: that takes it back. */
    change_action(SIGSYS, &ignored, NULL);
    change_action(SIGSYS, &before, NULL);
    installed = false;
}
