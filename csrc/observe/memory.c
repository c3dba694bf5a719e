/* Memory that a call points to: see memory.h. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/kernel_action.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/watched.h"

/* Pages are at least as large; what is asked for at once never reaches over the end of one. */
enum { PAGE = 4096, PROBE = sizeof(es_action), ALIGNMENT = 32, LONGEST = 4096 };
_Static_assert(PROBE <= ALIGNMENT, "a probe does not reach over the end of a page");

/* Can the page be read that an address is in?  rt_sigaction(2) reads the action before it looks at
 * the number of the signal, and there is no signal 0. */
static bool is_readable(uint64_t address)
{
    uint64_t probed = address / ALIGNMENT * ALIGNMENT;
    /* NULL is no action, which is not read. */
    return probed && ES_RAW(SYS_rt_sigaction, 0, probed, 0, sizeof(uint64_t)) != -EFAULT;
}

/* How many bytes there are from an address on to the end of its page. */
static size_t left_of_page(uint64_t address)
{
    return PAGE - (size_t)(address % PAGE);
}

/* Memory from an address on, so much of it or to the end of its page, and how much that is; NULL
 * where it cannot be read. */
static const char *window(uint64_t address, size_t wanted, size_t *length)
{
    static char copied[PAGE]; /* only a supervisor needs it, which is one thread */

    *length = left_of_page(address) < wanted ? left_of_page(address) : wanted;
    if (es_is_watching())
        return es_watched_read(address, copied, *length) ? copied : NULL;
    return is_readable(address) ? (const char *)(uintptr_t)address : NULL;
}

bool es_memory_copy(uint64_t address, void *place, size_t size)
{
    char *at = place;

    while (size) {
        size_t part;
        const char *found = window(address, size, &part);
        if (!found)
            return false;
        memcpy(at, found, part);
        at += part;
        address += part;
        size -= part;
    }
    return true;
}

bool es_memory_string(uint64_t address, char *place, size_t size)
{
    size_t length = 0;

    while (length < size - 1) {
        size_t part;
        const char *found = window(address + length, size - 1 - length, &part);
        if (!found)
            return false;
        for (; part--; length++) {
            place[length] = *found++;
            if (!place[length])
                return true;
        }
    }
    place[length] = 0;
    return true;
}

uint64_t es_memory_hash(uint64_t address, uint64_t hash)
{
    for (size_t length = 0; length < LONGEST;) {
        size_t part;
        const char *found = window(address + length, LONGEST, &part);
        if (!found)
            return es_mix(hash, address);
        for (; part--; length++, found++) {
            if (!*found)
                return hash;
            hash = (hash ^ (unsigned char)*found) * 0x100000001b3u;
        }
    }
    return hash;
}
