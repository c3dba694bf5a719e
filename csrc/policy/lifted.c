/*
 * Promises that several alternatives lift together: == 1 beside != 1.
 *
 * A promise is void where the alternatives of its call allow everything between them.  Permissions
 * that do so without a rule of one's own name every descriptor, and that is what was asked for.  So
 * a rule must take part: as the promise, or as one of those that lift it.
 */
#include "policy/cover.h"
#include "policy/lifted.h"
#include "table/rulesets.h"

bool es_is_promise(const es_alternative *alternative)
{
    if (alternative->comparison_count == 0)
        return false;
    if (alternative->row == ES_NONE)
        return !alternative->unites;
    return es_row((uint32_t)alternative->row).kind == ES_ROW_PROMISE;
}

static bool is_rule(const es_alternative *alternative)
{
    return alternative->row == ES_NONE;
}

/* The promises of a call: the first of a permission, and the first of a rule; NULL: there is none.
 */
typedef struct {
    const es_alternative *permission, *rule;
} promises;

static promises find_promises(const es_policy *policy, const es_policy_call *call)
{
    promises found = {NULL, NULL};

    for (int32_t at = call->first; at != ES_NONE; at = policy->alternatives.items[at].next) {
        const es_alternative *alternative = &policy->alternatives.items[at];
        const es_alternative **kind = is_rule(alternative) ? &found.rule : &found.permission;
        if (!*kind && es_is_promise(alternative))
            *kind = alternative;
    }
    return found;
}

/* The own process id can be any: what accepts it alone is never missed. */
bool es_is_about_own_pid(const es_alternative *alternative)
{
    for (uint32_t i = 0; i < alternative->comparison_count; i++)
        if (alternative->comparisons[i].source == ES_DATUM_OWN_PID)
            return true;
    return false;
}

/* Count those that can lift something, and note them where there is a place for them. */
static uint32_t gather(const es_policy *policy, const es_policy_call *call,
                       const es_alternative **gathered)
{
    uint32_t count = 0;

    for (int32_t at = call->first; at != ES_NONE; at = policy->alternatives.items[at].next) {
        const es_alternative *alternative = &policy->alternatives.items[at];
        if (es_is_about_own_pid(alternative))
            continue;
        if (gathered)
            gathered[count] = alternative;
        count++;
    }
    return count;
}

typedef struct {
    const es_policy_call *call;
    const es_alternative **alternatives;
    es_condition *conditions; /* room for all of them */
    uint32_t count;
} group;

/* Do they allow everything, but for rules, or but for one of them? */
static bool allow_all(const group *of, bool rules, const es_alternative *left_out, int32_t *steps)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < of->count; i++) {
        const es_alternative *it = of->alternatives[i];
        if ((rules || !is_rule(it)) && it != left_out)
            of->conditions[count++] =
                (es_condition){it->comparisons, it->comparison_count, it->given, false};
    }
    return es_conditions_cover(of->call->widths, of->conditions, count, steps);
}

/* Leave out what is not needed to allow everything, the last ones first: with a context these are
 * rules, whose permissions come before them. */
static void keep_needed(group *of)
{
    int32_t steps = ES_COVER_STEPS;

    for (uint32_t i = of->count; i-- > 0;) {
        if (!allow_all(of, true, of->alternatives[i], &steps))
            continue;
        of->count--;
        for (uint32_t j = i; j < of->count; j++)
            of->alternatives[j] = of->alternatives[j + 1];
    }
}

bool es_find_lifted(es_arena *arena, const es_policy *policy, const es_policy_call *call,
                    int32_t *steps, es_lifted *found)
{
    promises promised = find_promises(policy, call);
    group of = {.call = call};

    *found = (es_lifted){NULL, NULL, 0};
    if (!promised.permission && !promised.rule)
        return true;
    of.count = gather(policy, call, NULL);
    of.alternatives = es_arena_take(arena, of.count * sizeof *of.alternatives);
    of.conditions = es_arena_take(arena, of.count * sizeof *of.conditions);
    if (!of.alternatives || !of.conditions)
        return false;
    gather(policy, call, of.alternatives);
    if (!allow_all(&of, true, NULL, steps))
        return true;
    found->promise = promised.rule;
    if (promised.permission && !allow_all(&of, false, NULL, steps))
        found->promise = promised.permission;
    keep_needed(&of);
    found->together = of.alternatives;
    found->count = of.count;
    return true;
}
