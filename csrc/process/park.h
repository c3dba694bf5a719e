/* All other threads wait, so that none blocks SIGSYS. */
#ifndef ES_PROCESS_PARK_H
#define ES_PROCESS_PARK_H

#include <stdbool.h>
#include "include/extrasafe.h"
#include "process/interrupt.h"

/* Let all other threads wait in a handler, with SIGSYS unblocked, until es_unpark_threads(); it is
 * to be called after ES_OK, and after nothing else, with whether the filter was loaded.
 * ES_ERR_THREAD where one did not come, or cannot be asked: then the crowd is lost to everybody
 * else.  Once a filter was loaded so, nobody need wait any more.  Only system calls.
 */
int es_park_threads(es_crowd *crowd, es_error *error);
void es_unpark_threads(es_crowd *crowd, bool loaded);

#endif
