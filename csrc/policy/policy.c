/* What is allowed, and by whom: collected from permissions and rules. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "policy/access.h"
#include "policy/comparison.h"
#include "policy/decide.h"
#include "policy/policy.h"
#include "table/rulesets.h"

/* The index of the first call whose number is not less. */
static uint32_t lower_bound(const es_policy *policy, int32_t number)
{
    uint32_t low = 0, high = policy->calls.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (policy->calls.items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const es_policy_call *es_policy_find(const es_policy *policy, int32_t number)
{
    uint32_t at = lower_bound(policy, number);
    bool found = at < policy->calls.count && policy->calls.items[at].number == number;
    return found ? &policy->calls.items[at] : NULL;
}

static es_policy_call *insert_call(es_policy *policy, int32_t number, uint32_t at)
{
    es_policy_call *call;

    if (!ES_ARRAY_ROOM(&policy->arena, &policy->calls))
        return NULL;
    call = policy->calls.items + at;
    memmove(call + 1, call, (policy->calls.count - at) * sizeof *call);
    policy->calls.count++;
    call->number = number;
    call->first = call->last = call->always = ES_NONE;
    call->first_answer = call->last_answer = ES_NONE;
    call->has_rules = call->enosys = call->compared = false;
    return call;
}

/* The call of a number, for an alternative with so many comparisons. */
static es_policy_call *make_call(es_policy *policy, int32_t number, uint32_t comparison_count)
{
    uint32_t at = lower_bound(policy, number);
    bool found = at < policy->calls.count && policy->calls.items[at].number == number;
    es_policy_call *call = found ? &policy->calls.items[at] : insert_call(policy, number, at);

    if (call && comparison_count && !call->compared) {
        es_numbers_widths(&policy->numbers, number, call->widths);
        call->compared = true;
    }
    return call;
}

static bool always_hold(const es_policy_call *call, const es_comparison *comparisons,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!es_comparison_always(&comparisons[i], call->widths[comparisons[i].argument]))
            return false;
    return true;
}

/* Append an alternative to one of the two lists of a call, and say where it is. */
static int append(es_policy *policy, es_alternative alternative, int32_t *first, int32_t *last,
                  es_error *error)
{
    int32_t index = (int32_t)policy->alternatives.count;

    if (!ES_ARRAY_ROOM(&policy->arena, &policy->alternatives))
        return es_fail_memory(error);
    alternative.next = ES_NONE;
    policy->alternatives.items[policy->alternatives.count++] = alternative;
    if (*last == ES_NONE)
        *first = index;
    else
        policy->alternatives.items[*last].next = index;
    *last = index;
    return ES_OK;
}

static int add(es_policy *policy, int32_t number, es_alternative alternative, es_error *error)
{
    es_policy_call *call = make_call(policy, number, alternative.comparison_count);
    int status;

    if (!call)
        return es_fail_memory(error);
    call->has_rules = call->has_rules || alternative.row == ES_NONE;
    alternative.number = number;
    alternative.action = ES_ACTION_ALLOW;
    if (always_hold(call, alternative.comparisons, alternative.comparison_count))
        alternative.comparison_count = 0;
    status = append(policy, alternative, &call->first, &call->last, error);
    if (!status && alternative.comparison_count == 0 && call->always == ES_NONE)
        call->always = call->last;
    return status;
}

/* What is said of calls that nothing allows: those that "do not exist", and errnos of their own. */
static int add_rows_of_none(es_policy *policy, es_error *error)
{
    int status = ES_OK;

    for (uint32_t i = 0; !status && es_row_of_none(&i); i++) {
        es_row_info row = es_row(i);
        int32_t number = policy->numbers.number[es_row_syscall(i)];
        es_alternative answer = {.number = number,
                                 .comparisons = row.comparisons,
                                 .comparison_count = row.comparison_count,
                                 .action = ES_ACTION_ERRNO | (uint32_t)row.errnum,
                                 .permission = ES_NONE,
                                 .row = (int32_t)i};
        es_policy_call *call;
        if (number < 0)
            continue;
        if (row.kind == ES_ROW_ENOSYS && policy->numbers.number[es_row_older_syscall(i)] < 0)
            continue;
        call = make_call(policy, number, row.comparison_count);
        if (!call)
            status = es_fail_memory(error);
        else if (row.kind == ES_ROW_ENOSYS)
            call->enosys = true;
        else
            status = append(policy, answer, &call->first_answer, &call->last_answer, error);
    }
    return status;
}

int es_policy_new(uint32_t arch, es_policy **policy, es_error *error)
{
    es_policy *fresh;
    int status;

    if (!policy)
        return es_fail_argument(error, "no place for the policy");
    if (arch == 0)
        arch = es_arch_native();
    if (!es_arch_supported(arch))
        return es_fail_fixed(error, ES_ERR_ARCHITECTURE, 0, NULL,
                             "filters can be made for x86_64, aarch64 and riscv64 only");
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return es_fail_memory(error);
    fresh->arch = arch;
    fresh->landlock_abi = ES_LANDLOCK_ABI;
    es_numbers_fill(arch, &fresh->numbers);
    status = add_rows_of_none(fresh, error);
    /* Its filter answers questions, whatever is allowed. */
    if (!status && !make_call(fresh, fresh->numbers.number[ES_SYS_seccomp], 0))
        status = es_fail_memory(error);
    if (status)
        es_policy_free(fresh);
    else
        *policy = fresh;
    return status;
}

void es_policy_free(es_policy *policy)
{
    if (!policy)
        return;
    es_arena_free(&policy->arena);
    free(policy);
}

/* With room for what a permission adds. */
#define COPY(to, from, array)                                                                      \
    (ES_ARRAY_RESERVE(&(to)->arena, &(to)->array, (from)->array.count + 1) &&                      \
     ((from)->array.count == 0 || memcpy((to)->array.items, (from)->array.items,                   \
                                         (from)->array.count * sizeof *(from)->array.items)) &&    \
     ((to)->array.count = (from)->array.count, true))

int es_policy_copy(const es_policy *policy, es_policy **copy, es_error *error)
{
    es_policy *fresh = calloc(1, sizeof *fresh);

    if (!fresh)
        return es_fail_memory(error);
    fresh->arch = policy->arch;
    fresh->landlock_abi = policy->landlock_abi;
    fresh->numbers = policy->numbers;
    if (!COPY(fresh, policy, calls) || !COPY(fresh, policy, alternatives) ||
        !COPY(fresh, policy, grants)) {
        es_policy_free(fresh);
        return es_fail_memory(error);
    }
    *copy = fresh;
    return ES_OK;
}

static int permit_call(es_policy *policy, uint32_t permission, uint32_t index,
                       const es_argument *argument, es_error *error)
{
    es_row_info row = es_row(index);
    int32_t number = policy->numbers.number[es_row_syscall(index)];
    es_alternative alternative = {.comparisons = row.comparisons,
                                  .comparison_count = row.comparison_count,
                                  .given = (uint32_t)argument->descriptor,
                                  .permission = (int32_t)permission,
                                  .row = (int32_t)index};

    if (number >= 0)
        return add(policy, number, alternative, error);
    if (number == ES_NO_SUCH_NAME)
        return es_fail(error, ES_ERR_UNSUPPORTED, 0, NULL,
                       "this libseccomp does not know %s: a newer one is needed", row.syscall);
    return ES_OK;
}

/* What es_policy_permit() adds, in whose name. */
typedef struct {
    uint32_t permission;
    es_argument argument;
    bool has_calls; /* a second path brings no other calls */
} permit;

/* Add the rows of rows_of, and those it includes. */
static int permit_rows(es_policy *policy, const permit *what, uint32_t rows_of, es_error *error)
{
    int status = ES_OK;

    for (uint32_t i = 0; !status && es_row_of(rows_of, &i); i++) {
        es_row_info row = es_row(i);
        if (!es_row_counts(&row, policy->arch, policy->landlock_abi, &what->argument))
            continue;
        if (row.kind == ES_ROW_INCLUDE)
            status = permit_rows(policy, what, row.included, error);
        else if (row.rights)
            status = es_policy_grant(policy, (int32_t)what->permission, &row, &what->argument,
                                     error);
        else if (what->has_calls)
            status = permit_call(policy, what->permission, i, &what->argument, error);
    }
    return status;
}

int es_policy_permit(es_policy *policy, uint32_t permission, const es_argument *argument,
                     es_error *error)
{
    permit what = {.permission = permission};
    es_permission_info info;
    int status;

    if (!policy)
        return es_fail_argument(error, "no policy");
    if (es_permission_get(permission, &info, sizeof info) != ES_OK || !info.is_public)
        return es_fail_fixed(error, ES_ERR_UNKNOWN, 0, NULL, "there is no such permission");
    status = es_read_argument(argument, info.takes, &what.argument, error);
    if (!status)
        status = es_policy_keep_path(policy, &what.argument, error);
    if (status)
        return status;
    what.has_calls = !es_policy_has_grant(policy, permission, what.argument.kind);
    return permit_rows(policy, &what, permission, error);
}

/* Can this rule be added?  Its comparisons may lie at any address. */
static int check_rule(const es_policy *policy, int32_t number, const char *comparisons,
                      uint32_t count, uint32_t flags, es_error *error)
{
    uint8_t widths[6];
    int status = ES_OK;

    if (number < 0 || number > ES_MAX_NR)
        return es_fail_argument(error, "the number of a system call is 0 to 1073741823");
    if (flags & ~(uint32_t)ES_RULE_UNITE)
        return es_fail_argument(error, "there is no such flag of a rule");
    if (count > ES_MAX_INSTRUCTIONS)
        return es_fail(error, ES_ERR_TOO_LONG, 0, NULL,
                       "a rule has %" PRIu32 " comparisons, more than a filter can make (%d)",
                       count, ES_MAX_INSTRUCTIONS);
    if (count)
        es_numbers_widths(&policy->numbers, number, widths);
    for (uint32_t i = 0; i < count && !status; i++) {
        es_comparison comparison;
        memcpy(&comparison, comparisons + i * sizeof comparison, sizeof comparison);
        status = es_comparison_check_width(
            policy->arch, number, &comparison,
            comparison.argument < 6 ? widths[comparison.argument] : ES_WIDTH_UNKNOWN, error);
    }
    return status;
}

static int allow_rule(es_policy *policy, int32_t number, const void *comparisons, uint32_t count,
                      uint32_t flags, es_error *error)
{
    es_alternative alternative = {.comparison_count = count,
                                  .unites = flags & ES_RULE_UNITE,
                                  .permission = ES_NONE,
                                  .row = ES_NONE};
    es_comparison *copy = NULL;
    int status = check_rule(policy, number, comparisons, count, flags, error);

    if (status)
        return status;
    if (count) {
        copy = es_arena_take(&policy->arena, count * sizeof *copy);
        if (!copy)
            return es_fail_memory(error);
        memcpy(copy, comparisons, count * sizeof *copy);
    }
    alternative.comparisons = copy;
    status = es_policy_grant_call(policy, number, count > 0, error);
    if (!status)
        status = add(policy, number, alternative, error);
    return status;
}

int es_policy_set_landlock_abi(es_policy *policy, uint32_t abi, es_error *error)
{
    if (!policy || abi > ES_LANDLOCK_ABI)
        return es_fail_argument(error, "no policy, or no such ABI of landlock(7)");
    policy->landlock_abi = abi;
    return ES_OK;
}

int es_policy_allow(es_policy *policy, int32_t number, const es_comparison *comparisons,
                    uint32_t count, uint32_t flags, es_error *error)
{
    if (!policy || (count && !comparisons))
        return es_fail_argument(error, "no policy, or no comparisons");
    return allow_rule(policy, number, comparisons, count, flags, error);
}

int es_policy_allow_packed(es_policy *policy, const void *rules, size_t size, es_error *error)
{
    const char *at = rules;
    int status = ES_OK;

    if (!policy || (size && !rules))
        return es_fail_argument(error, "no policy, or no rules");
    while (size && !status) {
        es_packed_rule rule;
        size_t comparisons_size;
        if (size < sizeof rule)
            return es_fail_argument(error, "the packed rules end within a rule");
        memcpy(&rule, at, sizeof rule);
        at += sizeof rule;
        size -= sizeof rule;
        if (rule.comparison_count > size / sizeof(es_comparison))
            return es_fail_argument(error, "the packed rules end within a rule");
        status = allow_rule(policy, rule.number, at, rule.comparison_count, rule.flags, error);
        comparisons_size = rule.comparison_count * sizeof(es_comparison);
        at += comparisons_size;
        size -= comparisons_size;
    }
    return status;
}

const char *es_policy_largest(const es_policy *policy, uint32_t *count)
{
    uint32_t sets = es_ruleset_count(), custom = 0;
    const char *largest = "Custom";

    for (uint32_t i = 0; i < policy->alternatives.count; i++)
        custom += policy->alternatives.items[i].permission == ES_NONE &&
                  policy->alternatives.items[i].row == ES_NONE;
    *count = custom;
    for (uint32_t set = 0; set < sets; set++) {
        es_permission_info permission;
        es_ruleset_info info;
        uint32_t rules = 0;
        for (uint32_t i = 0; i < policy->alternatives.count; i++) {
            if (policy->alternatives.items[i].permission == ES_NONE)
                continue;
            es_permission_get((uint32_t)policy->alternatives.items[i].permission, &permission,
                              sizeof permission);
            rules += permission.ruleset == set;
        }
        if (rules > *count && es_ruleset_get(set, &info, sizeof info) == ES_OK) {
            *count = rules;
            largest = info.name;
        }
    }
    return largest;
}
