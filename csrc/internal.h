/* What the files of the library share with each other, and with nobody else. */
#ifndef ES_INTERNAL_H
#define ES_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "include/extrasafe.h"
#include "base/kernel_abi.h"

/* ---- error.c ---- */

/* Fill error, if there is one, and return code.  Formats with stdio: not for es_commit(). */
__attribute__((format(printf, 5, 6))) int es_fail(es_error *error, int code, int errnum,
                                                  const char *operation, const char *format, ...);
/* The same with a fixed sentence and without stdio: safe in a signal handler. */
int es_fail_fixed(es_error *error, int code, int errnum, const char *operation,
                  const char *sentence);

static inline int es_fail_memory(es_error *error)
{
    es_fail_fixed(error, ES_ERR_NO_MEMORY, ENOMEM, NULL, "not enough memory");
    return ES_ERR_NO_MEMORY;
}

static inline int es_fail_argument(es_error *error, const char *sentence)
{
    es_fail_fixed(error, ES_ERR_ARGUMENT, 0, NULL, sentence);
    return ES_ERR_ARGUMENT;
}

/* ---- syscalls.c ---- */

enum {
#define SYSCALL(name, number, widths) ES_SYS_##name,
#include "table/syscalls.def"
#undef SYSCALL
    ES_SYSCALL_COUNT
};

/* No architecture has a call of this name, as far as libseccomp knows. */
enum { ES_NO_SUCH_NAME = -1 };

/* The calls of syscalls.def on one architecture, both ways round. */
enum { ES_NUMBER_LIMIT = 512 };
typedef struct {
    int32_t number[ES_SYSCALL_COUNT]; /* negative where the architecture has no such call */
    int16_t index[ES_NUMBER_LIMIT];   /* an ES_SYS_*, or -1 for a number that is not listed */
} es_numbers;

void es_numbers_fill(uint32_t arch, es_numbers *numbers);
/* The ES_WIDTH_* of each argument of a call; all unknown for a number that is not listed. */
void es_numbers_widths(const es_numbers *numbers, int32_t number, uint8_t widths[6]);
const char *es_listed_name(unsigned index);
bool es_arch_supported(uint32_t arch);

/* ---- comparison.c ---- */

/* The readings of an argument, each told by its largest value: two for an unknown width, where a
 * comparison must hold for both.  Returns how many. */
unsigned es_readings(unsigned width, uint64_t largest[2]);
/* The comparison as one reading makes it: nothing negative, the given descriptor filled in. */
es_test es_test_at(const es_test *test, uint64_t largest, uint32_t given);
bool es_test_holds(const es_test *test, unsigned width, uint64_t value, uint32_t given,
                   uint32_t own_pid);
/* Does it hold for every value? */
bool es_test_always(const es_test *test, unsigned width);
/* es_test_check() for a call whose widths are known. */
int es_test_check_width(uint32_t arch, int32_t number, const es_test *test, unsigned width,
                        es_error *error);

/* ---- rulesets.c ---- */

/* The call of a row, as ES_SYS_*. */
unsigned es_row_syscall(uint32_t row);
/* The call that an ES_ROW_ENOSYS makes libcs fall back to. */
unsigned es_row_older_syscall(uint32_t row);
/* Moves *row on to the next row of the permission, itself included; false when there is none. */
bool es_row_of(uint32_t permission, uint32_t *row);
/* The same for the next ES_ROW_ENOSYS. */
bool es_row_absent(uint32_t *row);

/* ---- policy.c ---- */

enum { ES_NONE = -1 };

/* One way in which a call is allowed. */
typedef struct {
    const es_test *tests; /* the table's; or, where row is ES_NONE, the policy's own */
    uint32_t test_count;  /* 0: whatever the arguments are */
    uint32_t given;
    uint32_t action;
    int32_t permission; /* what was granted: ES_NONE for es_policy_allow() */
    int32_t row;        /* and the row that granted it: ES_NONE likewise */
    int32_t next;       /* the next alternative of the same call, or ES_NONE */
} es_alternative;

/* All that a policy says about one number. */
typedef struct {
    int32_t number;
    int32_t first, last; /* alternatives; ES_NONE: the call is refused */
    int32_t always;      /* the first alternative without a test, or ES_NONE */
    bool enosys;         /* when refused altogether, it does not exist */
    uint8_t widths[6];
} es_policy_call;

struct es_policy {
    uint32_t arch;
    es_numbers numbers;
    es_arena arena;                 /* of all that follows */
    ES_ARRAY(es_policy_call) calls; /* in the order of their numbers */
    ES_ARRAY(es_alternative) alternatives;
};

/* What the policy says about a number; NULL: nothing. */
const es_policy_call *es_policy_find(const es_policy *policy, int32_t number);
/* Where x32's numbers begin and end on this architecture; an empty span where it has none. */
void es_foreign_numbers(uint32_t arch, uint32_t *begin, uint32_t *end);
/* What becomes of a number that no alternative accepts.  call may be NULL: not in the policy. */
uint32_t es_refusal(int32_t number, const es_policy_call *call);
/* The rule set with most alternatives, for a sentence about length. */
const char *es_policy_largest(const es_policy *policy, uint32_t *count);

/* ---- program.c ---- */

struct es_program {
    uint32_t arch;
    uint32_t length;
    es_instruction *instructions;
    uint32_t pid_count;
    uint32_t *pid_at; /* the JEQ instructions that compare with the own process id */
};

/* Verify and wrap.  Takes over both arrays (pid_at may be NULL), also on failure. */
int es_program_make(uint32_t arch, es_instruction *instructions, uint32_t length, uint32_t *pid_at,
                    uint32_t pid_count, es_program **program, es_error *error);

#endif
