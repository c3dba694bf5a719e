/* The threads of this process, as far as /proc shows them.  Only system calls. */
#ifndef ES_PROCESS_THREADS_H
#define ES_PROCESS_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* Has a thread of this process ended? */
bool es_thread_is_gone(int32_t tid);
/* Fail with a message if the calling thread blocks SIGSYS, which would end it at its next trap. */
int es_check_sigsys(const char *message, es_error *error);
/* How many threads there are that have not ended; false where they cannot be counted. */
bool es_count_threads(uint32_t *count);
/* Calls visit for each of these but the calling one, as long as it returns true; false where the
 * threads cannot be told: /proc is that of other process ids. */
bool es_each_thread(bool (*visit)(void *context, int32_t tid), void *context);

/* The ids of some threads for a sentence: all zero at first. */
enum { ES_THREADS_NAMED = 16 };
typedef struct {
    char text[13 * ES_THREADS_NAMED];
    size_t length;
    uint32_t count;
    int32_t first;
} es_thread_list;

/* Add an id to the es_thread_list context; true. */
bool es_add_thread(void *context, int32_t tid);
/* Fail with a sentence: begin, the ids, end; es_error.tid is the first of them. */
int es_fail_threads(es_error *error, int code, int errnum, const es_thread_list *list,
                    const char *begin, const char *end);

#endif
