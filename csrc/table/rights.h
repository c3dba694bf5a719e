/* Rights of landlock(7): which calls use them, and how they are called. */
#ifndef ES_TABLE_RIGHTS_H
#define ES_TABLE_RIGHTS_H

#include <stdint.h>
#include "table/syscalls.h"

/* All rights on files, as the kernel numbers them and may yet do, and all on ports. */
enum { ES_ON_FILES = (1 << 24) - 1, ES_ON_PORTS = ES_RIGHT_CONNECT_TCP | ES_RIGHT_BIND_TCP };

/* What a call can do, as calls_on_paths.def has it. */
uint32_t es_rights_of_call(const es_numbers *numbers, int32_t number);
/* The first ABI that has all of these rights. */
uint32_t es_abi_of_rights(uint32_t rights);

#endif
