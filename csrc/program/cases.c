/*
 * The alternatives of a call as sets of intervals.
 *
 * Every ordered comparison is an interval or two, and all comparisons of one reading intersect into
 * one set, so no operator needs code of its own.  Alternatives that differ in one slot only are
 * united, as a rule until nothing changes: descriptors merge, address families merge.
 */
#include <string.h>

#include "policy/comparison.h"
#include "program/cases.h"

/* Not to unite is right as well; so rules that were made to unite one by one are left alone. */
enum { MAX_PASSES = 64 };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

static uint64_t slot_largest(const es_policy_call *call, unsigned slot)
{
    if (ES_SLOT_IS_WIDE(slot))
        return UINT64_MAX;
    return call->widths[ES_SLOT_ARGUMENT(slot)] == ES_WIDTH_16 ? UINT16_MAX : UINT32_MAX;
}

/* ---- Sets ---- */

static bool push_interval(es_cases *cases, uint64_t low, uint64_t high)
{
    if (!ES_ARRAY_ROOM(cases->arena, &cases->intervals))
        return false;
    cases->intervals.items[cases->intervals.count++] = (es_interval){low, high};
    return true;
}

/* Take over the intervals from first on as the set of a slot.  False, and they are forgotten, when
 * they are all there is. */
static bool close_set(es_cases *cases, unsigned slot, uint32_t first, uint64_t largest,
                      es_set *set)
{
    const es_interval *items = cases->intervals.items + first;

    *set = (es_set){first, cases->intervals.count - first, slot};
    if (set->count == 1 && items->low == 0 && items->high == largest) {
        cases->intervals.count = first;
        return false;
    }
    for (uint32_t i = 0; i < set->count; i++)
        set->hash = mix(mix(set->hash, items[i].low), items[i].high);
    return true;
}

static int compare_intervals(const void *a, const void *b)
{
    uint64_t left = ((const es_interval *)a)->low, right = ((const es_interval *)b)->low;
    return left < right ? -1 : left > right;
}

static void sort_intervals(es_interval *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (items[i - 1].low > items[i].low) {
            qsort(items, count, sizeof *items, compare_intervals);
            return;
        }
    }
}

/* Unite intervals that touch or overlap, in place; returns how many are left. */
static uint32_t unite_intervals(es_interval *items, uint32_t count)
{
    uint32_t last = 0;

    if (count == 0)
        return 0;
    sort_intervals(items, count);
    for (uint32_t i = 1; i < count; i++) {
        if (items[last].high == UINT64_MAX || items[i].low <= items[last].high + 1) {
            if (items[i].high > items[last].high)
                items[last].high = items[i].high;
        } else {
            items[++last] = items[i];
        }
    }
    return last + 1;
}

/* ---- Comparisons as intervals ---- */

/* The bits that a masked comparison does not look at. */
static uint64_t ignored(const es_comparison *comparison, uint64_t largest)
{
    return largest & ~comparison->mask;
}

/* Does a comparison leave a hole: one interval that it does not hold for? */
static bool leaves_hole(const es_comparison *comparison, uint64_t largest)
{
    uint64_t bits = ignored(comparison, largest);
    return comparison->op == ES_NOT_EQUAL ||
           (comparison->op == ES_MASKED_NOT_EQUAL && (bits & (bits + 1)) == 0);
}

static bool push_hole(es_cases *cases, const es_comparison *comparison, uint64_t largest)
{
    uint64_t low = comparison->datum;
    uint64_t bits = comparison->op == ES_NOT_EQUAL ? 0 : ignored(comparison, largest);
    return push_interval(cases, low, low | bits);
}

/* Is what the comparison holds for one interval? */
static bool is_interval(const es_comparison *comparison, uint64_t largest)
{
    return comparison->op < ES_MASKED_EQUAL ||
           (comparison->op == ES_MASKED_EQUAL && comparison->mask == largest);
}

/* Cut an interval down to what satisfies a comparison; false when nothing is left. */
static bool narrow(es_interval *interval, const es_comparison *comparison)
{
    uint64_t low = 0, high = UINT64_MAX, datum = comparison->datum;

    switch ((es_operator)comparison->op) {
    case ES_LESS:
        if (datum == 0)
            return false;
        high = datum - 1;
        break;
    case ES_LESS_OR_EQUAL:
        high = datum;
        break;
    case ES_GREATER:
        if (datum == UINT64_MAX)
            return false;
        low = datum + 1;
        break;
    case ES_GREATER_EQUAL:
        low = datum;
        break;
    default:
        low = high = datum;
    }
    interval->low = low > interval->low ? low : interval->low;
    interval->high = high < interval->high ? high : interval->high;
    return interval->low <= interval->high;
}

/* Replace the holes from first to the end by what they leave of an interval.  All holes are looked
 * at once, after sorting, so that many comparisons take hardly more than their number. */
