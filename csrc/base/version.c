/* The version, which the Makefile tells. */
#include "internal.h"

const char *es_version(void)
{
    return ES_VERSION;
}
