/* Promises, and what must not make them void. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "policy/access.h"
#include "policy/cover.h"
#include "policy/lifted.h"
#include "policy/origin.h"

/* Of a permission for several paths the first stands for all: it brought the calls. */
static es_origin origin_of(const es_policy *policy, const es_alternative *alternative)
{
    es_argument given = {.size = sizeof given};

    for (uint32_t i = policy->grants.count; i > 0 && alternative->permission != ES_NONE; i--)
        if (policy->grants.items[i - 1].permission == alternative->permission)
            given = policy->grants.items[i - 1].given;
    given.descriptor = (int32_t)alternative->given;
    return es_origin_of(alternative->permission, alternative->comparison_count > 0, &given);
}

/* "A and B and others" */
typedef struct {
    char text[ES_ERROR_ORIGINS * sizeof(es_origin_name)];
} origin_list;

static origin_list list_origins(const es_origin *origins, uint32_t count)
{
    origin_list list = {""};
    size_t length = 0;

    for (uint32_t i = 0; i < count && i < ES_ERROR_ORIGINS; i++) {
        es_origin_name name = es_name_origin(&origins[i]);
        length += (size_t)snprintf(list.text + length, sizeof list.text - length, "%s%s",
                                   i ? " and " : "", name.text);
    }
    if (count > ES_ERROR_ORIGINS)
        snprintf(list.text + length, sizeof list.text - length, " and others");
    return list;
}

/* Who limits a call, and those who allow all of it: one without a condition, or several together.
 */
typedef struct {
    es_origin limit, all[ES_ERROR_ORIGINS];
    uint32_t count;
    const char *how, *way_out;
} finding;

static int contradiction(const es_policy *policy, const es_policy_call *call,
                         const finding *found, es_error *error)
{
    es_origin_name limit = es_name_origin(&found->limit);
    origin_list all = list_origins(found->all, found->count);
    char name[ES_NAME_SIZE];
    int status;

    if (es_syscall_name(policy->arch, call->number, name) != ES_OK)
        snprintf(name, sizeof name, "system call %" PRId32, call->number);
    status = es_fail(error, ES_ERR_CONTRADICTION, 0, NULL,
                     "contradiction: %s limits %s, and %s %s it whatever its arguments: %s",
                     limit.text, name, all.text, found->how, found->way_out);
    if (error && error->code == status) {
        error->call = call->number;
        error->limited_by = found->limit;
        error->allowed_by_count = found->count;
        memcpy(error->allowed_by, found->all, sizeof found->all);
    }
    return status;
}

static int check_unconditional(const es_policy *policy, const es_policy_call *call,
                               es_error *error)
{
    finding found = {.count = 1, .how = "allows", .way_out = "remove one of them"};

    for (int32_t at = call->first; at != ES_NONE; at = policy->alternatives.items[at].next) {
        if (!es_is_promise(&policy->alternatives.items[at]))
            continue;
        found.limit = origin_of(policy, &policy->alternatives.items[at]);
        found.all[0] = origin_of(policy, &policy->alternatives.items[call->always]);
        return contradiction(policy, call, &found, error);
    }
    return ES_OK;
}

/* The same for rights of landlock(7), which no call stands for. */
static int check_rights(const es_policy *policy, es_error *error)
{
    const es_grant *limited, *everywhere;
    es_origin_name limit, all;
    es_origin origins[2];
    uint32_t rights;
    int status;

    if (!es_find_lifted_rights(policy, &limited, &everywhere, &rights))
        return ES_OK;
    origins[0] = es_origin_of(limited->permission, limited->conditional, &limited->given);
    origins[1] = es_origin_of(everywhere->permission, everywhere->conditional, &everywhere->given);
    limit = es_name_origin(&origins[0]);
    all = es_name_origin(&origins[1]);
    status = es_fail(error, ES_ERR_CONTRADICTION, 0, NULL,
                     rights & (ES_RIGHT_PAST_PATHS | ES_RIGHT_PAST_PORTS)
                         ? "contradiction: %s limits the program, and it may %s by %s: remove one "
                           "of them"
                         : "contradiction: %s says where the program may %s, and %s lets it do so "
                           "everywhere: remove one of them",
                     limit.text, es_right_words(rights), all.text);
    if (error && error->code == status) {
        error->call = everywhere->permission == ES_NONE ? everywhere->given.descriptor : -1;
        error->limited_by = origins[0];
        error->allowed_by_count = 1;
        error->allowed_by[0] = origins[1];
        error->right = rights & -rights;
    }
    return status;
}

static bool same_origin(const es_origin *one, const es_origin *other)
{
    return one->kind == other->kind && one->permission == other->permission &&
           one->argument.descriptor == other->argument.descriptor;
}

/* Note an origin, unless it is there already: several rules are one. */
static void add_origin(finding *found, es_origin origin)
{
    for (uint32_t i = 0; i < found->count && i < ES_ERROR_ORIGINS; i++)
        if (same_origin(&found->all[i], &origin))
            return;
    if (found->count < ES_ERROR_ORIGINS)
        found->all[found->count] = origin;
    found->count++;
}

static int check_together(es_arena *arena, const es_policy *policy, const es_policy_call *call,
                          int32_t *steps, es_error *error)
{
    finding found = {.way_out = "narrow or remove a rule with a condition"};
    es_lifted lifted;

    if (!es_find_lifted(arena, policy, call, steps, &lifted))
        return es_fail_memory(error);
    if (!lifted.promise)
        return ES_OK;
    found.limit = origin_of(policy, lifted.promise);
    for (uint32_t i = 0; i < lifted.count; i++)
        add_origin(&found, origin_of(policy, lifted.together[i]));
    found.how = found.count > 1 ? "together allow" : "and others like it together allow";
    return contradiction(policy, call, &found, error);
}

int es_policy_check(const es_policy *policy, es_error *error)
{
    es_arena arena = {0};
    int32_t steps = ES_COVER_STEPS;
    int status = ES_OK;

    if (!policy)
        return es_fail_argument(error, "no policy");
    for (uint32_t i = 0; i < policy->calls.count && !status; i++) {
        const es_policy_call *call = &policy->calls.items[i];
        if (call->first == call->last)
            continue;
        if (call->always != ES_NONE)
            status = check_unconditional(policy, call, error);
        else if (call->has_rules)
            status = check_together(&arena, policy, call, &steps, error);
    }
    es_arena_free(&arena);
    return status ? status : check_rights(policy, error);
}