static bool cut_holes(es_cases *cases, uint32_t first, es_interval interval)
{
    uint32_t holes =
        unite_intervals(cases->intervals.items + first, cases->intervals.count - first);
    uint32_t end = first + holes;
    uint64_t low = interval.low;
    bool done = false; /* a hole reaches to the end of the interval, or beyond */

    cases->intervals.count = end;
    for (uint32_t i = first; i < end && !done; i++) {
        es_interval hole = cases->intervals.items[i];
        if (hole.low > interval.high)
            break;
        if (hole.low > low && !push_interval(cases, low, hole.low - 1))
            return false;
        done = hole.high >= interval.high;
        if (!done && hole.high >= low)
            low = hole.high + 1;
    }
    if (!done && !push_interval(cases, low, interval.high))
        return false;
    cases->intervals.count -= holes;
    memmove(cases->intervals.items + first, cases->intervals.items + end,
            (cases->intervals.count - first) * sizeof *cases->intervals.items);
    return true;
}

/* ---- One alternative ---- */

/* Where both readings must hold, as a rule one of them implies the other. */
static bool is_implied(const es_comparison *comparison, bool wide)
{
    bool wide_implies_low = comparison->op == ES_EQUAL || comparison->op == ES_LESS ||
                            comparison->op == ES_LESS_OR_EQUAL || comparison->mask > UINT32_MAX;
    return !comparison->negative && wide != wide_implies_low;
}

/* Is the comparison made on this reading of its argument? */
static bool concerns(const es_comparison *comparison, unsigned width, bool wide)
{
    bool narrow_width = width == ES_WIDTH_16 || width == ES_WIDTH_32;

    if (comparison->source == ES_DATUM_OWN_PID)
        return !wide;
    if (es_reads_twice(comparison, width))
        return !is_implied(comparison, wide);
    return wide != narrow_width;
}

static int compare_predicates(const void *left, const void *right)
{
    const es_predicate *a = left, *b = right;

    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->mask != b->mask)
        return a->mask < b->mask ? -1 : 1;
    return a->wanted == b->wanted ? 0 : a->wanted < b->wanted ? -1 : 1;
}

static bool add_predicate(es_cases *cases, es_case *item, es_predicate predicate)
{
    if (!ES_ARRAY_ROOM(cases->arena, &cases->predicates))
        return false;
    cases->predicates.items[cases->predicates.count++] = predicate;
    item->predicate_count++;
    return true;
}

