/* Paths and ports of a policy, as a ruleset of landlock(7). */
#ifndef ES_PROCESS_LANDLOCK_H
#define ES_PROCESS_LANDLOCK_H

#include "policy/policy.h"

/* A ruleset for what the policy limits, or -1 where it limits nothing.  The descriptor belongs to
 * the caller. */
int es_landlock_make(const es_policy *policy, int *ruleset, es_error *error);

#endif
