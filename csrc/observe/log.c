/* What was denied: see log.h. */
#include <stddef.h>
#include <sys/mman.h>

#include "observe/log.h"

es_log *es_log_new(void)
{
    void *memory = mmap(NULL, sizeof(es_log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static uint32_t taken(es_log *log)
{
    uint32_t count = atomic_load(&log->taken);
    return count < ES_LOG_RECORDS ? count : ES_LOG_RECORDS;
}

/* place may be NULL: whichever. */
static uint32_t find(es_log *log, uint64_t key, const uint64_t *place)
{
    for (uint32_t i = taken(log); i-- > 0;)
        if (atomic_load_explicit(&log->keys[i], memory_order_relaxed) == key &&
            atomic_load(&log->records[i].count) &&
            (!place || log->records[i].place == *place))
            return i;
    return ES_LOG_NONE;
}

uint32_t es_log_find(es_log *log, uint64_t key)
{
    return find(log, key, NULL);
}

uint32_t es_log_find_place(es_log *log, uint64_t key, uint64_t place)
{
    return find(log, key, &place);
}

es_log_place es_log_place_of(es_log *log, uint64_t place, uint64_t subject)
{
    es_log_place found = {0};

    for (uint32_t i = taken(log); i-- > 0;) {
        const es_record *it = &log->records[i];
        if (!atomic_load(&it->count) || it->place != place)
            continue;
        found.records++;
        found.told += it->is_told;
        found.has_subject = found.has_subject || it->subject == subject;
        found.ended = found.ended || it->is_end;
    }
    return found;
}

es_record *es_log_take(es_log *log)
{
    uint32_t index = atomic_load(&log->taken);

    /* The count must not come round to 0. */
    do {
        if (index >= ES_LOG_RECORDS)
            return NULL;
    } while (!atomic_compare_exchange_weak(&log->taken, &index, index + 1));
    return &log->records[index];
}

void es_log_complete(es_log *log, es_record *record)
{
    atomic_store(&log->keys[record - log->records], record->key);
    atomic_store(&record->count, 1);
}
