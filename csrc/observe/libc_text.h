/* Where in memory the C library's instructions are. */
#ifndef ES_OBSERVE_LIBC_TEXT_H
#define ES_OBSERVE_LIBC_TEXT_H

#include <stdbool.h>
#include "include/extrasafe.h"

/* Write the spans of the C library and its loader; false where they cannot be told apart from the
 * instructions of this library, as in a program that is linked statically, or are too many. */
bool es_find_libc(es_gate *gate);

#endif
