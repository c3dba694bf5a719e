/* Promises that several alternatives lift together. */
#ifndef ES_POLICY_LIFTED_H
#define ES_POLICY_LIFTED_H

#include "policy/policy.h"

typedef struct {
    const es_alternative *promise;   /* NULL: none is lifted */
    const es_alternative **together; /* those that lift it, each of them needed */
    uint32_t count;
} es_lifted;

/* Is the alternative a condition that nothing may undo? */
bool es_is_promise(const es_alternative *alternative);

/* Does what it accepts depend on the own process id? */
bool es_is_about_own_pid(const es_alternative *alternative);

/* Do the alternatives of a call, none of which is unconditional, lift a promise together?  *steps
 * is what the search may still cost, see cover.h.  What is found lies in the arena.  False: no
 * memory. */
bool es_find_lifted(es_arena *arena, const es_policy *policy, const es_policy_call *call,
                    int32_t *steps, es_lifted *found);

#endif
