/* What a policy, or a row of the table, says of a call, without BPF. */
#include <errno.h>

#include "policy/comparison.h"
#include "policy/decide.h"
#include "table/rulesets.h"

enum { ALL_KNOWN = 0x3f };

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

int es_alternative_accepts(const es_policy_call *call, const es_alternative *alternative,
                           const es_call *asked, unsigned known, uint32_t own_pid)
{
    int answer = ES_YES;

    for (uint32_t i = 0; i < alternative->comparison_count; i++) {
        const es_comparison *it = &alternative->comparisons[i];
        if (!(known >> it->argument & 1))
            answer = ES_UNDECIDED;
        else if (!es_comparison_holds(it, call->widths[it->argument], asked->args[it->argument],
                                      alternative->given, own_pid))
            return ES_NO;
    }
    return answer;
}

/* From this alternative on, which is one of the call's or ES_NONE. */
static const es_alternative *first_accepting(const es_policy *policy, const es_policy_call *known,
                                             int32_t at, const es_call *call, uint32_t own_pid)
{
    for (; at != ES_NONE; at = policy->alternatives.items[at].next) {
        const es_alternative *it = &policy->alternatives.items[at];
        if (es_alternative_accepts(known, it, call, ALL_KNOWN, own_pid) == ES_YES)
            return it;
    }
    return NULL;
}

bool es_is_question(const es_policy *policy, const es_call *call)
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
    if (es_is_question(policy, call))
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

/* Does the condition of a row hold for what is known of a call?  told: what its permission is told,
 * if anything. */
static int judge(const es_row_info *row, const es_call *call, unsigned known,
                 const es_argument *told, uint32_t own_pid)
{
    unsigned asked = 0; /* the bits of the arguments whose width has been asked */
    int answer = ES_YES, widths[6];

    for (unsigned i = 0; i < row->comparison_count; i++) {
        const es_comparison *comparison = &row->comparisons[i];
        unsigned at = comparison->argument;
        if (!(asked >> at & 1))
            widths[at] = es_syscall_width(call->arch, call->nr, at);
        asked |= 1u << at;
        if (comparison->source == ES_DATUM_GIVEN && told->kind != ES_TAKES_DESCRIPTOR)
            return ES_NO;
        if (!(known >> at & 1))
            answer = ES_UNDECIDED;
        else if (!es_comparison_holds(comparison, (unsigned)widths[at], call->args[at],
                                      (uint32_t)told->descriptor, own_pid))
            return ES_NO;
    }
    return answer;
}

static int row_accepts(const es_row_info *row, const es_call *call, unsigned known,
                       const es_argument *told, uint32_t own_pid)
{
    if (row->kind != ES_ROW_RULE && row->kind != ES_ROW_PROMISE)
        return ES_NO;
    if (!es_row_counts(row, call->arch, ES_LANDLOCK_ABI, told))
        return ES_NO;
    if (call->nr < 0 || es_syscall_number(call->arch, row->syscall) != call->nr)
        return ES_NO;
    return judge(row, call, known, told, own_pid);
}

static es_argument told_of(const es_argument *argument)
{
    bool told = argument && argument->size >= sizeof *argument;
    return told ? *argument : (es_argument){.kind = ES_TAKES_NOTHING};
}

int es_row_accepts(uint32_t row, const es_call *call, const es_argument *argument, uint32_t own_pid)
{
    es_argument told = told_of(argument);
    es_row_info info;

    if (!call || es_row_get(row, &info, sizeof info))
        return 0;
    return row_accepts(&info, call, ALL_KNOWN, &told, own_pid) == ES_YES;
}

static int permission_accepts(uint32_t permission, const es_call *call, unsigned known,
                              const es_argument *told, uint32_t own_pid)
{
    int answer = ES_NO;

    for (uint32_t i = 0; answer != ES_YES && es_row_of(permission, &i); i++) {
        es_row_info row = es_row(i);
        int found = row.kind == ES_ROW_INCLUDE
                        ? permission_accepts(row.included, call, known, told, own_pid)
                        : row_accepts(&row, call, known, told, own_pid);
        if (found)
            answer = found;
    }
    return answer;
}

