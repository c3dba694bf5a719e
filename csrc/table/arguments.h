/* Parts of sentences about arguments, for what writes longer ones.  arch may not be 0 here. */
#ifndef ES_TABLE_ARGUMENTS_H
#define ES_TABLE_ARGUMENTS_H

#include <stdint.h>
#include "base/text.h"
#include "include/extrasafe.h"

/* "flags" or, where the call has no such argument, "argument 2". */
void es_write_argument(const es_call *call, unsigned argument, es_text *text);
/* "flags & O_CREAT" */
void es_write_masked(const es_call *call, unsigned known, unsigned argument, uint64_t mask,
                     es_text *text);
/* "(flags & O_CREAT) == 0" */
void es_write_comparison(const es_call *call, unsigned known, const es_comparison *comparison,
                         es_text *text);

#endif
