/* Status names, and how an es_error is filled. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

const char *es_status_name(int status)
{
    static const char *const names[] = {
        [ES_OK] = "ok",
        [ES_ERR_ARGUMENT] = "argument",
        [ES_ERR_NO_MEMORY] = "no-memory",
        [ES_ERR_UNKNOWN] = "unknown-name",
        [ES_ERR_COMPARISON] = "comparison",
        [ES_ERR_CONTRADICTION] = "contradiction",
        [ES_ERR_TOO_LONG] = "too-long",
        [ES_ERR_ARCHITECTURE] = "architecture",
        [ES_ERR_PROGRAM] = "program",
        [ES_ERR_UNSUPPORTED] = "unsupported",
        [ES_ERR_REFUSED] = "outer-sandbox",
        [ES_ERR_THREAD] = "thread",
        [ES_ERR_TOO_MANY] = "too-many",
        [ES_ERR_PID] = "pid",
        [ES_ERR_KERNEL] = "kernel",
        [ES_ERR_LOCKED] = "locked",
        [ES_ERR_FILE] = "file",
        [ES_ERR_RING] = "io-uring",
        [ES_ERR_PATH] = "path",
        [ES_ERR_HALF] = "half",
        [ES_ERR_NOT_ENFORCED] = "not-enforced",
    };
    if (status < 0 || (size_t)status >= sizeof names / sizeof *names)
        return "unknown";
    return names[status];
}

static bool usable(const es_error *error)
{
    return error && error->size >= sizeof *error;
}

static void start(es_error *error, int code, int errnum, const char *operation)
{
    *error = (es_error){.size = error->size};
    error->code = code;
    error->errnum = errnum;
    error->operation = operation;
}

int es_fail(es_error *error, int code, int errnum, const char *operation, const char *format, ...)
{
    if (usable(error)) {
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
    if (usable(error)) {
        size_t length = strlen(sentence);
        if (length >= sizeof error->message)
            length = sizeof error->message - 1;
        start(error, code, errnum, operation);
        memcpy(error->message, sentence, length);
        error->message[length] = 0;
    }
    return code;
}
