/* Rights of landlock(7): which calls use them, and how they are called. */
#ifndef ES_TABLE_RIGHTS_H
#define ES_TABLE_RIGHTS_H

#include <stdint.h>
#include "table/syscalls.h"

/* All rights on files, as the kernel numbers them and may yet do, and all on ports. */
enum { ES_ON_FILES = (1 << 24) - 1, ES_ON_PORTS = ES_RIGHT_CONNECT_TCP | ES_RIGHT_BIND_TCP };

enum {
    /* What can be granted on a file alone. */
    ES_ON_ONE_FILE = ES_RIGHT_EXECUTE | ES_RIGHT_WRITE_FILE | ES_RIGHT_READ_FILE |
                     ES_RIGHT_TRUNCATE | ES_RIGHT_IOCTL_DEV,
    /* What permissions grant in a directory, where a path names one. */
    ES_IN_DIRECTORIES = ES_RIGHT_REMOVE_DIR | ES_RIGHT_REMOVE_FILE | ES_RIGHT_MAKE_DIR |
                        ES_RIGHT_MAKE_REG
};

/* What a call can do, as calls_on_paths.def has it. */
uint32_t es_rights_of_call(const es_numbers *numbers, int32_t number);
/* The first ABI that has all of these rights. */
uint32_t es_abi_of_rights(uint32_t rights);

#endif
