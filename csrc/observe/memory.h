/* Memory that a call points to, read without a crash where there is none.  Raw system calls only;
 * another thread that unmaps it meanwhile ends the process, as it does for itself. */
#ifndef ES_OBSERVE_MEMORY_H
#define ES_OBSERVE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copy so many bytes; false where they cannot be read. */
bool es_memory_copy(uint64_t address, void *place, size_t size);
/* Copy a string, as far as there is room for it, with a 0; false where it cannot be read. */
bool es_memory_string(uint64_t address, char *place, size_t size);
/* Mix a string into a hash; where it cannot be read, its address. */
uint64_t es_memory_hash(uint64_t address, uint64_t hash);
/* Mix one number into a hash. */
static inline uint64_t es_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

#endif
