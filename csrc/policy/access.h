/* Which paths and ports a policy is about. */
#ifndef ES_POLICY_ACCESS_H
#define ES_POLICY_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/policy.h"

/* Take over what the caller passes, who may know a longer struct; takes is an ES_TAKES_*. */
int es_read_argument(const es_argument *given, unsigned takes, es_argument *argument,
                     es_error *error);
/* Let the path of an argument be the policy's own. */
int es_policy_keep_path(es_policy *policy, es_argument *argument, es_error *error);
/* Grant the rights of a row; a path in argument belongs to the policy. */
int es_policy_grant(es_policy *policy, int32_t permission, const es_row_info *row,
                    const es_argument *argument, es_error *error);
/* Grant what a call can do, for a rule about it. */
int es_policy_grant_call(es_policy *policy, int32_t number, bool conditional, es_error *error);

/* Was a path or a port given to this permission already? kind: an ES_TAKES_*. */
bool es_policy_has_grant(const es_policy *policy, uint32_t permission, uint32_t kind);

/* Is a grant made for everything, and not for a path or a port? */
bool es_grant_is_everywhere(const es_grant *grant);
/* Does it count, beside the others? */
bool es_grant_counts(const es_policy *policy, const es_grant *grant);

/* Is something granted everywhere that a grant promises for its path or port?  The two, and the
 * rights; false if not. */
bool es_find_lifted_rights(const es_policy *policy, const es_grant **limited,
                           const es_grant **everywhere, uint32_t *rights);

#endif
