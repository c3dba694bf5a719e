/* Questions about a policy that need no filter: its ways and grants, and whether another policy
 * allows as much. */
#include <stdlib.h>

#include "base/give.h"
#include "policy/access.h"
#include "policy/cover.h"
#include "policy/decide.h"
#include "policy/lifted.h"
#include "policy/origin.h"

static const es_alternative *way_of(const es_policy *policy, uint32_t index)
{
    return policy && index < policy->alternatives.count ? &policy->alternatives.items[index] : NULL;
}

int es_policy_way_get(const es_policy *policy, uint32_t index, es_way *way, size_t size)
{
    const es_alternative *found = way_of(policy, index);
    es_argument given = {.size = sizeof given};
    es_way told = {0};

    if (!found)
        return ES_ERR_ARGUMENT;
    given.descriptor = (int32_t)found->given;
    told.number = found->number;
    told.action = found->action;
    told.comparison_count = found->comparison_count;
    told.comparisons = found->comparisons;
    if (found->action == ES_ACTION_ALLOW)
        told.origin = es_origin_of(found->permission, found->comparison_count > 0, &given);
    return es_give(way, size, &told, sizeof told);
}

int es_policy_way_accepts(const es_policy *policy, uint32_t index, const es_call *call,
                          unsigned known, uint32_t own_pid)
{
    const es_alternative *way = way_of(policy, index);

    if (!way || !call || call->nr != way->number || call->arch != policy->arch)
        return ES_NO;
    return es_alternative_accepts(es_policy_find(policy, way->number), way, call, known, own_pid);
}

int es_policy_grant_get(const es_policy *policy, uint32_t index, es_grant_info *info, size_t size)
{
    const es_grant *grant;
    es_grant_info told = {0};

    if (!policy || index >= policy->grants.count)
        return ES_ERR_ARGUMENT;
    grant = &policy->grants.items[index];
    told.rights = es_grant_counts(policy, grant) ? grant->rights : 0;
    told.everywhere = es_grant_is_everywhere(grant);
    told.number = grant->permission == ES_NONE ? grant->given.descriptor : -1;
    told.origin = es_origin_of(grant->permission, grant->conditional, &grant->given);
    return es_give(info, size, &told, sizeof told);
}

/* ---- Comparing policies -------------------------------------------------------------------- */

static bool same_comparison(const es_comparison *one, const es_comparison *other)
{
    return one->argument == other->argument && one->op == other->op &&
           one->source == other->source && one->negative == other->negative &&
           one->mask == other->mask && one->datum == other->datum;
}

static bool same_condition(const es_alternative *one, const es_alternative *other)
{
    if (one->comparison_count != other->comparison_count)
        return false;
    for (uint32_t i = 0; i < one->comparison_count; i++) {
        bool given = one->comparisons[i].source == ES_DATUM_GIVEN;
        if (!same_comparison(&one->comparisons[i], &other->comparisons[i]) ||
            (given && one->given != other->given))
            return false;
    }
    return true;
}

/* Each call is refused by the way, or allowed by the other policy: a comparison of the way, turned
 * into its opposite, or a way of the other holds.  The own process id, which can be any, is left
 * out: of the way so that it allows more, of the other so that it allows less. */
static bool covered(const es_alternative *way, const uint8_t widths[6], const es_policy *other,
                    const es_policy_call *call, es_condition *conditions)
{
    int32_t steps = ES_COVER_STEPS;
    uint32_t count = 0;

    for (uint32_t i = 0; i < way->comparison_count; i++)
        if (way->comparisons[i].source != ES_DATUM_OWN_PID)
            conditions[count++] = (es_condition){&way->comparisons[i], 1, way->given, true};
    for (int32_t at = call->first; at != ES_NONE; at = other->alternatives.items[at].next) {
        const es_alternative *it = &other->alternatives.items[at];
        if (!es_is_about_own_pid(it))
            conditions[count++] =
                (es_condition){it->comparisons, it->comparison_count, it->given, false};
    }
    return es_conditions_cover(widths, conditions, count, &steps);
}

int es_policy_way_within(const es_policy *policy, uint32_t index, const es_policy *other)
{
    const es_alternative *way = way_of(policy, index);
    const es_policy_call *own, *call;
    es_condition *conditions;
    uint32_t room;
    bool within;

    if (!way || way->action != ES_ACTION_ALLOW || !other || other->arch != policy->arch)
        return 0;
    own = es_policy_find(policy, way->number);
    call = es_policy_find(other, way->number);
    if (!call || call->first == ES_NONE)
        return 0;
    if (call->always != ES_NONE)
        return 1;
    room = way->comparison_count;
    for (int32_t at = call->first; at != ES_NONE; at = other->alternatives.items[at].next) {
        if (same_condition(way, &other->alternatives.items[at]))
            return 1;
        room++;
    }
    conditions = malloc(room * sizeof *conditions);
    if (!conditions)
        return 0;
    within = covered(way, own->compared ? own->widths : call->widths, other, call, conditions);
    free(conditions);
    return within;
}
