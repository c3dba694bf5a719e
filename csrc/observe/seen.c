/* What was seen while learning: see seen.h. */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/give.h"
#include "observe/seen.h"

/* A handler can know only by a static variable where it notes. */
static es_seen_log *the_log;

es_seen_log *es_seen_get(void)
{
    void *memory;

    if (the_log)
        return the_log;
    /* What is not used takes no memory. */
    memory = mmap(NULL, sizeof(es_seen_log), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    the_log = memory == MAP_FAILED ? NULL : memory;
    return the_log;
}

void es_seen_clear(es_seen_log *log)
{
    madvise((char *)log + ES_SEEN_PAGE, sizeof *log - ES_SEEN_PAGE, MADV_REMOVE);
}

es_seen *es_seen_find(es_seen_log *log, uint64_t key, bool *is_new)
{
    uint32_t at = (uint32_t)(key % ES_SEEN_PLACES);

    *is_new = false;
    for (uint32_t tries = 0; tries < ES_SEEN_PLACES; tries++, at = (at + 1) % ES_SEEN_PLACES) {
        uint64_t found = atomic_load_explicit(&log->keys[at], memory_order_relaxed);
        if (!found && atomic_load(&log->taken) >= ES_SEEN_RECORDS)
            return NULL;
        if (!found && atomic_compare_exchange_strong(&log->keys[at], &found, key)) {
            atomic_fetch_add(&log->taken, 1);
            *is_new = true;
            return &log->records[at];
        }
        if (found == key)
            return &log->records[at];
    }
    return NULL;
}

void es_seen_complete(es_seen_log *log, es_seen *record)
{
    atomic_store(&record->order, atomic_fetch_add(&log->ordered, 1) + 1);
}

void es_seen_fail(es_seen *record, int32_t errnum)
{
    atomic_fetch_add(&record->failed, 1);
    atomic_store(&record->errnum, errnum);
}

int es_observation_get(uint32_t index, es_observation *observation, size_t size)
{
    es_observation found;
    const es_seen *record;

    /* A look at a record takes memory for it, and there are 8,192 places. */
    if (!observation || !the_log || index >= ES_SEEN_PLACES ||
        !atomic_load(&the_log->keys[index]) || !atomic_load(&the_log->records[index].order))
        return ES_ERR_ARGUMENT;
    record = &the_log->records[index];
    memcpy(&found, &record->it, sizeof found);
    found.order = atomic_load(&record->order);
    found.count = atomic_load(&record->count);
    found.failed = atomic_load(&record->failed);
    found.errnum = atomic_load(&record->errnum);
    return es_give(observation, size, &found, sizeof found);
}

uint64_t es_observations_missed(void)
{
    return the_log ? atomic_load(&the_log->missed) : 0;
}
