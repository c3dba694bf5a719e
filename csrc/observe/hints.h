/* What a thread has said about the calls that it is about to make. */
#ifndef ES_OBSERVE_HINTS_H
#define ES_OBSERVE_HINTS_H

#include <stdbool.h>

/* What the calling thread is about to import, or "".  Both are usable in a signal handler. */
const char *es_imported(void);
/* Does it try what may be denied? */
bool es_is_quiet(void);

#endif
