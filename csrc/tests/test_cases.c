/* How much work conditions of many comparisons make: steps are counted, since seconds tell of the
 * machine. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Every interval and every predicate that is noted or moved, and every comparison of two while
 * sorting. */
static unsigned long steps;

static int (*compared)(const void *a, const void *b);

static int counted(const void *a, const void *b)
{
    steps++;
    return compared(a, b);
}

static void sort_and_count(void *items, size_t count, size_t size,
                           int (*compare)(const void *a, const void *b))
{
    compared = compare;
    qsort(items, count, size, counted);
}

static void *move_and_count(void *to, const void *from, size_t size)
{
    steps += size / 2 / sizeof(uint64_t);
    return memmove(to, from, size);
}

#undef ES_ARRAY_ROOM
#undef memmove
#define ES_ARRAY_ROOM(arena, array)                                                                \
    (steps++, ES_ARRAY_RESERVE(arena, array, (array)->count + 1))
#define qsort sort_and_count
#define memmove move_and_count
#define es_cases_collect collect_and_count
#include "program/cases.c"

/* The steps for one rule of so many comparisons, and how many intervals are left. */
static unsigned long steps_for(es_comparison (*make)(uint64_t i), uint32_t count,
                               uint32_t *intervals)
{
    es_comparison *comparisons = calloc(count, sizeof *comparisons);
    es_policy *policy = new_policy(0);
    const es_policy_call *call;
    es_arena arena = {0};
    es_cases cases = {.arena = &arena};
    int32_t number = number_of(0, "lseek");

    assert_non_null(comparisons);
    for (uint32_t i = 0; i < count; i++)
        comparisons[i] = make(i);
    allow(policy, number, comparisons, count);
    call = es_policy_find(policy, number);
    steps = 0;
    assert_true(es_cases_collect(&cases, policy, call, call->first));
    *intervals = cases.intervals.count;
    es_arena_free(&arena);
    es_policy_free(policy);
    free(comparisons);
    return steps;
}

/* In an order that is neither up nor down. */
static uint64_t scattered(uint64_t i)
{
    return i * 7919 % 8192 * 3;
}

static es_comparison not_equal(uint64_t i)
{
    return comparison(1, ES_NOT_EQUAL, scattered(i));
}

static es_comparison masked(uint64_t i)
{
    return masked_comparison(2, scattered(i) << 1 | 1, 1);
}

/* Twice the comparisons take hardly more than twice the steps; with a square it would be four
 * times as many. */
static void assert_grows_slowly(es_comparison (*make)(uint64_t i))
{
    enum { FEW = 1024, TIMES = 4 };
    uint32_t left;
    unsigned long few = steps_for(make, FEW, &left);
    unsigned long many = steps_for(make, FEW * TIMES, &left);

    assert_true(few >= FEW);
    assert_true(many < few * TIMES * 3 / 2);
}

static void test_many_not_equal(void **state)
{
    enum { COUNT_OF_HOLES = 4000 };
    uint32_t left;

    (void)state;
    assert_grows_slowly(not_equal);
    steps_for(not_equal, COUNT_OF_HOLES, &left);
    assert_int_equal(left, COUNT_OF_HOLES); /* before the first, 0, there is nothing */
}

static void test_many_masks(void **state)
{
    (void)state;
    assert_grows_slowly(masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_not_equal),
        cmocka_unit_test(test_many_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
