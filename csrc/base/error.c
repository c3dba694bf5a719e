/* Status names, and how an es_error is filled. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

const char *es_status_name(int status)
{
    static const char *const names[] = {
        [ES_OK] = "ok",
        [ES_ERR_ARGUMENT] = "bad argument",
        [ES_ERR_NO_MEMORY] = "no memory",
        [ES_ERR_UNKNOWN] = "unknown name",
        [ES_ERR_COMPARISON] = "impossible comparison",
        [ES_ERR_CONTRADICTION] = "contradiction",
        [ES_ERR_TOO_LONG] = "too long",
        [ES_ERR_ARCHITECTURE] = "unsupported architecture",
        [ES_ERR_PROGRAM] = "bad program",
        [ES_ERR_UNSUPPORTED] = "unsupported by the kernel",
        [ES_ERR_REFUSED] = "refused by an outer sandbox",
        [ES_ERR_THREAD] = "thread not synchronised",
        [ES_ERR_TOO_MANY] = "too many filters",
        [ES_ERR_PID] = "own process id unknown",
        [ES_ERR_KERNEL] = "refused by the kernel",
        [ES_ERR_LOCKED] = "locked",
        [ES_ERR_FILE] = "file error",
    };
    if (status < 0 || (size_t)status >= sizeof names / sizeof *names)
        return "unknown status";
    return names[status];
}

static void start(es_error *error, int code, int errnum, const char *operation)
{
    error->code = code;
    error->errnum = errnum;
    error->tid = 0;
    error->operation = operation;
}

int es_fail(es_error *error, int code, int errnum, const char *operation, const char *format, ...)
{
    if (error) {
        va_list arguments;
        start(error, code, errnum, operation);
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

int es_fail_fixed(es_error *error, int code, int errnum, const char *operation,
                  const char *sentence)
{
    if (error) {
        size_t length = strlen(sentence);
        if (length >= sizeof error->message)
            length = sizeof error->message - 1;
        start(error, code, errnum, operation);
        memcpy(error->message, sentence, length);
        error->message[length] = 0;
    }
    return code;
}
