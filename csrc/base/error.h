/* How a function of the library fails. */
#ifndef ES_BASE_ERROR_H
#define ES_BASE_ERROR_H

#include <errno.h>
#include <stddef.h>
#include "include/extrasafe.h"

/* Fill error, if there is one, and return code.  Formats with stdio: not for es_commit(). */
__attribute__((format(printf, 5, 6))) int es_fail(es_error *error, int code, int errnum,
                                                  const char *operation, const char *format, ...);
/* The same with a fixed sentence and without stdio: safe in a signal handler. */
int es_fail_fixed(es_error *error, int code, int errnum, const char *operation,
                  const char *sentence);

static inline int es_fail_memory(es_error *error)
{
    es_fail_fixed(error, ES_ERR_NO_MEMORY, ENOMEM, NULL, "not enough memory");
    return ES_ERR_NO_MEMORY;
}

static inline int es_fail_argument(es_error *error, const char *sentence)
{
    es_fail_fixed(error, ES_ERR_ARGUMENT, 0, NULL, sentence);
    return ES_ERR_ARGUMENT;
}

#endif
