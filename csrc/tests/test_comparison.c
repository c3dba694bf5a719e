/*
 * What comparisons mean at each width, and which can be made. The expected values are worked out by
 * hand: comparisons are unsigned, on the bits that the kernel reads; a negative datum is its two's
 * complement at that width; where the width is not known, or depends on another argument, a
 * comparison must hold for the low 32 bits and for all 64.
 */
#include "support.h"

#include <errno.h>
#include <string.h>

/* An argument of each width, of calls that x86_64 has. */
typedef struct {
    const char *name; /* NULL: UNLISTED, which nobody knows */
    unsigned argument;
} place;

static const place narrow = {"openat", 3};  /* mode: 16 bits */
static const place word = {"openat", 0};    /* dirfd: 32 bits */
static const place wide = {"lseek", 1};     /* offset: 64 bits */
static const place pointer = {"openat", 1}; /* path */
static const place unknown = {NULL, 2};
static const place varying = {"fcntl", 2}; /* arg: 32 bits or 64 */
static const place unread = {"preadv", 4}; /* pos_h */

static int32_t number_at(const place *at)
{
    return at->name ? number_of(ES_ARCH_X86_64, at->name) : UNLISTED;
}

/* ---- Meaning ---- */

typedef struct {
    const place *at;
    es_comparison comparison; /* of argument 0, which is replaced by that of the place */
    uint64_t value;
    bool holds;
} meaning;

#define ORDERED(at, op, datum, value, holds) {at, {0, op, 0, 0, 0, datum}, value, holds}
#define NEGATIVE(at, op, datum, value, holds)                                                      \
    {at, {0, op, 0, ES_NEGATIVE_DATUM, 0, (uint64_t)(int64_t)(datum)}, value, holds}
#define MASKED(at, mask, datum, value, holds)                                                      \
    {at, {0, ES_MASKED_EQUAL, 0, 0, mask, datum}, value, holds}
#define BOTH_NEGATIVE(at, mask, datum, value, holds)                                               \
    {at,                                                                                           \
     {0, ES_MASKED_EQUAL, 0, ES_NEGATIVE_DATUM | ES_NEGATIVE_MASK, (uint64_t)(int64_t)(mask),      \
      (uint64_t)(int64_t)(datum)},                                                                 \
     value,                                                                                        \
     holds}

/* The decision of a policy with this one rule, and of its program, which must be the same. */
static bool is_allowed(const meaning *given)
{
    es_policy *policy = new_policy(ES_ARCH_X86_64);
    es_comparison made = given->comparison;
    es_call call = {number_at(given->at), ES_ARCH_X86_64, 0, {0}};
    es_program *program;
    uint32_t decision;

    made.argument = (uint8_t)given->at->argument;
    call.args[given->at->argument] = given->value;
    allow_if(policy, call.nr, made);
    program = compile(policy);
    decision = es_policy_decide(policy, &call, 0);
    assert_int_equal(run_of(program, &call).action, decision);
    assert_true(decision == ES_ACTION_ALLOW || decision == DENIED(EPERM));
    es_program_free(program);
    es_policy_free(policy);
    return decision == ES_ACTION_ALLOW;
}

static void check(const meaning *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_allowed(&cases[i]) != cases[i].holds)
            fail_msg("case %zu: value %llx of %s", i, (unsigned long long)cases[i].value,
                     cases[i].at->name ? cases[i].at->name : "an unlisted call");
}

