/* A compiled filter, as its makers see it. */
#ifndef ES_PROGRAM_PROGRAM_H
#define ES_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

struct es_program {
    uint32_t arch;
    uint32_t length;
    es_instruction *instructions;
    uint32_t pid_count;
    uint32_t *pid_at; /* the JEQ instructions that compare with the own process id */
};

/* Is this a JEQ that compares with the own process id? */
bool es_compares_with_pid(const es_program *program, uint32_t at);

/* Verify and wrap.  Takes over both arrays (pid_at may be NULL), also on failure. */
int es_program_make(uint32_t arch, es_instruction *instructions, uint32_t length, uint32_t *pid_at,
                    uint32_t pid_count, es_program **program, es_error *error);

#endif
