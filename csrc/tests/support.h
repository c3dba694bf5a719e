/* What the tests share: comparisons, policies and calls made in one line. */
#ifndef ES_TESTS_SUPPORT_H
#define ES_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka 2 deprecates assert_in_range, and cmocka 1 has nothing else. */
#define CMOCKA_DISABLE_DEPRECATION_WARNINGS
/* cmocka.h wants the headers above before itself. */
#include <cmocka.h>

#include "extrasafe.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* All architectures that filters can be made for. */
enum { ARCHITECTURES = 3 };
extern const uint32_t architectures[ARCHITECTURES];

/* The audit number of an architecture that is none of ours: i386, as int 0x80 calls it. */
#define FOREIGN_ARCH 0x40000003u

/* A number that no kernel has, above the baseline; its arguments are of unknown width. */
enum { UNLISTED = 1000 };

#define DENIED(errnum) (ES_ACTION_ERRNO | (uint32_t)(errnum))

static inline es_comparison comparison(unsigned argument, es_operator op, uint64_t datum)
{
    return (es_comparison){(uint8_t)argument, (uint8_t)op, ES_DATUM_CONSTANT, 0, 0, datum};
}

static inline es_comparison negative_comparison(unsigned argument, es_operator op, int64_t datum)
{
    return (es_comparison){(uint8_t)argument, (uint8_t)op, ES_DATUM_CONSTANT,
                           ES_NEGATIVE_DATUM, 0,           (uint64_t)datum};
}

static inline es_comparison masked_comparison(unsigned argument, uint64_t mask, uint64_t datum)
{
    return (es_comparison){(uint8_t)argument, ES_MASKED_EQUAL, ES_DATUM_CONSTANT, 0, mask, datum};
}

/* Each of these fails the test when the library refuses.  What they return belongs to the
 * caller. */
es_policy *new_policy(uint32_t arch);
void permit(es_policy *policy, const char *ruleset, const char *permission);
void permit_fd(es_policy *policy, const char *ruleset, const char *permission, int64_t descriptor);
void allow(es_policy *policy, int32_t number, const es_comparison *comparisons, uint32_t count);
/* The same, and the condition is no promise. */
void allow_uniting(es_policy *policy, int32_t number, const es_comparison *comparisons,
                   uint32_t count);
void allow_if(es_policy *policy, int32_t number, es_comparison only);
es_program *compile(const es_policy *policy);

/* es_policy_permit() for permissions that take a descriptor or nothing. */
enum { NO_DESCRIPTOR = -1 };
int try_permit(es_policy *policy, uint32_t permission, int64_t descriptor, es_error *error);
/* For those that take a path or a port.  A path may be a text that is gone afterwards. */
int try_permit_path(es_policy *policy, uint32_t permission, const char *path, es_error *error);
int try_permit_port(es_policy *policy, uint32_t permission, int32_t port, es_error *error);
void permit_path(es_policy *policy, const char *ruleset, const char *permission, const char *path);
void permit_port(es_policy *policy, const char *ruleset, const char *permission, int32_t port);

/* Something that a permission can be told, for tests that go through all of them: the descriptor,
 * a path, a port.  not told: nothing, where it may be told nothing. */
es_argument something(uint32_t permission, int32_t descriptor, bool told);

/* es_row_accepts() for a row that may want a descriptor. */
int accepts(uint32_t row, const es_call *call, int32_t descriptor, uint32_t own_pid);

/* Options that load for every thread. */
extern const es_options all_threads;

/* The index of a public permission. */
uint32_t permission_of(const char *ruleset, const char *permission);
/* The number of a call that the architecture has. */
int32_t number_of(uint32_t arch, const char *name);

/* A call whose first arguments are these, and the others 0. */
es_call call_of(uint32_t arch, int32_t number, uint64_t first, uint64_t second, uint64_t third);
/* What a program does with a call, for no process in particular. */
es_run run_of(const es_program *program, const es_call *call);

/* Does the error say what is expected, with this in its message? */
void assert_error(const es_error *error, int code, const char *part);

#endif
