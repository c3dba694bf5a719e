/* Memory that is taken piece by piece and given back at once. */
#include "base/array.h"

/* An ordinary filter is made in one block. */
#ifndef ES_BLOCK_SIZE
#define ES_BLOCK_SIZE (32 * 1024)
#endif

enum { ALIGNMENT = 16 };

/* The pieces follow this. */
struct es_block {
    _Alignas(ALIGNMENT) es_block *before;
    bool is_one_piece;
};

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *es_arena_take(es_arena *arena, size_t size)
{
    size_t rounded = round_up(size);
    char *taken;

    if (rounded > arena->left) {
        /* Then it can grow where it is, and leaves no room unused when it does. */
        bool is_large = rounded > ES_BLOCK_SIZE / 8;
        size_t room = is_large ? rounded : ES_BLOCK_SIZE;
        es_block *block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        block->before = arena->last;
        block->is_one_piece = is_large;
        arena->last = block;
        if (is_large)
            return block + 1;
        arena->next = (char *)(block + 1);
        arena->left = room;
    }
    taken = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    return taken;
}

/* Where the block that is nothing but this piece is linked, or NULL. */
static es_block **find_own_block(es_arena *arena, const void *piece)
{
    for (es_block **at = &arena->last; *at; at = &(*at)->before)
        if ((*at)->is_one_piece && *at + 1 == piece)
            return at;
    return NULL;
}

void *es_arena_grow(es_arena *arena, void *piece, size_t used, size_t size)
{
    es_block **own = piece ? find_own_block(arena, piece) : NULL;
    void *larger;

    if (own) {
        es_block *block = realloc(*own, sizeof *block + round_up(size));
        if (!block)
            return NULL;
        *own = block;
        return block + 1;
    }
    larger = es_arena_take(arena, size);
    if (larger && used)
        memcpy(larger, piece, used);
    return larger;
}

void es_arena_free(es_arena *arena)
{
    while (arena->last) {
        es_block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}
