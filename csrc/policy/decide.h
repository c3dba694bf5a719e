/* What a policy says of a call, without BPF. */
#ifndef ES_POLICY_DECIDE_H
#define ES_POLICY_DECIDE_H

#include <stdint.h>
#include "policy/policy.h"

/* Where x32's numbers begin and end on this architecture; an empty span where it has none. */
void es_foreign_numbers(uint32_t arch, uint32_t *begin, uint32_t *end);
/* Does every filter answer the call, whatever it allows? */
bool es_is_question(const es_policy *policy, const es_call *call);
/* What becomes of a number that no alternative accepts.  call may be NULL: not in the policy. */
uint32_t es_denied(int32_t number, const es_policy_call *call);
/* Does an alternative of a call accept it, of which the arguments are known that known has a bit
 * for: ES_YES, ES_NO, or ES_UNDECIDED. */
int es_alternative_accepts(const es_policy_call *call, const es_alternative *alternative,
                           const es_call *asked, unsigned known, uint32_t own_pid);
/* Does a row count on this architecture and ABI of landlock(7), for what its permission is told? */
bool es_row_counts(const es_row_info *row, uint32_t arch, uint32_t landlock_abi,
                   const es_argument *argument);
/* The answer to question 0 to ES_QUESTIONS - 1 before the filter is loaded. */
uint32_t es_answer(uint32_t question);

#endif
