/*
 * The handler of SIGSYS.
 *
 * A call traps in place of being refused: it has not been made, and returns what the handler says.
 * Some calls trap that are allowed, and the handler makes them again: those that could block or
 * replace SIGSYS, which would end the process at its next denial, and those that landlock(7) may
 * refuse.
 *
 * Sources: seccomp(2), sigaction(2), rt_sigprocmask(2).
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/give.h"
#include "observe/explain.h"
#include "observe/guards.h"
#include "observe/harmless.h"
#include "observe/hints.h"
#include "observe/libc_text.h"
#include "observe/log.h"
#include "observe/raw.h"

enum { CONTEXTS = 16, SLOTS = 64, TRAPPED = 1 /* SYS_SECCOMP, as si_code */ };

/* What a handler can know only by static variables. */
static es_log *denied;
static es_gate gate; /* from where calls trap by our filters */
static es_explained contexts[CONTEXTS];
static _Atomic uint32_t context_count;
static struct sigaction before; /* what is given back */
static struct sigaction writer; /* who writes stacks */
static _Atomic int stacks;
static _Atomic bool installed;
static uint32_t preparing; /* between es_explain_start() and es_explain_stop() */

/* The last denial of a thread, and its record, which is one more than its index. */
static _Atomic uint64_t last_denials[SLOTS];

/* ---- The handler --------------------------------------------------------------------------- */

typedef struct {
    siginfo_t *info;
    void *context;
} moment;

static void write_stack(void *context)
{
    moment *now = context;

    if (atomic_load(&stacks))
        writer.sa_sigaction(SIGSYS, now->info, now->context);
}

static void remember(uint32_t record)
{
    uint32_t thread = (uint32_t)es_own_thread();

    if (record != ES_LOG_NONE)
        atomic_store(&last_denials[thread % SLOTS], (uint64_t)thread << 32 | (record + 1));
}

/* An alternate stack may be too small for what an explanation takes, which is about so much. */
enum { STACK_NEEDED = 24 << 10 };

static bool has_stack(const ucontext_t *context)
{
    const stack_t *alternate = &context->uc_stack;
    size_t left = (uintptr_t)&alternate - (uintptr_t)alternate->ss_sp;

    return left >= alternate->ss_size || left >= STACK_NEEDED;
}

static void explain(const es_explained *by, const es_call *call, int errnum, moment *now)
{
    if (by && !es_is_quiet() && has_stack(now->context) && !es_is_harmless(call))
        remember(es_explain(denied, by, call, errnum, write_stack, now));
}

static int64_t make_again(const es_call *call, moment *now)
{
    uint32_t count = atomic_load(&context_count);
    int64_t result;

    if (call->nr == SYS_rt_sigprocmask)
        return es_change_mask(call, now->context);
    if (call->nr == SYS_rt_sigaction)
        return es_change_action(call);
    result = es_raw(call->nr, call->args);
    /* A context may allow what an earlier one denies. */
    if (result == -EPERM)
        explain(es_refused_by(contexts, count, call), call, EPERM, now);
    else if (result < 0)
        explain(es_limited_by(contexts, count, call, (int)-result), call, (int)-result, now);
    return result;
}

/* From here a call is refused as without explanations: so newer filters have their say, whose errno
 * may be another one.  Without a policy of ours it would not be refused, but made. */
static int64_t refuse(const es_call *call, int told, moment *now)
{
    const es_explained *by = es_refused_by(contexts, atomic_load(&context_count), call);
    int64_t result = by ? es_raw(call->nr, call->args) : -told;

    if (result == -told)
        explain(by, call, told, now);
    return result;
}

/* Filters of others may trap as well.  We cannot answer for them, but never let that pass for a
 * call that was made; nor make it again, which would trap again. */
static bool is_of_our_filters(const es_call *call, int told)
{
    bool inside = false;

    for (uint32_t i = 0; i < gate.count; i++)
        inside = inside || (call->instruction_pointer >= gate.first[i] &&
                            call->instruction_pointer < gate.after[i]);
    return inside && (told == EPERM || told == ENOSYS || told == ES_TRAP_AGAIN);
}

static int64_t answer(const es_call *call, int told, moment *now)
{
    if (!is_of_our_filters(call, told))
        return -EPERM;
    if (call->nr == SYS_write && (uint32_t)call->args[0] == ES_TRAP_DESCRIPTOR &&
        es_frames_add(call->args[1], call->args[2]))
        return (int64_t)call->args[2];
    return told == ES_TRAP_AGAIN ? make_again(call, now) : refuse(call, told, now);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    moment now = {info, context};
    es_call call = {.nr = info->si_syscall,
                    .arch = info->si_arch,
                    .instruction_pointer = (uint64_t)(uintptr_t)info->si_call_addr};

    (void)signal;
    /* Whoever sends it by hand gets nothing. */
    if (info->si_code != TRAPPED)
        return;
    es_trapped_arguments(context, call.args);
    es_return_value(context, answer(&call, info->si_errno, &now));
}