int es_permission_accepts(uint32_t permission, const es_call *call, unsigned known,
                          const es_argument *argument, uint32_t own_pid)
{
    es_argument told = told_of(argument);

    if (!call || permission >= es_permission_count())
        return ES_NO;
    return permission_accepts(permission, call, known, &told, own_pid);
}

/* Mark the calls of a permission: 1 with a condition, 2 whatever the arguments are. */
static void mark_calls(uint32_t permission, uint8_t marks[ES_SYSCALL_COUNT])
{
    for (uint32_t i = 0; es_row_of(permission, &i); i++) {
        es_row_info row = es_row(i);
        uint8_t *mark = &marks[es_row_syscall(i)];
        if (row.kind == ES_ROW_INCLUDE)
            mark_calls(row.included, marks);
        else if (!row.rights && (row.comparison_count == 0 || !*mark))
            *mark = row.comparison_count ? 1 : 2;
    }
}

uint32_t es_permission_size(uint32_t permission)
{
    uint8_t marks[ES_SYSCALL_COUNT] = {0};
    uint32_t size = 0;

    mark_calls(permission, marks);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++)
        size += marks[i];
    return size;
}

/* Is it limited to a descriptor of its own, as that of standard output? */
static bool promises_descriptor(uint32_t permission)
{
    for (uint32_t i = 0; es_row_of(permission, &i); i++) {
        es_row_info row = es_row(i);
        if (row.kind == ES_ROW_PROMISE && row.comparison_count == 1 &&
            row.comparisons[0].op == ES_EQUAL && row.comparisons[0].argument == 0)
            return true;
    }
    return false;
}

/* How far beyond the process a permission reaches: not, but by what is open already; by sockets
 * that others are connected to; or to whatever there is. */
enum { WITHIN = 0, BY_SOCKETS = 1, BEYOND = 2 };

/* May a row of ioctl(2) make any request, as far as it is none that requests.def refuses? */
static bool is_of_any_request(const es_row_info *row)
{
    for (uint32_t i = 0; i < row->comparison_count; i++)
        if (row->comparisons[i].argument == 1 && row->comparisons[i].op == ES_EQUAL)
            return false;
    return true;
}

static unsigned reach_of_row(const es_row_info *row, unsigned call)
{
    switch (call) {
    case ES_SYS_accept:
    case ES_SYS_accept4:
    case ES_SYS_sendmsg:
    case ES_SYS_recvmsg:
        return BY_SOCKETS;
    case ES_SYS_connect:
    case ES_SYS_bind:
    case ES_SYS_listen:
    case ES_SYS_execve:
        return BEYOND;
    case ES_SYS_ioctl:
        return is_of_any_request(row) ? BEYOND : WITHIN;
    default:
        return WITHIN;
    }
}

static unsigned reach_of(uint32_t permission)
{
    unsigned farthest = WITHIN;

    for (uint32_t i = 0; es_row_of(permission, &i); i++) {
        es_row_info row = es_row(i);
        unsigned reach = row.kind == ES_ROW_INCLUDE ? reach_of(row.included)
                         : row.rights               ? WITHIN
                                                    : reach_of_row(&row, es_row_syscall(i));
        farthest = reach > farthest ? reach : farthest;
    }
    return farthest;
}

uint64_t es_permission_breadth(uint32_t permission, int by_path)
{
    es_permission_info info;
    uint64_t kind = 2;
    bool limited;

    if (es_permission_get(permission, &info, sizeof info) != ES_OK)
        return UINT64_MAX;
    limited = info.takes == ES_TAKES_DESCRIPTOR ||
              (by_path && (info.takes == ES_TAKES_PATH || info.takes == ES_TAKES_FILES));
    if (limited)
        kind = 0;
    else if (promises_descriptor(permission))
        kind = 1;
    return kind << 62 | (uint64_t)reach_of(permission) << 60 |
           (uint64_t)es_permission_size(permission) << 32 | permission;
}
