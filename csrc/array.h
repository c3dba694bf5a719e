/* A growing array: a struct with the members items, count and capacity, all zero at first. */
#ifndef ES_ARRAY_H
#define ES_ARRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ES_ARRAY(type)                                                                             \
    struct {                                                                                       \
        type *items;                                                                               \
        uint32_t count, capacity;                                                                  \
    }

/* items_field is the address of the member, whatever it points to. */
static inline bool es_array_grow(void *items_field, uint32_t *capacity, size_t size)
{
    uint32_t wanted = *capacity ? *capacity * 2 : 64;
    void *items;

    if (wanted > INT32_MAX)
        return false;
    memcpy(&items, items_field, sizeof items);
    items = realloc(items, wanted * size);
    if (!items)
        return false;
    memcpy(items_field, &items, sizeof items);
    *capacity = wanted;
    return true;
}

/* Room for one more item; false, and nothing changed, when there is no memory. */
#define ES_ARRAY_ROOM(array)                                                                       \
    ((array)->count < (array)->capacity ||                                                         \
     es_array_grow(&(array)->items, &(array)->capacity, sizeof *(array)->items))

#endif