static void test_32_bits(void **state)
{
    static const meaning cases[] = {
        ORDERED(&word, ES_LESS, 5, 4, true),
        ORDERED(&word, ES_LESS, 5, 5, false),
        ORDERED(&word, ES_LESS, 5, 0xffffffff, false),
        ORDERED(&word, ES_LESS, 5, 0x100000004, true), /* the upper half is not read */
        ORDERED(&word, ES_LESS, 5, 0xffffffff00000005, false),
        ORDERED(&word, ES_LESS, 0, 0, false),
        ORDERED(&word, ES_LESS, 0xffffffff, 0xfffffffe, true),
        ORDERED(&word, ES_LESS, 0xffffffff, 0xffffffff, false),
        ORDERED(&word, ES_LESS_OR_EQUAL, 5, 5, true),
        ORDERED(&word, ES_LESS_OR_EQUAL, 5, 6, false),
        ORDERED(&word, ES_LESS_OR_EQUAL, 0, 0, true),
        ORDERED(&word, ES_LESS_OR_EQUAL, 0, 1, false),
        ORDERED(&word, ES_EQUAL, 5, 5, true),
        ORDERED(&word, ES_EQUAL, 5, 0x100000005, true),
        ORDERED(&word, ES_EQUAL, 5, 4, false),
        ORDERED(&word, ES_EQUAL, 5, 0x500000000, false),
        ORDERED(&word, ES_NOT_EQUAL, 1, 1, false),
        ORDERED(&word, ES_NOT_EQUAL, 1, 0x100000001, false), /* would be a hole at 64 bits */
        ORDERED(&word, ES_NOT_EQUAL, 1, 0x100000000, true),
        ORDERED(&word, ES_NOT_EQUAL, 0, 0, false),
        ORDERED(&word, ES_NOT_EQUAL, 0xffffffff, 0xffffffff, false),
        ORDERED(&word, ES_NOT_EQUAL, 0xffffffff, 0, true),
        ORDERED(&word, ES_GREATER_EQUAL, 3, 3, true),
        ORDERED(&word, ES_GREATER_EQUAL, 3, 2, false),
        ORDERED(&word, ES_GREATER_EQUAL, 3, 0x100000002, false),
        ORDERED(&word, ES_GREATER_EQUAL, 0xffffffff, 0xffffffff, true),
        ORDERED(&word, ES_GREATER, 3, 4, true),
        ORDERED(&word, ES_GREATER, 3, 3, false),
        ORDERED(&word, ES_GREATER, 3, 0x100000000, false),
        ORDERED(&word, ES_GREATER, 0xffffffff, 0xffffffff, false),
        ORDERED(&word, ES_GREATER, 0x7fffffff, 0x80000000, true), /* unsigned */
        NEGATIVE(&word, ES_EQUAL, -100, 0xffffff9c, true),
        NEGATIVE(&word, ES_EQUAL, -100, 0xffffffffffffff9c, true),
        NEGATIVE(&word, ES_EQUAL, -100, 0x1ffffff9c, true),
        NEGATIVE(&word, ES_EQUAL, -100, 0xffffff9d, false),
        NEGATIVE(&word, ES_EQUAL, -100, 100, false),
        NEGATIVE(&word, ES_EQUAL, INT32_MIN, 0x80000000, true),
        NEGATIVE(&word, ES_LESS, -1, 0xfffffffe, true),
        NEGATIVE(&word, ES_LESS, -1, 0xffffffff, false),
        NEGATIVE(&word, ES_GREATER, -2, 0xffffffff, true),
        NEGATIVE(&word, ES_GREATER, -2, 5, false),
        MASKED(&word, 3, 1, 0xfffffffd, true),
        MASKED(&word, 3, 1, 3, false),
        MASKED(&word, 3, 0, 4, true),
        MASKED(&word, 3, 0, 2, false),
        MASKED(&word, 4, 4, 7, true),
        MASKED(&word, 4, 4, 3, false),
        MASKED(&word, 6, 6, 4, false),
        MASKED(&word, 6, 4, 0x100000005, true),
        MASKED(&word, 0xffffffff, 9, 9, true),
        MASKED(&word, 0xffffffff, 9, 0x100000009, true),
        MASKED(&word, 0xffffffff, 9, 8, false),
        BOTH_NEGATIVE(&word, -16, -16, 0xfffffff3, true),
        BOTH_NEGATIVE(&word, -16, -16, 0xffffffe3, false),
        BOTH_NEGATIVE(&word, -1, -1, 0x5ffffffff, true),
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void test_16_bits(void **state)
{
    static const meaning cases[] = {
        ORDERED(&narrow, ES_EQUAL, 0644, 0644, true),
        ORDERED(&narrow, ES_EQUAL, 0644, 0x10000 | 0644, true),
        ORDERED(&narrow, ES_EQUAL, 0644, 0x100000000 | 0644, true),
        ORDERED(&narrow, ES_EQUAL, 0644, 0645, false),
        ORDERED(&narrow, ES_NOT_EQUAL, 0, 0x10000, false),
        ORDERED(&narrow, ES_NOT_EQUAL, 0xffff, 0xffffffffffffffff, false),
        ORDERED(&narrow, ES_NOT_EQUAL, 0xffff, 0xfffe, true),
        ORDERED(&narrow, ES_LESS, 0xffff, 0xfffe, true),
        ORDERED(&narrow, ES_LESS, 0xffff, 0xffff, false),
        ORDERED(&narrow, ES_LESS_OR_EQUAL, 0777, 0x10000, true),
        ORDERED(&narrow, ES_LESS_OR_EQUAL, 0777, 01000, false),
        ORDERED(&narrow, ES_GREATER, 0777, 01000, true),
        ORDERED(&narrow, ES_GREATER, 0777, 0x10000, false),
        ORDERED(&narrow, ES_GREATER_EQUAL, 0x8000, 0x18000, true),
        ORDERED(&narrow, ES_GREATER_EQUAL, 0x8000, 0x17fff, false),
        NEGATIVE(&narrow, ES_EQUAL, -1, 0xffff, true),
        NEGATIVE(&narrow, ES_EQUAL, -1, 0x1ffff, true),
        NEGATIVE(&narrow, ES_EQUAL, -1, 0xfffe, false),
        NEGATIVE(&narrow, ES_EQUAL, INT16_MIN, 0x8000, true),
        MASKED(&narrow, 06000, 0, 0777, true),
        MASKED(&narrow, 06000, 0, 04755, false),
        MASKED(&narrow, 0xffff, 0600, 0xabcd0180, true),
        MASKED(&narrow, 0xffff, 0600, 0601, false),
        BOTH_NEGATIVE(&narrow, -2, -2, 0xffffffff, true),
        BOTH_NEGATIVE(&narrow, -2, -2, 0xfffd, false),
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void test_64_bits(void **state)
{
    static const meaning cases[] = {
        ORDERED(&wide, ES_EQUAL, 5, 5, true),
        ORDERED(&wide, ES_EQUAL, 5, 0x100000005, false),
        ORDERED(&wide, ES_EQUAL, 0x500000005, 0x500000005, true),
        ORDERED(&wide, ES_EQUAL, 0x500000005, 5, false),
        ORDERED(&wide, ES_NOT_EQUAL, 5, 0x100000005, true),
        ORDERED(&wide, ES_NOT_EQUAL, 5, 5, false),
        ORDERED(&wide, ES_LESS, 5, 0x100000000, false),
        ORDERED(&wide, ES_LESS, 5, 4, true),
        ORDERED(&wide, ES_LESS, 0x100000005, 0xffffffff, true),
        ORDERED(&wide, ES_LESS, 0x100000005, 0x100000004, true),
        ORDERED(&wide, ES_LESS, 0x100000005, 0x100000005, false),
        ORDERED(&wide, ES_LESS, 0x100000005, 0x200000000, false),
        ORDERED(&wide, ES_LESS_OR_EQUAL, 0xffffffff, 0x100000000, false),
        ORDERED(&wide, ES_LESS_OR_EQUAL, 0xffffffff, 0xffffffff, true),
        ORDERED(&wide, ES_GREATER_EQUAL, 0x100000005, 5, false),
        ORDERED(&wide, ES_GREATER_EQUAL, 0x100000005, 0x100000005, true),
        ORDERED(&wide, ES_GREATER_EQUAL, 0x100000005, 0x100000004, false),
        ORDERED(&wide, ES_GREATER_EQUAL, 0x100000005, 0x200000000, true),
        ORDERED(&wide, ES_GREATER, 0xffffffff, 0x100000000, true),
        ORDERED(&wide, ES_GREATER, 0xffffffff, 0xffffffff, false),
        ORDERED(&wide, ES_GREATER, UINT64_MAX, UINT64_MAX, false),
        ORDERED(&wide, ES_GREATER, UINT64_MAX - 1, UINT64_MAX, true),
        NEGATIVE(&wide, ES_EQUAL, -1, UINT64_MAX, true),
        NEGATIVE(&wide, ES_EQUAL, -1, 0xffffffff, false),
        NEGATIVE(&wide, ES_EQUAL, INT64_MIN, 0x8000000000000000, true),
        MASKED(&wide, 0x100000001, 0x100000000, 0x1fffffffe, true),
        MASKED(&wide, 0x100000001, 0x100000000, 0xfffffffe, false),
        MASKED(&wide, 0x100000001, 0x100000000, 0x1ffffffff, false),
        MASKED(&wide, 0xff00000000, 0, 0x12345678, true),
        MASKED(&wide, 0xff00000000, 0, 0x112345678, false),
        MASKED(&wide, UINT64_MAX, 7, 0x100000007, false),
        MASKED(&wide, UINT64_MAX, 7, 7, true),
        BOTH_NEGATIVE(&wide, -4, -8, 0xfffffffffffffffb, true),
        BOTH_NEGATIVE(&wide, -4, -8, 0xfffffffb, false),
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void test_pointers(void **state)
{
    static const meaning cases[] = {
        ORDERED(&pointer, ES_EQUAL, 0, 0, true),
        ORDERED(&pointer, ES_EQUAL, 0, 1, false),
        ORDERED(&pointer, ES_EQUAL, 0, 0x100000000, false),
        ORDERED(&pointer, ES_NOT_EQUAL, 0, 0, false),
        ORDERED(&pointer, ES_NOT_EQUAL, 0, 0x100000000, true),
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void test_unknown_widths(void **state)
{
    static const meaning cases[] = {
        ORDERED(&unknown, ES_EQUAL, 5, 5, true),
        ORDERED(&unknown, ES_EQUAL, 5, 0x100000005, false),
        ORDERED(&unknown, ES_NOT_EQUAL, 5, 0x100000005, false),
        ORDERED(&unknown, ES_NOT_EQUAL, 5, 0x100000006, true),
        ORDERED(&unknown, ES_NOT_EQUAL, 5, 5, false),
        ORDERED(&unknown, ES_LESS, 5, 4, true),
        ORDERED(&unknown, ES_LESS, 5, 0x100000004, false),
        ORDERED(&unknown, ES_LESS_OR_EQUAL, 5, 5, true),
        ORDERED(&unknown, ES_LESS_OR_EQUAL, 5, 0x100000005, false),
        ORDERED(&unknown, ES_LESS_OR_EQUAL, 0xffffffff, 0x100000000, false),
        ORDERED(&unknown, ES_GREATER, 5, 6, true),
        ORDERED(&unknown, ES_GREATER, 5, 0x100000006, true),
        ORDERED(&unknown, ES_GREATER, 5, 0x100000005, false),
        ORDERED(&unknown, ES_GREATER_EQUAL, 3, 0x100000002, false),
        ORDERED(&unknown, ES_GREATER_EQUAL, 3, 0x100000003, true),
        NEGATIVE(&unknown, ES_EQUAL, -1, UINT64_MAX, true),
        NEGATIVE(&unknown, ES_EQUAL, -1, 0xffffffff, false),
        NEGATIVE(&unknown, ES_NOT_EQUAL, -1, 0xffffffff, false),
        NEGATIVE(&unknown, ES_NOT_EQUAL, -1, 0x1ffffffff, false),
        NEGATIVE(&unknown, ES_NOT_EQUAL, -1, 0xfffffffffffffffe, true),
        NEGATIVE(&unknown, ES_LESS, -1, 0x1fffffffe, true),
        NEGATIVE(&unknown, ES_LESS, -1, 0x1ffffffff, false),
        NEGATIVE(&unknown, ES_GREATER_EQUAL, -2, 0xfffffffe, false),
        NEGATIVE(&unknown, ES_GREATER_EQUAL, -2, 0xfffffffffffffffe, true),
        MASKED(&unknown, 1, 1, 3, true),
        MASKED(&unknown, 1, 1, 0x100000001, true),
        MASKED(&unknown, 1, 1, 0x100000000, false),
        MASKED(&unknown, 0x100000001, 1, 1, true),
        MASKED(&unknown, 0x100000001, 1, 0x100000001, false),
        MASKED(&unknown, 0xffffffff, 7, 7, true),
        MASKED(&unknown, 0xffffffff, 7, 0x100000007, true),
        MASKED(&unknown, UINT64_MAX, 7, 0x100000007, false),
        MASKED(&unknown, 0xff00000000, 0, 0x12345678, true),
        MASKED(&unknown, 0xff00000000, 0, 0x112345678, false),
        BOTH_NEGATIVE(&unknown, -16, -16, 0xfffffffffffffff1, true),
        BOTH_NEGATIVE(&unknown, -16, -16, 0xfffffff1, false),
    };

    meaning others[COUNT(cases)];

    (void)state;
    check(cases, COUNT(cases));
    memcpy(others, cases, sizeof cases);
    for (size_t i = 0; i < COUNT(others); i++)
        others[i].at = &varying;
    check(others, COUNT(others));
}

/* A datum beyond 32 bits says by itself that all 64 are read. */
static void test_varying_widths_beyond_32_bits(void **state)
{
    static const meaning cases[] = {
        ORDERED(&varying, ES_EQUAL, 0x500000001, 0x500000001, true),
        ORDERED(&varying, ES_EQUAL, 0x500000001, 1, false),
        ORDERED(&varying, ES_EQUAL, 0x500000001, 0x600000001, false),
        ORDERED(&varying, ES_NOT_EQUAL, 0x500000001, 0x500000001, false),
        ORDERED(&varying, ES_NOT_EQUAL, 0x500000001, 1, true),
        ORDERED(&varying, ES_NOT_EQUAL, 0x500000001, 0x600000001, true),
        ORDERED(&varying, ES_LESS, 0x100000000, 0xffffffff, true),
        ORDERED(&varying, ES_LESS, 0x100000000, 0x100000000, false),
        ORDERED(&varying, ES_GREATER, 0x100000000, 0x100000001, true),
        ORDERED(&varying, ES_GREATER, 0x100000000, 0xffffffff, false),
        ORDERED(&varying, ES_GREATER_EQUAL, 0x100000000, 0x100000000, true),
        NEGATIVE(&varying, ES_EQUAL, -0x100000000, 0xffffffff00000000, true),
        NEGATIVE(&varying, ES_EQUAL, -0x100000000, 0, false),
        MASKED(&varying, 0xff00000000, 0x100000000, 0x112345678, true),
        MASKED(&varying, 0xff00000000, 0x100000000, 0x12345678, false),
    };

    (void)state;
    check(cases, COUNT(cases));
}


/* Several comparisons of one rule must all hold, also of one argument. */
static void test_all_comparisons_of_a_rule_hold(void **state)
{
    const es_comparison between[] = {comparison(0, ES_GREATER_EQUAL, 10),
                                     comparison(0, ES_LESS, 20), comparison(0, ES_NOT_EQUAL, 15),
                                     masked_comparison(0, 1, 1)};
    es_policy *policy = new_policy(ES_ARCH_X86_64);
    int32_t number = number_of(ES_ARCH_X86_64, "close");

    (void)state;
    allow(policy, number, between, COUNT(between));
    for (uint64_t value = 0; value < 30; value++) {
        es_call call = call_of(ES_ARCH_X86_64, number, value, 0, 0);
        bool holds = value == 11 || value == 13 || value == 17 || value == 19;
        assert_int_equal(es_policy_decide(policy, &call, 0),
                         holds ? ES_ACTION_ALLOW : DENIED(EPERM));
    }
    es_policy_free(policy);
}

/* ---- What can be made ---- */

static int check_at(const place *at, es_comparison made, es_error *error)
{
    made.argument = (uint8_t)at->argument;
    return es_comparison_check(ES_ARCH_X86_64, number_at(at), &made, error);
}

static void assert_made(const place *at, es_comparison made)
{
    es_error error = {.size = sizeof(es_error), .message = ""};

    if (check_at(at, made, &error) != ES_OK)
        fail_msg("%s", error.message);
}

static void assert_refused(const place *at, es_comparison made, const char *part)
{
    es_error error = ES_ERROR_INIT;

    assert_int_equal(check_at(at, made, &error), ES_ERR_COMPARISON);
    assert_error(&error, ES_ERR_COMPARISON, part);
}

/* A datum fits an argument as a signed or as an unsigned number. */
static void test_limits_of_a_datum(void **state)
{
    static const struct {
        const place *at;
        uint64_t most;
        int64_t least;
    } limits[] = {{&narrow, 0xffff, -0x8000},
                  {&word, 0xffffffff, INT32_MIN},
                  {&wide, UINT64_MAX, INT64_MIN},
                  {&varying, UINT64_MAX, INT64_MIN},
                  {&unknown, 0xffffffff, INT32_MIN}};

    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++) {
        for (es_operator op = ES_LESS; op <= ES_GREATER; op++) {
            assert_made(limits[i].at, comparison(0, op, 0));
            assert_made(limits[i].at, comparison(0, op, limits[i].most));
            assert_made(limits[i].at, negative_comparison(0, op, -1));
            assert_made(limits[i].at, negative_comparison(0, op, limits[i].least));
            if (limits[i].most == UINT64_MAX)
                continue;
            assert_refused(limits[i].at, comparison(0, op, limits[i].most + 1), "");
            assert_refused(limits[i].at, comparison(0, op, UINT64_MAX), "18446744073709551615");
            assert_refused(limits[i].at, negative_comparison(0, op, limits[i].least - 1), "");
            assert_refused(limits[i].at, negative_comparison(0, op, INT64_MIN),
                           "-9223372036854775808");
        }
    }
    assert_refused(&word, comparison(0, ES_EQUAL, 0x100000000), "argument 0 of openat (dirfd)");
    assert_refused(&narrow, comparison(0, ES_EQUAL, 0x10000), "argument 3 of openat (mode)");
    assert_refused(&unknown, comparison(0, ES_EQUAL, 0x100000000), "low 32 bits");
}

static void test_limits_of_a_mask(void **state)
{
    static const es_comparison negative = {
        0, ES_MASKED_EQUAL, 0, ES_NEGATIVE_MASK, (uint64_t)(int64_t)-0x10000, 0};

    (void)state;
    assert_made(&narrow, masked_comparison(0, 0xffff, 0x8001));
    assert_refused(&narrow, masked_comparison(0, 0x10000, 0), "mask 65536");
    assert_refused(&narrow, negative, "mask -65536");
    assert_made(&word, negative);
    assert_made(&word, masked_comparison(0, 0xffffffff, 0xffffffff));
    assert_refused(&word, masked_comparison(0, 0x100000000, 0), "mask");
    assert_made(&wide, masked_comparison(0, UINT64_MAX, 1));
    assert_made(&wide, negative);
    assert_made(&unknown, masked_comparison(0, UINT64_MAX, 1));
    assert_made(&unknown, negative);
}

static void test_a_datum_stays_inside_its_mask(void **state)
{
    static const es_comparison negative_datum = {
        0, ES_MASKED_EQUAL, 0, ES_NEGATIVE_DATUM, 0xffffffff, (uint64_t)(int64_t)-1};

    (void)state;
    assert_refused(&word, masked_comparison(0, 1, 2), "outside its mask");
    assert_refused(&word, masked_comparison(0, 0, 1), "outside its mask");
    assert_refused(&wide, masked_comparison(0, 0xffffffff, 0x100000000), "outside its mask");
    assert_refused(&narrow, masked_comparison(0, 0xff, 0x100), "outside its mask");
    assert_refused(&unknown, masked_comparison(0, 0x100000000, 1), "outside its mask");
    assert_made(&word, masked_comparison(0, 0, 0));
    /* -1 is 0xffffffff where 32 bits are read, and has more bits where 64 are. */
    assert_made(&word, negative_datum);
    assert_refused(&wide, negative_datum, "outside its mask");
    assert_refused(&unknown, negative_datum, "outside its mask");
}

static void test_pointers_are_compared_with_null_only(void **state)
{
    (void)state;
    assert_made(&pointer, comparison(0, ES_EQUAL, 0));
    assert_made(&pointer, comparison(0, ES_NOT_EQUAL, 0));
    assert_refused(&pointer, comparison(0, ES_EQUAL, 1),
                   "argument 1 of openat (path) is a pointer");
    assert_refused(&pointer, negative_comparison(0, ES_EQUAL, -1), "pointer");
    assert_refused(&pointer, masked_comparison(0, 0, 0), "pointer");
    assert_refused(&pointer, masked_comparison(0, UINT64_MAX, 0), "pointer");
    for (es_operator op = ES_LESS; op <= ES_GREATER; op++)
        if (op != ES_EQUAL && op != ES_NOT_EQUAL)
            assert_refused(&pointer, comparison(0, op, 0), "pointer");
}

static void test_what_is_not_read_is_not_compared(void **state)
{
    static const place beyond = {"write", 3}, nothing = {"getpid", 0}, declared = {"read", 2};

    (void)state;
    for (es_operator op = ES_LESS; op <= ES_GREATER; op++)
        assert_refused(&unread, comparison(0, op, 0), "does not read argument 4 of preadv (pos_h)");
    assert_refused(&unread, masked_comparison(0, 0, 0), "it reads: fd, vec, vlen, pos_l");
    assert_refused(&beyond, comparison(0, ES_EQUAL, 0), "it reads: fd, buf, count");
    assert_refused(&nothing, comparison(0, ES_EQUAL, 0), "it reads: nothing");
    assert_made(&declared, comparison(0, ES_EQUAL, 0));
}

/* Without a call, only what is wrong at every width is refused. */
static void test_without_a_call(void **state)
{
    static const es_comparison negative_datum = {0,    ES_MASKED_EQUAL,      0, ES_NEGATIVE_DATUM,
                                                 0xff, (uint64_t)(int64_t)-1};
    const es_comparison made[] = {comparison(0, ES_EQUAL, UINT64_MAX),
                                  negative_comparison(0, ES_EQUAL, INT64_MIN),
                                  masked_comparison(5, UINT64_MAX, 1), masked_comparison(0, 0, 0)};
    const es_comparison refused[] = {masked_comparison(0, 1, 2), masked_comparison(0, 0, 1),
                                     masked_comparison(0, 0xffffffff, 0x100000000), negative_datum};
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++)
        assert_int_equal(es_comparison_check(0, -1, &made[i], &error), ES_OK);
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_int_equal(es_comparison_check(0, -1, &refused[i], &error), ES_ERR_COMPARISON);
        assert_error(&error, ES_ERR_COMPARISON, "argument 0");
    }
}

static void test_fields_out_of_range(void **state)
{
    static const es_comparison wrong[] = {
        {6, ES_EQUAL, 0, 0, 0, 0},
        {255, ES_EQUAL, 0, 0, 0, 0},
        {0, ES_MASKED_EQUAL + 1, 0, 0, 0, 0},
        {0, 255, 0, 0, 0, 0},
        {0, ES_EQUAL, ES_DATUM_GIVEN, 0, 0, 0},
        {0, ES_EQUAL, ES_DATUM_OWN_PID, 0, 0, 0},
        {0, ES_EQUAL, 255, 0, 0, 0},
        {0, ES_EQUAL, 0, 4, 0, 0},
        {0, ES_EQUAL, 0, 255, 0, UINT64_MAX},
        {0, ES_EQUAL, 0, ES_NEGATIVE_DATUM, 0, 5},
        {0, ES_MASKED_EQUAL, 0, ES_NEGATIVE_MASK, 1, 1},
        {0, ES_EQUAL, 0, 0, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        es_error error = {.size = sizeof(es_error), .code = -1};
        assert_int_equal(es_comparison_check(ES_ARCH_X86_64, 1, &wrong[i], &error),
                         ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, " ");
        assert_int_equal(es_comparison_check(ES_ARCH_X86_64, -1, &wrong[i], NULL), ES_ERR_ARGUMENT);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_32_bits),
        cmocka_unit_test(test_16_bits),
        cmocka_unit_test(test_64_bits),
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_unknown_widths),
        cmocka_unit_test(test_varying_widths_beyond_32_bits),
        cmocka_unit_test(test_all_comparisons_of_a_rule_hold),
        cmocka_unit_test(test_limits_of_a_datum),
        cmocka_unit_test(test_limits_of_a_mask),
        cmocka_unit_test(test_a_datum_stays_inside_its_mask),
        cmocka_unit_test(test_pointers_are_compared_with_null_only),
        cmocka_unit_test(test_what_is_not_read_is_not_compared),
        cmocka_unit_test(test_without_a_call),
        cmocka_unit_test(test_fields_out_of_range),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
