/* What a policy, or a row of the table, says of a call, without BPF. */
#include <errno.h>

#include "policy/comparison.h"
#include "policy/decide.h"
#include "table/rulesets.h"

void es_foreign_numbers(uint32_t arch, uint32_t *begin, uint32_t *end)
{
    *begin = (uint32_t)ES_MAX_NR + 1;
    *end = arch == ES_ARCH_X86_64 ? 0x80000000u : *begin;
}

uint32_t es_denied(int32_t number, const es_policy_call *call)
{
    bool known = call && call->first != ES_NONE;
    bool absent = number < 0 || number > ES_BASELINE_NR || (call && call->enosys);
    return ES_ACTION_ERRNO | (absent && !known ? ENOSYS : EPERM);
}

uint32_t es_answer(uint32_t question)
{
    return ES_ACTION_ERRNO | (question == 0 ? ES_ANSWER : 0);
}

static bool accepts(const es_policy_call *call, const es_alternative *alternative,
                    const es_call *asked, uint32_t own_pid)
{
    for (uint32_t i = 0; i < alternative->comparison_count; i++) {
        const es_comparison *comparison = &alternative->comparisons[i];
        if (!es_comparison_holds(comparison, call->widths[comparison->argument],
                                 asked->args[comparison->argument], alternative->given, own_pid))
            return false;
    }
    return true;
}

/* From this alternative on, which is one of the call's or ES_NONE. */
static const es_alternative *first_accepting(const es_policy *policy, const es_policy_call *known,
                                             int32_t at, const es_call *call, uint32_t own_pid)
{
    for (; at != ES_NONE; at = policy->alternatives.items[at].next)
        if (accepts(known, &policy->alternatives.items[at], call, own_pid))
            return &policy->alternatives.items[at];
    return NULL;
}

static bool is_question(const es_policy *policy, const es_call *call)
{
    /* The kernel reads 32 bits of the operation. */
    return call->nr == policy->numbers.number[ES_SYS_seccomp] &&
           (uint32_t)call->args[0] - ES_QUESTION < ES_QUESTIONS;
}

uint32_t es_policy_decide(const es_policy *policy, const es_call *call, uint32_t own_pid)
{
    const es_policy_call *known;
    const es_alternative *found;
    uint32_t begin, end;

    if (!policy || !call || call->arch != policy->arch)
        return ES_ACTION_KILL_PROCESS;
    es_foreign_numbers(policy->arch, &begin, &end);
    if ((uint32_t)call->nr >= begin && (uint32_t)call->nr < end)
        return ES_ACTION_KILL_PROCESS;
    if (is_question(policy, call))
        return es_answer((uint32_t)call->args[0] - ES_QUESTION);
    known = es_policy_find(policy, call->nr);
    found = known ? first_accepting(policy, known, known->first, call, own_pid) : NULL;
    if (known && !found)
        found = first_accepting(policy, known, known->first_answer, call, own_pid);
    return found ? found->action : es_denied(call->nr, known);
}

bool es_row_counts(const es_row_info *row, uint32_t arch, uint32_t landlock_abi,
                   const es_argument *argument)
{
    switch (row->when) {
    case ES_WHEN_NO_PORT:
        return argument->kind != ES_TAKES_PORT;
    case ES_WHEN_TRUNCATE:
        return es_rights_of_abi(landlock_abi) & ES_RIGHT_TRUNCATE;
    case ES_WHEN_AARCH64:
        return arch == ES_ARCH_AARCH64;
    case ES_WHEN_NOT_AARCH64:
        return arch != ES_ARCH_AARCH64;
    default:
        return true;
    }
}

int es_row_accepts(uint32_t row, const es_call *call, const es_argument *argument, uint32_t own_pid)
{
    es_row_info info;
    es_argument nothing = {.kind = ES_TAKES_NOTHING};
    bool told = argument && argument->size >= sizeof *argument;
    int widths[6];
    unsigned known = 0; /* the bits of the arguments whose width has been asked */

    if (!call || es_row_get(row, &info, sizeof info))
        return 0;
    if (info.kind != ES_ROW_RULE && info.kind != ES_ROW_PROMISE)
        return 0;
    if (!es_row_counts(&info, call->arch, ES_LANDLOCK_ABI, told ? argument : &nothing))
        return 0;
    if (call->nr < 0 || es_syscall_number(call->arch, info.syscall) != call->nr)
        return 0;
    for (unsigned i = 0; i < info.comparison_count; i++) {
        const es_comparison *comparison = &info.comparisons[i];
        unsigned at = comparison->argument;
        if (!(known >> at & 1))
            widths[at] = es_syscall_width(call->arch, call->nr, at);
        known |= 1u << at;
        if (comparison->source == ES_DATUM_GIVEN &&
            (!told || argument->kind != ES_TAKES_DESCRIPTOR))
            return 0;
        if (!es_comparison_holds(comparison, (unsigned)widths[at], call->args[at],
                                 told ? (uint32_t)argument->descriptor : 0, own_pid))
            return 0;
    }
    return 1;
}
