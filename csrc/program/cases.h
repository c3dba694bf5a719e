/* The alternatives of one call, as sets of intervals: what compile.c turns into instructions. */
#ifndef ES_CASES_H
#define ES_CASES_H

#include "base/array.h"
#include "policy/policy.h"

/* A slot is one reading of one argument: its low word (or the low half of that, where the kernel
 * reads 16 bits), or all 64 bits. */
enum { ES_SLOTS = 12 };
#define ES_SLOT_ARGUMENT(slot) ((slot) / 2)
#define ES_SLOT_IS_WIDE(slot) ((slot) % 2 == 1)

typedef struct {
    uint64_t low, high; /* both included */
} es_interval;

/* Disjoint intervals in ascending order, with a gap between any two. */
typedef struct {
    uint32_t first, count;
    uint64_t hash;
} es_set;

/* What is no interval. */
enum {
    ES_OWN_PID,   /* the value is the own process id */
    ES_MASKED,    /* (value & mask) == wanted */
    ES_NOT_MASKED /* (value & mask) != wanted */
};

typedef struct {
    uint8_t slot;
    uint8_t kind; /* one of these */
    uint64_t mask, wanted;
} es_predicate;

/* One alternative: the value of each slot that has a set is in it, and all predicates hold. */
typedef struct {
    uint16_t slots;           /* the bits of those that have a set */
    uint8_t set_at[ES_SLOTS]; /* and which set each of these has, from set_first */
    uint32_t set_first;
    uint32_t predicate_first, predicate_count;
    uint64_t hash; /* of everything, so that a slot can be taken out of it */
    uint32_t action;
    int32_t next_in_group, last_in_group; /* the latter of the first in a group only */
} es_case;

typedef struct {
    es_arena *arena;
    ES_ARRAY(es_interval) intervals;
    ES_ARRAY(es_set) sets;
    ES_ARRAY(es_predicate) predicates;
    ES_ARRAY(es_case) cases;
    int32_t *group_table; /* where cases that differ in one slot only meet */
    uint32_t group_table_size;
    bool always; /* the call is allowed whatever its arguments */
} es_cases;

/* Replace the contents by the alternatives of one call, united as far as they can be.  False: no
 * memory.  The workspace starts as all zero but its arena, and is reused from call to call. */
bool es_cases_collect(es_cases *cases, const es_policy *policy, const es_policy_call *call,
                      int32_t first);

/* The set of a slot, or NULL: every value. */
static inline es_set *es_case_set(const es_cases *cases, const es_case *of, unsigned slot)
{
    return of->slots >> slot & 1
               ? &cases->sets.items[of->set_first + of->set_at[slot]]
               : NULL;
}

#endif
