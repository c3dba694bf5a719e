/* What was seen while learning: see seen.h. */
#include <stddef.h>
#include <sys/mman.h>

#include "observe/seen.h"

es_seen_log *es_seen_new(void)
{
    /* What is not used takes no memory. */
    void *memory = mmap(NULL, sizeof(es_seen_log), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
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
