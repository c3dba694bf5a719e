/* Promises, and what must not make them void. */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "policy/policy.h"

typedef struct {
    char text[160];
} origin_name;

/* Who allowed it, as the code that would say so. */
static origin_name name_origin(const es_alternative *alternative, const char *call)
{
    es_permission_info permission;
    es_ruleset_info ruleset;
    origin_name name;

    if (alternative->permission == ES_NONE) {
        snprintf(name.text, sizeof name.text,
                 alternative->comparison_count ? "Custom().add_conditional(Rule(%s, ...))"
                                               : "Custom().add_simple(%s)",
                 call);
        return name;
    }
    es_permission_get((uint32_t)alternative->permission, &permission);
    es_ruleset_get(permission.ruleset, &ruleset);
    if (!*permission.name)
        snprintf(name.text, sizeof name.text, "%s()", ruleset.name);
    else if (permission.takes == ES_TAKES_DESCRIPTOR)
        snprintf(name.text, sizeof name.text, "%s().%s(%" PRIu32 ")", ruleset.name,
                 permission.name, alternative->given);
    else
        snprintf(name.text, sizeof name.text, "%s().%s()", ruleset.name, permission.name);
    return name;
}

static bool is_promise(const es_alternative *alternative)
{
    es_row_info row;

    if (alternative->comparison_count == 0)
        return false;
    if (alternative->row == ES_NONE)
        return true;
    es_row_get((uint32_t)alternative->row, &row);
    return row.kind == ES_ROW_PROMISE;
}

static int contradiction(const es_policy *policy, const es_policy_call *call,
                         const es_alternative *promise, es_error *error)
{
    const es_alternative *always = &policy->alternatives.items[call->always];
    char name[ES_NAME_SIZE], quoted[ES_NAME_SIZE + 2];
    origin_name limit, lifted;

    if (es_syscall_name(policy->arch, call->number, name) == ES_OK) {
        snprintf(quoted, sizeof quoted, "\"%s\"", name);
    } else {
        snprintf(name, sizeof name, "system call %" PRId32, call->number);
        snprintf(quoted, sizeof quoted, "%" PRId32, call->number);
    }
    limit = name_origin(promise, quoted);
    lifted = name_origin(always, quoted);
    return es_fail(error, ES_ERR_CONTRADICTION, 0, NULL,
                   "contradiction: %s limits %s, but %s allows it whatever its arguments; "
                   "remove %s, or, to keep the limit, remove the other",
                   limit.text, name, lifted.text, limit.text);
}

int es_policy_check(const es_policy *policy, es_error *error)
{
    if (!policy)
        return es_fail_argument(error, "no policy");
    for (uint32_t i = 0; i < policy->calls.count; i++) {
        const es_policy_call *call = &policy->calls.items[i];
        if (call->always == ES_NONE || call->first == call->last)
            continue;
        for (int32_t at = call->first; at != ES_NONE; at = policy->alternatives.items[at].next)
            if (is_promise(&policy->alternatives.items[at]))
                return contradiction(policy, call, &policy->alternatives.items[at], error);
    }
    return ES_OK;
}
