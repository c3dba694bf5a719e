/* A denial in words.  Everything here runs in a signal handler, and makes raw system calls only. */
#ifndef ES_OBSERVE_EXPLAIN_H
#define ES_OBSERVE_EXPLAIN_H

#include "include/extrasafe.h"
#include "observe/log.h"
#include "observe/room.h"

/* A policy whose denials are explained. */
typedef struct {
    es_policy *policy;
    es_candidates *candidates;
    uint32_t own_pid; /* which its filter knows */
    uint32_t python_files; /* the permission that lets Python import */
    int descriptor;
    bool is_known; /* what file the descriptor was, which is this one: */
    uint64_t device, inode;
} es_explained;

/* Note what file the descriptor is.  One that is closed is no place to write to: whatever gets its
 * number later is something else. */
void es_note_descriptor(es_explained *by);

/* Did landlock(7) refuse a call, as far as its places are known?  errnum is what the call returned.
 * The policy whose limits those are, or NULL. */
const es_explained *es_limited_by(const es_explained *first, uint32_t count, const es_call *call,
                                  int errnum);
/* The policy that refuses a call by its filter: the newest that does, or NULL. */
const es_explained *es_refused_by(const es_explained *first, uint32_t count, const es_call *call);

/* Tell of a denial, or count it.  The record it has, or ES_LOG_NONE. */
uint32_t es_explain(es_log *log, const es_explained *by, const es_call *call, int errnum,
                    es_stack_writer *write_stack, void *context);

#endif
