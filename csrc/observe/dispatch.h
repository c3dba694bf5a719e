/* Each call of the process is dispatched to a handler that notes it and makes it. */
#ifndef ES_OBSERVE_DISPATCH_H
#define ES_OBSERVE_DISPATCH_H

#include <stdbool.h>
#include "include/extrasafe.h"

/* Take over SIGSYS, and let the calling thread take part.  Calls pass until es_dispatch_go().
 * Errors as for es_learn_start(). */
int es_dispatch_start(es_error *error);
void es_dispatch_go(void);

/* What other threads do in a handler of another signal, whose context it is, to take part or no
 * more: 0, or an errno. */
int es_dispatch_join(int unused, void *context);
int es_dispatch_leave(int unused, void *context);

/* Note nothing any more, but in a child that was forked meanwhile, where only the calling thread
 * takes part no more: false. */
bool es_dispatch_stop(void);
/* Give SIGSYS back, when no thread takes part. */
void es_dispatch_end(void);

#endif