/* ---- Beginning and end --------------------------------------------------------------------- */

/* No alternate stack: the stacks of faulthandler need more than programs give it. */
static int take_over(struct sigaction *from)
{
    struct sigaction ours = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};

    sigemptyset(&ours.sa_mask);
    return sigaction(SIGSYS, &ours, from);
}

int es_explain_start(es_gate *spans, es_error *error)
{
    if (!spans || spans->size < sizeof *spans)
        return es_fail_argument(error, "no place for the gate");
    if (!es_find_libc(spans))
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, 0, NULL,
                             "denials cannot be explained in a program that is linked statically");
    if (!denied)
        denied = es_log_new();
    if (!denied)
        return es_fail_memory(error);
    if (atomic_load(&context_count) == CONTEXTS)
        return es_fail_fixed(error, ES_ERR_TOO_MANY, 0, NULL,
                             "denials can be explained for 16 contexts at most");
    if (atomic_load(&installed)) {
        preparing++;
        return ES_OK;
    }
    gate = *spans;
    if (take_over(&before) != 0)
        return es_fail_fixed(error, ES_ERR_REFUSED, errno, "rt_sigaction(2)",
                             "an outer sandbox refuses rt_sigaction(2), so that denials cannot be "
                             "explained");
    atomic_store(&installed, true);
    preparing = 1;
    return ES_OK;
}

int es_explain_is_started(void)
{
    return atomic_load(&installed);
}

int es_explain_add(es_policy *policy, es_candidates *candidates, int descriptor, es_error *error)
{
    uint32_t count = atomic_load(&context_count);

    if (!policy || !candidates)
        return es_fail_argument(error, "no policy, or no candidates");
    if (count == CONTEXTS)
        return es_fail_argument(error, "es_explain_start() was not asked");
    contexts[count] = (es_explained){
        .policy = policy,
        .candidates = candidates,
        .own_pid = (uint32_t)es_own_process(),
        .python_files = (uint32_t)es_permission_find("SystemIO", "allow_python_files"),
        .descriptor = descriptor};
    es_note_descriptor(&contexts[count]);
    atomic_store(&context_count, count + 1);
    return ES_OK;
}

void es_explain_drop(void)
{
    uint32_t count = atomic_load(&context_count);

    if (!count)
        return;
    /* Not freed: a handler in another thread may be reading it. */
    atomic_store(&context_count, count - 1);
}

int es_explain_stop(void)
{
    return atomic_load(&installed) && !--preparing && !atomic_load(&context_count);
}

void es_explain_give_back(void)
{
    atomic_store(&stacks, 0);
    sigaction(SIGSYS, &before, NULL);
    atomic_store(&installed, false);
}

/* Whoever writes stacks stands upon our handler: when it ends, as faulthandler does before the last
 * threads of the process, ours is what it leaves. */
void es_explain_stacks(int on)
{
    if (on)
        (void)take_over(&writer);
    atomic_store(&stacks, on && writer.sa_handler != SIG_DFL && writer.sa_handler != SIG_IGN &&
                              writer.sa_sigaction != handle);
}

int es_explain_wanted(void)
{
    const char *wanted = secure_getenv("PYEXTRASAFE_EXPLAIN");
    return wanted && strcmp(wanted, "1") == 0;
}

/* ---- What was denied ----------------------------------------------------------------------- */

int es_denial_get(uint32_t index, es_denial *denial, size_t size, uint64_t *count)
{
    if (!denial || !count || !denied || index >= ES_LOG_RECORDS)
        return ES_ERR_ARGUMENT;
    *count = atomic_load(&denied->records[index].count);
    if (!*count)
        return ES_ERR_ARGUMENT;
    return es_give(denial, size, &denied->records[index].denial, sizeof *denial);
}

int32_t es_denial_fresh(void)
{
    uint32_t thread = (uint32_t)es_own_thread();
    uint64_t last = atomic_load(&last_denials[thread % SLOTS]);

    if (last >> 32 != thread ||
        !atomic_compare_exchange_strong(&last_denials[thread % SLOTS], &last, 0))
        return -1;
    return (int32_t)(uint32_t)last - 1;
}
