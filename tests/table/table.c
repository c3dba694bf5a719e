/*
 * The library's tables, open for changes, and a judge for what became of them.
 *
 * Built by library.py and loaded with ctypes. Included are copies of rulesets.c, rights.c and
 * syscalls.c, whose tables nothing outside of them can see; in the copies the tables are not
 * constant.
 */
#include "rights.c"
#include "rulesets.c"

#include "policy/access.h"

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

void row_set_rights(uint32_t row, uint8_t kind, uint32_t rights)
{
    rows[row].kind = kind;
    rows[row].rights = rights;
}

void row_set_when(uint32_t row, uint8_t when)
{
    rows[row].when = when;
}

void row_restore(uint32_t row, const es_row_info *info, const es_comparison *comparisons)
{
    rows[row].permission = (uint16_t)info->permission;
    row_set(row, info->kind, comparisons);
    row_set_rights(row, info->kind, info->rights);
    row_set_when(row, info->when);
}

/* Lines of calls_on_paths.def. */
uint32_t use_count(void)
{
    return sizeof uses / sizeof *uses;
}

const char *use_call(uint32_t index)
{
    return es_listed_name(uses[index].call);
}

uint32_t use_rights(uint32_t index)
{
    return uses[index].rights;
}

void use_set(uint32_t index, uint32_t rights)
{
    uses[index].rights = rights;
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

static es_policy *make(uint32_t arch, uint32_t abi, const grant *grants, uint32_t count)
{
    es_policy *policy = NULL;

    if (es_policy_new(arch, &policy, NULL))
        return NULL;
    es_policy_set_landlock_abi(policy, abi, NULL);
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
int64_t judge(uint32_t arch, uint32_t abi, const grant *grants, uint32_t grant_count,
              uint32_t own_pid, const es_call *calls, const uint32_t *expected, uint32_t start,
              uint32_t count, uint32_t *decision)
{
    es_policy *policy = make(arch, abi, grants, grant_count);
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
    es_policy *policy = make(arch, ES_LANDLOCK_ABI, grants, grant_count);
    int status = -1;

    if (policy && (number < 0 || es_policy_allow(policy, number, NULL, 0, 0, NULL) == ES_OK))
        status = es_policy_check(policy, error);
    es_policy_free(policy);
    return status;
}

/* Rights of landlock(7). */
typedef struct {
    uint32_t given;      /* on the path or port that was given */
    uint32_t everywhere; /* as is what is given with "/" */
    uint32_t promised;   /* of the first kind, those that nothing may grant everywhere */
    uint32_t yielding;   /* those that are not granted beside paths for them */
    uint32_t limited;    /* what landlock(7) has to limit for all of that */
} rights;

static void look_at(const es_policy *policy, rights *found)
{
    *found = (rights){.limited = es_policy_limited_rights(policy)};
    for (uint32_t i = 0; i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        if (es_grant_is_everywhere(grant))
            found->everywhere |= grant->rights;
        else
            found->given |= grant->rights;
        if (grant->promised && !es_grant_is_everywhere(grant))
            found->promised |= grant->rights;
        if (grant->yields)
            found->yielding |= grant->rights;
    }
}

/* What the grants come to; -1 when the policy cannot be made. */
int rights_of(uint32_t arch, const grant *grants, uint32_t grant_count, rights *found)
{
    es_policy *policy = make(arch, ES_LANDLOCK_ABI, grants, grant_count);

    if (policy)
        look_at(policy, found);
    es_policy_free(policy);
    return policy ? 0 : -1;
}

/* What a rule about a call is granted. */
int rights_of_rule(uint32_t arch, int32_t number, rights *found)
{
    es_policy *policy = make(arch, ES_LANDLOCK_ABI, NULL, 0);
    int status = policy ? es_policy_allow(policy, number, NULL, 0, 0, NULL) : -1;

    if (!status)
        look_at(policy, found);
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
