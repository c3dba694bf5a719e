/*
 * The library's tables, open for changes, and a judge for what became of them.
 *
 * Built by table.py and loaded with ctypes. Included are copies of rulesets.c and syscalls.c, whose
 * tables nothing outside of them can see; in the copies the tables are not constant.
 */
#include "rulesets.c"

#include <seccomp.h>

/* An old libseccomp knows no call from 424 on: those numbers are for syscalls.def to tell. */
static int old_libseccomp_resolves(uint32_t arch, const char *name)
{
    int number = seccomp_syscall_resolve_name_arch(arch, name);
    return number > ES_BASELINE_NR ? __NR_SCMP_ERROR : number;
}
#define seccomp_syscall_resolve_name_arch old_libseccomp_resolves
#include "syscalls.c"

enum { DROPPED = 0xffff };

/* Rows of rulesets.def: the whole row gone, or another kind or condition. */
void row_drop(uint32_t row)
{
    rows[row].permission = DROPPED;
    rows[row].kind = ES_ROW_RULE;
}

void row_set(uint32_t row, uint8_t kind, const es_comparison *comparisons)
{
    rows[row].kind = kind;
    rows[row].comparisons = comparisons;
}

void row_restore(uint32_t row, const es_row_info *info, const es_comparison *comparisons)
{
    rows[row].permission = (uint16_t)info->permission;
    row_set(row, info->kind, comparisons);
}

/* Lines of syscalls.def. */
uint32_t listed_count(void)
{
    return ES_SYSCALL_COUNT;
}

const char *listed_arguments(uint32_t index)
{
    return listed[index].arguments;
}

int32_t listed_own_number(uint32_t index)
{
    return listed[index].number;
}

void listed_set(uint32_t index, const char *name, int32_t number, const char *arguments)
{
    listed[index].name = name;
    listed[index].number = number;
    listed[index].here = *name && number == ES_ASK
                             ? seccomp_syscall_resolve_name_arch(seccomp_arch_native(), name)
                             : ES_ASK;
    listed[index].arguments = arguments;
}

typedef struct {
    uint32_t permission;
    es_argument argument;
} grant;

static es_policy *make(uint32_t arch, const grant *grants, uint32_t count)
{
    es_policy *policy = NULL;

    if (es_policy_new(arch, &policy, NULL))
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (es_policy_permit(policy, grants[i].permission, &grants[i].argument, NULL)) {
            es_policy_free(policy);
            return NULL;
        }
    }
    return policy;
}

/* The index of the first call, from start on, that is not decided as expected; count when all are;
 * -1 when the policy cannot be made. decision is what was decided instead. */
int64_t judge(uint32_t arch, const grant *grants, uint32_t grant_count, uint32_t own_pid,
              const es_call *calls, const uint32_t *expected, uint32_t start, uint32_t count,
              uint32_t *decision)
{
    es_policy *policy = make(arch, grants, grant_count);
    uint32_t i = start;

    if (!policy)
        return -1;
    for (; i < count; i++) {
        *decision = es_policy_decide(policy, &calls[i], own_pid);
        if (*decision != expected[i])
            break;
    }
    es_policy_free(policy);
    return i;
}

/* What es_policy_check() says of the grants, with, if number is not negative, that call allowed
 * whatever its arguments: an es_status, or -1 when the policy cannot be made. */
int check(uint32_t arch, const grant *grants, uint32_t grant_count, int32_t number,
          es_error *error)
{
    es_policy *policy = make(arch, grants, grant_count);
    int status = -1;

    if (policy && (number < 0 || es_policy_allow(policy, number, NULL, 0, 0, NULL) == ES_OK))
        status = es_policy_check(policy, error);
    es_policy_free(policy);
    return status;
}

/* Allow a call by one comparison: does the policy let value through?  -1 when it does not accept
 * the comparison. */
static int lets_through(uint32_t arch, int32_t number, es_comparison comparison, uint64_t value)
{
    es_call call = {.nr = number, .arch = arch};
    es_policy *policy = NULL;
    int result = -1;

    if (es_policy_new(arch, &policy, NULL))
        return -1;
    call.args[comparison.argument] = value;
    if (es_policy_allow(policy, number, &comparison, 1, 0, NULL) == ES_OK)
        result = es_policy_decide(policy, &call, 0) == ES_ACTION_ALLOW;
    es_policy_free(policy);
    return result;
}

/* How much of an argument a rule looks at, found out by trying: an ES_WIDTH_*. */
int width_in_effect(uint32_t arch, int32_t number, unsigned argument)
{
    const uint64_t beyond = UINT64_C(1) << 32;
    es_comparison equal = {.argument = (uint8_t)argument, .op = ES_EQUAL}, unequal = equal;

    if (lets_through(arch, number, equal, 0) < 0)
        return ES_WIDTH_NONE;
    equal.datum = 1;
    if (lets_through(arch, number, equal, 1) < 0)
        return ES_WIDTH_POINTER;
    unequal.op = ES_NOT_EQUAL;
    unequal.datum = 1;
    if (lets_through(arch, number, unequal, beyond | 1))
        return ES_WIDTH_64;
    if (lets_through(arch, number, equal, beyond | 1))
        return lets_through(arch, number, equal, 1 << 16 | 1) ? ES_WIDTH_16 : ES_WIDTH_32;
    equal.datum = beyond;
    return lets_through(arch, number, equal, beyond) < 0 ? ES_WIDTH_UNKNOWN : ES_WIDTH_VARIES;
}
