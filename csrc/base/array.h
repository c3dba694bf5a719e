/* Memory, and what grows in it. */
#ifndef ES_ARRAY_H
#define ES_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- arena.c ---- */

typedef struct es_block es_block;

/* Memory that is taken piece by piece and given back at once; all zero at first.  A piece costs
 * next to nothing, and pieces lie close together, so that few pages are touched. */
typedef struct {
    es_block *last;
    char *next;
    size_t left;
} es_arena;

/* At least one byte; NULL when there is no memory. */
void *es_arena_take(es_arena *arena, size_t size);
/* A larger piece in place of one (or of NULL), with what the first bytes of it were; the old one is
 * lost, unless NULL is returned. */
void *es_arena_grow(es_arena *arena, void *piece, size_t used, size_t size);
void es_arena_free(es_arena *arena);

/* ---- Arrays ---- */

/* In place of an index. */
enum { ES_NONE = -1 };

/* A growing array in an arena: all zero at first. */
#define ES_ARRAY(type)                                                                             \
    struct {                                                                                       \
        type *items;                                                                               \
        uint32_t count, capacity;                                                                  \
    }

/* items_field is the address of the member, whatever it points to. */
static inline bool es_array_grow(es_arena *arena, void *items_field, uint32_t count,
                                 uint32_t *capacity, size_t size, uint32_t wanted)
{
    uint32_t larger = 32;
    void *items;

    while (larger < wanted && larger <= INT32_MAX / 2)
        larger *= 2;
    if (larger < wanted)
        return false;
    memcpy(&items, items_field, sizeof items);
    items = es_arena_grow(arena, items, count * size, larger * size);
    if (!items)
        return false;
    memcpy(items_field, &items, sizeof items);
    *capacity = larger;
    return true;
}

/* Room for so many items in all; false, and nothing changed, when there is no memory. */
#define ES_ARRAY_RESERVE(arena, array, wanted)                                                     \
    ((wanted) <= (array)->capacity ||                                                              \
     es_array_grow(arena, &(array)->items, (array)->count, &(array)->capacity,                     \
                   sizeof *(array)->items, wanted))

/* The same for one more. */
#define ES_ARRAY_ROOM(arena, array) ES_ARRAY_RESERVE(arena, array, (array)->count + 1)

#endif
