/* What is allowed, and by whom. */
#ifndef ES_POLICY_POLICY_H
#define ES_POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/array.h"
#include "include/extrasafe.h"
#include "table/syscalls.h"

/* One way in which a call is allowed. */
typedef struct {
    int32_t number;                   /* of the call */
    const es_comparison *comparisons; /* the table's; or, where row is ES_NONE, the policy's own */
    uint32_t comparison_count;        /* 0: whatever the arguments are */
    uint32_t given;                   /* the descriptor of a permission that takes one */
    uint32_t action;
    bool unites;        /* of es_policy_allow(): its condition is no promise */
    int32_t permission; /* what was granted: ES_NONE for es_policy_allow() */
    int32_t row;        /* and the row that granted it: ES_NONE likewise */
    int32_t next;       /* the next alternative of the same call, or ES_NONE */
} es_alternative;

/* All that a policy says about one number. */
typedef struct {
    int32_t number;
    int32_t first, last; /* alternatives; ES_NONE: the call is refused */
    int32_t always;      /* the first alternative without a comparison, or ES_NONE */
    int32_t first_answer, last_answer; /* alternatives that are no grants: errnos of their own */
    bool has_rules;      /* es_policy_allow() said something about it */
    bool enosys;         /* when refused altogether, it does not exist */
    bool compared;       /* some alternative has a comparison: widths is filled in */
    uint8_t widths[6];
} es_policy_call;

/* Rights of landlock(7) that somebody has. */
typedef struct {
    uint32_t rights;    /* ES_RIGHT_* */
    bool promised;      /* nothing else may grant them everywhere */
    bool yields;        /* not granted where paths are named for them */
    int32_t permission; /* ES_NONE for es_policy_allow() */
    bool conditional;   /* of es_policy_allow() with comparisons */
    es_argument given;  /* the path belongs to the policy */
} es_grant;

struct es_policy {
    uint32_t arch;
    uint32_t landlock_abi;
    es_numbers numbers;
    es_arena arena;                 /* of all that follows */
    ES_ARRAY(es_policy_call) calls; /* in the order of their numbers */
    ES_ARRAY(es_alternative) alternatives;
    ES_ARRAY(es_grant) grants;
};

/* What the policy says about a number; NULL: nothing. */
const es_policy_call *es_policy_find(const es_policy *policy, int32_t number);

/* The same policy, to be added to; what it points to belongs to the first one, which must outlive
 * it. */
int es_policy_copy(const es_policy *policy, es_policy **copy, es_error *error);

/* The rule set with most alternatives, for a sentence about length. */
const char *es_policy_largest(const es_policy *policy, uint32_t *count);

#endif
