/* How a struct of the library is given to a caller, who may know a shorter one, or a longer one. */
#ifndef ES_BASE_GIVE_H
#define ES_BASE_GIVE_H

#include <stddef.h>
#include <string.h>
#include "include/extrasafe.h"

/* Fill in the first size bytes of place.  ES_ERR_ARGUMENT where there is no place. */
static inline int es_give(void *place, size_t size, const void *info, size_t info_size)
{
    if (!place)
        return ES_ERR_ARGUMENT;
    memcpy(place, info, size < info_size ? size : info_size);
    return ES_OK;
}

#endif
