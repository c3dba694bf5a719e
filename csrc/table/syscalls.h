/* Names, numbers and argument widths of system calls. */
#ifndef ES_TABLE_SYSCALLS_H
#define ES_TABLE_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "include/extrasafe.h"

enum {
#define SYSCALL(name, number, arguments) ES_SYS_##name,
#include "table/syscalls.def"
#undef SYSCALL
    ES_SYSCALL_COUNT
};

/* What stands in the column of numbers, if not a number that is the same everywhere. */
enum {
    ES_ASK = -1,          /* libseccomp tells it */
    ES_X86_64 = 1 << 16,  /* added to the number of a call that only this architecture has */
    ES_RISCV64 = 2 << 16, /* likewise */
    ES_NUMBER = 0xffff    /* the number itself */
};

/* What es_syscall_number() says where there is no number: no architecture has a call of this name,
 * as far as libseccomp knows; or only another one has it. */
enum { ES_NO_SUCH_NAME = -1, ES_ELSEWHERE = -2 };

/* The calls of syscalls.def on one architecture, both ways round. */
enum { ES_NUMBER_LIMIT = 512 };
typedef struct {
    uint32_t arch;
    int32_t number[ES_SYSCALL_COUNT]; /* negative where the architecture has no such call */
    int16_t index[ES_NUMBER_LIMIT];   /* an ES_SYS_*, or -1 for a number that is not listed */
} es_numbers;

void es_numbers_fill(uint32_t arch, es_numbers *numbers);
/* The ES_WIDTH_* of each argument of a call; all unknown for a number that is not listed. */
void es_numbers_widths(const es_numbers *numbers, int32_t number, uint8_t widths[6]);
/* Bit n: argument n of a call is the name of a file. */
unsigned es_numbers_paths(const es_numbers *numbers, int32_t number);
/* Which ES_SYS_* a number is; ES_SYSCALL_COUNT for one that is not listed.  This and what follows
 * allocates for other architectures than the native one only. */
unsigned es_listed_index(uint32_t arch, int32_t number);
/* The name of a listed call; NULL for a number that is not listed. */
const char *es_listed_call(uint32_t arch, int32_t number);
/* The arguments of a call as syscalls.def has them for this architecture, up to a | or the end;
 * NULL for a number that is not listed. */
const char *es_syscall_arguments(uint32_t arch, int32_t number);
/* One of them; false where there are not so many, or arguments is NULL.  Neither name nor words end
 * with a 0. */
typedef struct {
    const char *name, *words; /* words: of length 0 where it has none */
    size_t name_length, words_length;
    uint8_t width; /* an ES_WIDTH_* */
} es_listed_argument;

bool es_listed_argument_of(const char *arguments, unsigned argument, es_listed_argument *found);
/* Is it the name of a file? */
bool es_names_file(const es_listed_argument *argument);
const char *es_listed_name(unsigned index);
bool es_arch_supported(uint32_t arch);

#endif
