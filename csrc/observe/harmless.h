/* Denials that make no difference. */
#ifndef ES_OBSERVE_HARMLESS_H
#define ES_OBSERVE_HARMLESS_H

#include <stdbool.h>
#include "include/extrasafe.h"

/* Would a call have failed as well if it was allowed, and is made so often that it is not worth a
 * word?  Usable in a handler of SIGSYS. */
bool es_is_harmless(const es_call *call);

/* Does a garbage collector make it, which does without?  See es_tell_free_threaded().  Usable in a
 * handler of SIGSYS. */
bool es_is_of_collector(const es_call *call);

#endif
