/* The version, which the Makefile tells. */
#include "include/extrasafe.h"

const char *es_version(void)
{
    return ES_VERSION;
}
