/* What a comparison means, and which ones can be made. */
#ifndef ES_POLICY_COMPARISON_H
#define ES_POLICY_COMPARISON_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* How a sentence names an argument: "argument 1 of write (buf)"; without the call where it is
 * negative. */
typedef struct {
    char text[2 * ES_NAME_SIZE + 32];
} es_argument_name;
es_argument_name es_name_argument(uint32_t arch, int32_t number, unsigned argument);

/* Must it hold for the low 32 bits and for all 64? */
bool es_reads_twice(const es_comparison *comparison, unsigned width);
/* The readings that a comparison must hold for, each told by its largest value.  Returns how many:
 * one or two. */
unsigned es_readings(const es_comparison *comparison, unsigned width, uint64_t largest[2]);
/* The comparison as one reading makes it: nothing negative, the given descriptor filled in. */
es_comparison es_comparison_at(const es_comparison *comparison, uint64_t largest, uint32_t given);
bool es_comparison_holds(const es_comparison *comparison, unsigned width, uint64_t value,
                         uint32_t given, uint32_t own_pid);
/* Does it hold for every value? */
bool es_comparison_always(const es_comparison *comparison, unsigned width);
/* es_comparison_check() for a call whose widths are known. */
int es_comparison_check_width(uint32_t arch, int32_t number, const es_comparison *comparison,
                              unsigned width, es_error *error);

#endif
