/* Calls that could block or replace SIGSYS, made again: see guards.h. */
#include <string.h>
#include <sys/syscall.h>

#include "base/kernel_action.h"
#include "observe/guards.h"
#include "observe/memory.h"
#include "observe/raw.h"

static const uint64_t sigsys = (uint64_t)1 << (SIGSYS - 1);

int64_t es_change_mask(const es_call *call, ucontext_t *context)
{
    uint64_t arguments[6], mask, now = 0;
    int64_t result;

    memcpy(arguments, call->args, sizeof arguments);
    if (arguments[1] && es_memory_copy(arguments[1], &mask, sizeof mask) &&
        (int)arguments[0] != SIG_UNBLOCK) {
        mask &= ~sigsys;
        arguments[1] = (uint64_t)(uintptr_t)&mask;
    }
    result = es_raw(SYS_rt_sigprocmask, arguments);
    /* When the handler returns, the kernel restores what it had saved. */
    if (ES_RAW(SYS_rt_sigprocmask, SIG_BLOCK, 0, (uint64_t)(uintptr_t)&now, sizeof now) == 0)
        memcpy(&context->uc_sigmask, &now, sizeof now);
    return result;
}

int64_t es_change_action(const es_call *call)
{
    uint64_t arguments[6];
    es_action action;

    memcpy(arguments, call->args, sizeof arguments);
    if ((int)arguments[0] == SIGSYS) {
        /* It stays ours, whatever becomes of it in the mind of the program. */
        arguments[1] = 0;
    } else if (arguments[1] && es_memory_copy(arguments[1], &action, sizeof action)) {
        action.mask &= ~sigsys;
        arguments[1] = (uint64_t)(uintptr_t)&action;
    }
    return es_raw(SYS_rt_sigaction, arguments);
}
