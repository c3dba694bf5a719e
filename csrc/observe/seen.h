/*
 * What was seen while learning: memory that forked children share with their parent.
 *
 * A record is found by its key in a table without a lock.  Whoever takes a key fills in its record,
 * which never changes then but for its counts.
 */
#ifndef ES_OBSERVE_SEEN_H
#define ES_OBSERVE_SEEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include "include/extrasafe.h"

enum { ES_SEEN_PLACES = 8192, ES_SEEN_RECORDS = 6144, ES_SEEN_KINDS = 1024, ES_SEEN_PAGE = 4096 };

typedef struct {
    _Atomic uint64_t count, failed; /* how often, and how often of that in vain */
    _Atomic uint32_t order;         /* from 1 on; 0: it is not complete */
    _Atomic int32_t errnum;         /* of the last time in vain */
    es_observation it;
} es_seen;

typedef struct {
    _Alignas(ES_SEEN_PAGE) _Atomic unsigned char selector; /* what the kernel reads at each call */
    /* All that follows is cleared when learning begins. */
    _Alignas(ES_SEEN_PAGE) _Atomic uint32_t taken; /* how many keys */
    _Atomic uint32_t ordered;
    _Atomic uint64_t missed;                 /* calls without a record */
    _Atomic uint32_t kinds[ES_SEEN_KINDS];   /* how many keys there are of a kind of call */
    _Atomic uint64_t keys[ES_SEEN_PLACES];
    es_seen records[ES_SEEN_PLACES];
} es_seen_log;

/* The one of this process, which lives as long; NULL where there is no memory. */
es_seen_log *es_seen_get(void);
void es_seen_clear(es_seen_log *log);

/* The record of a key, which is not 0; *is_new says that the caller took it, and has to complete
 * it.  NULL when there is no room for more. */
es_seen *es_seen_find(es_seen_log *log, uint64_t key, bool *is_new);
void es_seen_complete(es_seen_log *log, es_seen *record);
/* One of its calls was in vain. */
void es_seen_fail(es_seen *record, int32_t errnum);

#endif
