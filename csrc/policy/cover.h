/* Do conditions together hold for every call? */
#ifndef ES_POLICY_COVER_H
#define ES_POLICY_COVER_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* Comparisons that must all hold; none is about the own process id. */
typedef struct {
    const es_comparison *comparisons;
    uint32_t count;
    uint32_t given; /* what ES_DATUM_GIVEN stands for */
    bool negated;   /* it holds where they do not: for comparisons of one argument only */
} es_condition;

/* What a search may cost: this many looks at a comparison take some milliseconds. */
enum { ES_COVER_STEPS = 200000 };

/* Does at least one condition hold, whatever the arguments are?  The conditions, of which there may
 * be none, are put into another order.  *steps is what the search may still cost, and is lessened
 * by what it did; a search that it does not suffice for answers false. */
bool es_conditions_cover(const uint8_t widths[6], es_condition *conditions, uint32_t count,
                         int32_t *steps);

#endif