/* Put the predicates in order and without repeats, so that equal ones look equal. */
static void order_predicates(es_cases *cases, es_case *item)
{
    es_predicate *items = cases->predicates.items + item->predicate_first;
    uint32_t kept = 0;

    if (item->predicate_count < 2)
        return;
    qsort(items, item->predicate_count, sizeof *items, compare_predicates);
    for (uint32_t i = 0; i < item->predicate_count; i++)
        if (kept == 0 || compare_predicates(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    item->predicate_count = kept;
    cases->predicates.count = item->predicate_first + kept;
}

/* The slots that an alternative says something about. */
static unsigned concerned_slots(const es_alternative *alternative, const es_policy_call *call)
{
    unsigned slots = 0;

    for (uint32_t i = 0; i < alternative->comparison_count; i++) {
        const es_comparison *comparison = &alternative->comparisons[i];
        unsigned width = call->widths[comparison->argument];
        for (unsigned wide = 0; wide < 2; wide++)
            if (concerns(comparison, width, wide))
                slots |= 1u << (2 * comparison->argument + wide);
    }
    return slots;
}

/* One comparison of a slot, of the reading that the slot is: cut the interval down, or note a hole
 * in it, or a predicate.  *empty: no value satisfies it. */
static bool collect_comparison(es_cases *cases, es_case *item, const es_comparison *comparison,
                               unsigned slot, uint64_t largest, es_interval *interval, bool *empty)
{
    es_predicate predicate = {(uint8_t)slot, ES_MASKED, comparison->mask, comparison->datum};

    if (comparison->source == ES_DATUM_OWN_PID)
        return add_predicate(cases, item, (es_predicate){(uint8_t)slot, ES_OWN_PID, 0, 0});
    if (leaves_hole(comparison, largest))
        return push_hole(cases, comparison, largest);
    if (is_interval(comparison, largest)) {
        *empty = *empty || !narrow(interval, comparison);
        return true;
    }
    if (comparison->op == ES_MASKED_NOT_EQUAL)
        predicate.kind = ES_NOT_MASKED;
    return comparison->mask == 0 || add_predicate(cases, item, predicate);
}

/* All that an alternative says about one slot. */
static bool collect_slot(es_cases *cases, es_case *item, const es_alternative *alternative,
                         const es_policy_call *call, unsigned slot, bool *empty)
{
    unsigned width = call->widths[ES_SLOT_ARGUMENT(slot)];
    uint64_t largest = slot_largest(call, slot);
    uint32_t first = cases->intervals.count;
    es_interval interval = {0, largest};

    for (uint32_t i = 0; i < alternative->comparison_count; i++) {
        const es_comparison *comparison = &alternative->comparisons[i];
        es_comparison reading;
        if (comparison->argument != ES_SLOT_ARGUMENT(slot) ||
            !concerns(comparison, width, ES_SLOT_IS_WIDE(slot)))
            continue;
        reading = es_comparison_at(comparison, largest, alternative->given);
        if (!collect_comparison(cases, item, &reading, slot, largest, &interval, empty))
            return false;
    }
    if (!*empty && !cut_holes(cases, first, interval))
        return false;
    *empty = *empty || cases->intervals.count == first;
    if (*empty)
        return true;
    if (!ES_ARRAY_ROOM(cases->arena, &cases->sets))
        return false;
    if (close_set(cases, slot, first, largest, &cases->sets.items[cases->sets.count])) {
        item->slots |= (uint16_t)(1u << slot);
        item->set_at[slot] = (uint8_t)(cases->sets.count++ - item->set_first);
    }
    return true;
}

static bool accepts_all(const es_case *item)
{
    return item->slots == 0 && item->predicate_count == 0;
}

static void hash_case(const es_cases *cases, es_case *item)
{
    uint64_t hash = item->action;

    for (uint32_t i = 0; i < item->predicate_count; i++) {
        const es_predicate *predicate = &cases->predicates.items[item->predicate_first + i];
        hash = mix(hash, predicate->slot + 256u * predicate->kind);
        hash = mix(mix(hash, predicate->mask), predicate->wanted);
    }
    for (unsigned slot = 0; item->slots >> slot; slot++)
        if (item->slots >> slot & 1)
            hash += es_case_set(cases, item, slot)->hash;
    item->hash = hash;
}

static bool collect_alternative(es_cases *cases, const es_alternative *alternative,
                                const es_policy_call *call)
{
    es_case *item;
    unsigned slots = concerned_slots(alternative, call);
    bool empty = false;

    if (!ES_ARRAY_ROOM(cases->arena, &cases->cases))
        return false;
    item = &cases->cases.items[cases->cases.count];
    item->slots = 0;
    item->set_first = cases->sets.count;
    item->predicate_first = cases->predicates.count;
    item->predicate_count = 0;
    item->action = alternative->action;
    for (unsigned slot = 0; slots >> slot && !empty; slot++)
        if (slots >> slot & 1)
            if (!collect_slot(cases, item, alternative, call, slot, &empty))
                return false;
    if (empty)
        return true;
    order_predicates(cases, item);
    hash_case(cases, item);
    cases->always = accepts_all(item);
    cases->cases.count++;
    return true;
}

/* ---- Uniting ---- */

static bool same_set(const es_cases *cases, const es_set *a, const es_set *b)
{
    const es_interval *items = cases->intervals.items;
    return a->count == b->count && a->hash == b->hash &&
           memcmp(items + a->first, items + b->first, a->count * sizeof *items) == 0;
}

/* Are two cases the same but for this slot? */
static bool same_but(const es_cases *cases, const es_case *a, const es_case *b, unsigned slot)
{
    const es_predicate *items = cases->predicates.items;
    unsigned others = a->slots & ~(1u << slot);

    if (others != (b->slots & ~(1u << slot)) || a->predicate_count != b->predicate_count ||
        a->action != b->action)
        return false;
    for (uint32_t i = 0; i < a->predicate_count; i++)
        if (compare_predicates(&items[a->predicate_first + i], &items[b->predicate_first + i]))
            return false;
    for (unsigned other = 0; others >> other; other++)
        if ((others >> other & 1) &&
            !same_set(cases, es_case_set(cases, a, other), es_case_set(cases, b, other)))
            return false;
    return true;
}

/* All intervals of a slot over a group, as they come.  *all: a member has no limit there. */
static bool gather_group(es_cases *cases, const es_case *leader, unsigned slot, bool *all)
{
    const es_case *member = leader;

    *all = false;
    for (;;) {
        const es_set *set = es_case_set(cases, member, slot);
        *all = *all || !set;
        for (uint32_t i = 0; !*all && i < set->count; i++) {
            const es_interval *interval = &cases->intervals.items[set->first + i];
            if (!push_interval(cases, interval->low, interval->high))
                return false;
        }
        if (*all || member->next_in_group == ES_NONE)
            return true;
        member = &cases->cases.items[member->next_in_group];
    }
}

/* Give a case the union of one slot over its group. */
static bool unite_group(es_cases *cases, es_case *leader, unsigned slot, uint64_t largest)
{
    uint32_t first = cases->intervals.count;
    es_interval *items;
    bool all;

    if (!gather_group(cases, leader, slot, &all))
        return false;
    items = cases->intervals.items + first;
    if (all)
        cases->intervals.count = first;
    else
        cases->intervals.count = first + unite_intervals(items, cases->intervals.count - first);
    if (all || !close_set(cases, slot, first, largest, es_case_set(cases, leader, slot)))
        leader->slots &= (uint16_t) ~(1u << slot);
    hash_case(cases, leader);
    cases->always = cases->always || accepts_all(leader);
    return true;
}

/* A power of two, so that the table is never more than half full. */
static uint32_t wanted_table_size(const es_cases *cases)
{
    uint32_t size = 16;

    while (size < cases->cases.count * 2)
        size *= 2;
    return size;
}

static bool make_group_table(es_cases *cases)
{
    uint32_t size = wanted_table_size(cases);
    int32_t *table;

    if (size > cases->group_table_size) {
        table = es_arena_grow(cases->arena, cases->group_table, 0, size * sizeof *table);
        if (!table)
            return false;
        cases->group_table = table;
        cases->group_table_size = size;
    }
    return true;
}

/* Put the cases that are the same but for this slot into groups; returns how many cases have found
 * another.  A group is led by its first case. */
static uint32_t form_groups(es_cases *cases, unsigned slot)
{
    uint32_t size = wanted_table_size(cases), found = 0;

    memset(cases->group_table, -1, size * sizeof *cases->group_table);
    for (uint32_t i = 0; i < cases->cases.count; i++) {
        es_case *item = &cases->cases.items[i];
        const es_set *set = es_case_set(cases, item, slot);
        uint64_t key = item->hash - (set ? set->hash : 0);
        uint32_t at = (uint32_t)(mix(key, slot) >> 20) & (size - 1);
        int32_t leader;
        item->next_in_group = ES_NONE;
        item->last_in_group = (int32_t)i;
        while ((leader = cases->group_table[at]) != ES_NONE &&
               !same_but(cases, &cases->cases.items[leader], item, slot))
            at = (at + 1) & (size - 1);
        if (leader == ES_NONE) {
            cases->group_table[at] = (int32_t)i;
        } else {
            es_case *first = &cases->cases.items[leader];
            cases->cases.items[first->last_in_group].next_in_group = (int32_t)i;
            first->last_in_group = (int32_t)i;
            found++;
        }
    }
    return found;
}

static bool unite_slot(es_cases *cases, unsigned slot, uint64_t largest, bool *changed)
{
    uint32_t left = 0;

    if (form_groups(cases, slot) == 0)
        return true;
    *changed = true;
    /* A member stands behind its leader, and is marked before the loop comes to it. */
    for (uint32_t i = 0; i < cases->cases.count; i++) {
        es_case *item = &cases->cases.items[i];
        int32_t member = item->next_in_group;
        if (member < ES_NONE)
            continue;
        if (member != ES_NONE && !unite_group(cases, item, slot, largest))
            return false;
        while (member != ES_NONE) {
            int32_t next = cases->cases.items[member].next_in_group;
            cases->cases.items[member].next_in_group = ES_NONE - 1;
            member = next;
        }
        if (left < i)
            cases->cases.items[left] = *item;
        left++;
    }
    cases->cases.count = left;
    return true;
}

static bool unite(es_cases *cases, const es_policy_call *call)
{
    bool changed = cases->cases.count > 1;
    unsigned used = 0, passes = 0;

    if (changed && !make_group_table(cases))
        return false;
    for (uint32_t i = 0; i < cases->cases.count; i++)
        used |= cases->cases.items[i].slots;
    while (changed && !cases->always && passes++ < MAX_PASSES) {
        changed = false;
        for (unsigned slot = 0; used >> slot && cases->cases.count > 1; slot++)
            if ((used >> slot & 1) &&
                !unite_slot(cases, slot, slot_largest(call, slot), &changed))
                return false;
    }
    return true;
}

bool es_cases_collect(es_cases *cases, const es_policy *policy, const es_policy_call *call,
                      int32_t first)
{
    cases->intervals.count = cases->sets.count = 0;
    cases->predicates.count = cases->cases.count = 0;
    cases->always = false;
    /* What is not there has no place: adding even 0 to it is undefined. */
    if (!ES_ARRAY_ROOM(cases->arena, &cases->intervals) ||
        !ES_ARRAY_ROOM(cases->arena, &cases->predicates))
        return false;
    for (int32_t at = first; at != ES_NONE && !cases->always;
         at = policy->alternatives.items[at].next)
        if (!collect_alternative(cases, &policy->alternatives.items[at], call))
            return false;
    return cases->always || unite(cases, call);
}
