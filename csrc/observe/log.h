/*
 * What was denied, for whoever asks: memory that forked children share with their parent.
 *
 * A record is written once, in a signal handler, and never changes then but for its count.  When
 * all are taken, what is new is only counted.
 */
#ifndef ES_OBSERVE_LOG_H
#define ES_OBSERVE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include "include/extrasafe.h"

enum { ES_LOG_RECORDS = ES_DENIALS, ES_LOG_NONE = ES_LOG_RECORDS };

typedef struct {
    _Atomic uint64_t count; /* how often; 0: it is not complete */
    uint64_t key;           /* of the call with its arguments */
    uint64_t place;         /* of where the program is, and of what is said about the call */
    uint64_t subject;       /* of the place, and of the paths or the address */
    bool is_told;           /* its block is written */
    bool is_end;            /* it is written that no further blocks about the place are */
    es_denial denial;
} es_record;

typedef struct {
    _Atomic uint32_t taken; /* how many records: more than there are when some had no room */
    _Atomic uint64_t keys[ES_LOG_RECORDS];
    _Atomic uint32_t seen[ES_LOG_RECORDS]; /* how often a key was looked at closely */
    _Atomic bool is_full;                  /* and that is written */
    es_record records[ES_LOG_RECORDS];
} es_log;

/* Map a new one; NULL where there is no memory.  It lives as long as the process. */
es_log *es_log_new(void);
/* The last complete record of a key; ES_LOG_NONE where there is none. */
uint32_t es_log_find(es_log *log, uint64_t key);
/* The complete record of a key and a place, likewise. */
uint32_t es_log_find_place(es_log *log, uint64_t key, uint64_t place);
/* What there is of a place, by whatever calls. */
typedef struct {
    uint32_t records, told; /* how many, and how many with blocks */
    bool has_subject, ended;
} es_log_place;

es_log_place es_log_place_of(es_log *log, uint64_t place, uint64_t subject);
/* Take a record, to be completed by es_log_complete(); NULL when there is none left. */
es_record *es_log_take(es_log *log);
void es_log_complete(es_log *log, es_record *record);

#endif
