/* What the filter that is loaded answers. */
#ifndef ES_PROCESS_STATUS_H
#define ES_PROCESS_STATUS_H

#include <stdint.h>

/* How many filters of this library the calling thread has, as the newest says; 0 without an answer.
 * Only system calls; changes errno. */
uint32_t es_layer(void);

#endif
