/* Where in memory the C library's instructions are, and this library's own. */
#ifndef ES_OBSERVE_LIBC_TEXT_H
#define ES_OBSERVE_LIBC_TEXT_H

#include <stdbool.h>
#include "include/extrasafe.h"

/* Write the spans of the C library and its loader; false where they cannot be told apart from the
 * instructions of this library, as in a program that is linked statically, or are too many. */
bool es_find_libc(es_gate *gate);

/* Where this library's own instructions are; false where the C library is in the same object. */
bool es_find_own_text(uint64_t *first, uint64_t *length);

#endif
