/* The table of permissions, as the policy walks it. */
#ifndef ES_TABLE_RULESETS_H
#define ES_TABLE_RULESETS_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* The call of a row, as ES_SYS_*. */
unsigned es_row_syscall(uint32_t row);
/* The call that an ES_ROW_ENOSYS makes libcs fall back to. */
unsigned es_row_older_syscall(uint32_t row);
/* Moves *row on to the next row of the permission, itself included; false when there is none. */
bool es_row_of(uint32_t permission, uint32_t *row);
/* The same for the next row that is of no permission: ES_ROW_ENOSYS, ES_ROW_ERRNO. */
bool es_row_of_none(uint32_t *row);
/* es_row_get() for an index that exists. */
es_row_info es_row(uint32_t row);

#endif
