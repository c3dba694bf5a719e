/* What is noted of a call while learning.  Usable in a handler of SIGSYS, but for the first. */
#ifndef ES_OBSERVE_FACTS_H
#define ES_OBSERVE_FACTS_H

#include <stdbool.h>
#include <sys/stat.h>
#include "include/extrasafe.h"
#include "observe/room.h"

/* Find out which arguments the table compares. */
void es_facts_start(void);

/* What tells a call from others, besides its arguments. */
typedef struct {
    uint64_t key;         /* of all that is told apart; not 0 */
    uint64_t kind;        /* of that without paths and addresses */
    uint32_t compared;    /* as in es_observation, and so all that follows */
    uint32_t descriptor, is;
    uint32_t created;
    uint32_t paths; /* bit n: argument n is a path that landlock(7) judges */
} es_facts;

es_facts es_facts_of(const es_call *call);

/* What a descriptor is, as ES_IS_*. */
uint32_t es_descriptor_kind(int32_t descriptor);
/* stat(2) of what a path argument leads to: 0, or a negative errno.  flags as for fstatat(2). */
int64_t es_stat_path(const es_call *call, unsigned path, int flags, struct stat *found);

/* Fill in an observation, but for counts and order.  The caller has the room, where the stack
 * is. */
void es_facts_fill(const es_call *call, const es_facts *facts, es_observation *observation);

#endif
