/* Paths as they are written: nothing is looked up.  Neither stdio nor allocation: safe in a signal
 * handler. */
#ifndef ES_BASE_PATH_H
#define ES_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* A path, of so many bytes; text NULL: not known. */
typedef struct {
    const char *text;
    size_t length;
} es_place;

es_place es_place_of(const char *path);
/* What follows is for places as es_path_join() writes them.  The directory that it is in; the root
 * is in itself. */
es_place es_place_parent(es_place place);
bool es_place_is_root(es_place place);
bool es_same_place(es_place one, es_place other);

/* Is a place, written as es_path_join() does, the one that was granted, however that is written, or
 * beneath it? */
bool es_place_is_in(es_place place, es_place granted);

#endif
