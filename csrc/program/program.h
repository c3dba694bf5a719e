/* A compiled filter, as its makers see it. */
#ifndef ES_PROGRAM_PROGRAM_H
#define ES_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include "include/extrasafe.h"

/* What sets an instruction apart from what its fields say. */
enum {
    ES_PLAIN,
    ES_COMPARES_OWN_PID, /* a JEQ with the own process id, which is filled in */
    ES_LEADS_TO_ANSWERS, /* a jump that is taken for questions and what lies above them */
    ES_RETURNS_LAYER,    /* an answer that is filled in */
    ES_RETURNS_DIGEST    /* this and the three above it likewise, for the parts of a digest */
};

typedef struct {
    uint32_t at;   /* which instruction */
    uint32_t role; /* one of these, not ES_PLAIN */
} es_special;

struct es_program {
    uint32_t arch;
    uint32_t length;
    es_instruction *instructions;
    uint32_t special_count;
    es_special *special;
};

/* The role of an instruction. */
uint32_t es_role(const es_program *program, uint32_t at);
/* Does any instruction have this role? */
bool es_has_role(const es_program *program, uint32_t role);

/* Fill in what is known when a program is loaded.  Usable in a signal handler. */
void es_program_fill(es_program *program, uint32_t own_pid, uint32_t layer, uint64_t digest);

/* Verify and wrap.  Takes over both arrays (special may be NULL), also on failure. */
int es_program_make(uint32_t arch, es_instruction *instructions, uint32_t length,
                    es_special *special, uint32_t special_count, es_program **program,
                    es_error *error);

#endif
