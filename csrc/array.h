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
static inline bool es_array_grow(void *items_field, uint32_t *capacity, size_t size,
                                 uint32_t wanted)
{
    uint32_t larger = 64;
    void *items;

    while (larger < wanted && larger <= INT32_MAX / 2)
        larger *= 2;
    if (larger < wanted)
        return false;
    memcpy(&items, items_field, sizeof items);
    items = realloc(items, larger * size);
    if (!items)
        return false;
    memcpy(items_field, &items, sizeof items);
    *capacity = larger;
    return true;
}

/* Room for so many items in all; false, and nothing changed, when there is no memory. */
#define ES_ARRAY_RESERVE(array, wanted)                                                            \
    ((wanted) <= (array)->capacity ||                                                              \
     es_array_grow(&(array)->items, &(array)->capacity, sizeof *(array)->items, wanted))

/* The same for one more. */
#define ES_ARRAY_ROOM(array) ES_ARRAY_RESERVE(array, (array)->count + 1)

#endif
