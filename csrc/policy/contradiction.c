/* Promises, and what must not make them void. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "policy/policy.h"
#include "table/rulesets.h"

static es_origin origin_of(const es_alternative *alternative)
{
    es_origin origin = {.argument = {.size = sizeof(es_argument)}};
    es_permission_info permission;

    if (alternative->permission == ES_NONE) {
        origin.kind = alternative->comparison_count ? ES_ORIGIN_CONDITIONAL : ES_ORIGIN_SIMPLE;
        return origin;
    }
    origin.kind = ES_ORIGIN_PERMISSION;
    origin.permission = (uint32_t)alternative->permission;
    es_permission_get(origin.permission, &permission, sizeof permission);
    origin.argument.kind = permission.takes;
    if (permission.takes == ES_TAKES_DESCRIPTOR)
        origin.argument.descriptor = (int32_t)alternative->given;
    return origin;
}

typedef struct {
    char text[160];
} origin_name;

static origin_name name_origin(const es_origin *origin)
{
    es_permission_info permission;
    es_ruleset_info ruleset;
    origin_name name;

    if (origin->kind != ES_ORIGIN_PERMISSION) {
        strcpy(name.text, origin->kind == ES_ORIGIN_SIMPLE ? "a rule without a condition"
                                                           : "a rule with a condition");
        return name;
    }
    es_permission_get(origin->permission, &permission, sizeof permission);
    es_ruleset_get(permission.ruleset, &ruleset, sizeof ruleset);
    snprintf(name.text, sizeof name.text, "%s%s%s", ruleset.name, *permission.name ? "." : "",
             permission.name);
    if (permission.takes == ES_TAKES_DESCRIPTOR)
        snprintf(name.text + strlen(name.text), 32, " of descriptor %" PRId32,
                 origin->argument.descriptor);
    return name;
}

static bool is_promise(const es_alternative *alternative)
{
    if (alternative->comparison_count == 0)
        return false;
    if (alternative->row == ES_NONE)
        return true;
    return es_row((uint32_t)alternative->row).kind == ES_ROW_PROMISE;
}

static int contradiction(const es_policy *policy, const es_policy_call *call,
                         const es_alternative *promise, es_error *error)
{
    es_origin limit = origin_of(promise);
    es_origin all = origin_of(&policy->alternatives.items[call->always]);
    origin_name limit_name = name_origin(&limit), all_name = name_origin(&all);
    char name[ES_NAME_SIZE];
    int status;

    if (es_syscall_name(policy->arch, call->number, name) != ES_OK)
        snprintf(name, sizeof name, "system call %" PRId32, call->number);
    status = es_fail(error, ES_ERR_CONTRADICTION, 0, NULL,
                     "contradiction: %s limits %s, and %s allows it whatever its arguments: "
                     "remove one of them",
                     limit_name.text, name, all_name.text);
    if (error && error->code == status) {
        error->call = call->number;
        error->limited_by = limit;
        error->allowed_by = all;
    }
    return status;
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
