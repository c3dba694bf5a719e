/* Who allows something, and how messages call them. */
#ifndef ES_POLICY_ORIGIN_H
#define ES_POLICY_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* Is a permission told a path, whoever has looked it up? */
static inline bool es_is_path(const es_argument *argument)
{
    return argument->kind == ES_TAKES_PATH || argument->kind == ES_TAKES_FILES;
}

/* permission ES_NONE: a rule.  given: what the permission was told, whatever its kind says. */
es_origin es_origin_of(int32_t permission, bool conditional, const es_argument *given);

/* "SystemIO.allow_file_read of descriptor 5" */
typedef struct {
    char text[256];
} es_origin_name;

es_origin_name es_name_origin(const es_origin *origin);

#endif
