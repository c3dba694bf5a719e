/*
 * Rules that together allow everything, and rules that nothing satisfies, beside brute force: data
 * and masks are so near to 0 and to the largest number that few values stand for all.
 *
 *     ES_TEST_SEED    where to begin, random unless told
 */
#include "support.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "policy/cover.h"

enum { NEAR = 8, MOST_RULES = 7, MOST_COMPARISONS = 3, MOST_VALUES = 150, RANDOM_RULES = 40000 };

/* A call with two arguments of these widths. */
typedef struct {
    int32_t number;
    unsigned first, second;
} place;

typedef struct {
    uint32_t count;
    es_comparison comparisons[MOST_COMPARISONS];
} rule;

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    uint64_t word = state += 0x9e3779b97f4a7c15;

    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return (uint32_t)((word ^ word >> 31) % limit);
}

static place random_place(void)
{
    const place places[] = {{number_of(0, "openat"), 0, 3}, /* 32 and 16 bits */
                            {number_of(0, "lseek"), 0, 1},  /* 32 and 64 bits */
                            {number_of(0, "openat"), 1, 2}, /* a pointer and 32 bits */
                            {UNLISTED, 2, 5}};              /* unknown */
    return places[below(COUNT(places))];
}

static uint64_t largest_of(place at, unsigned argument)
{
    int width = es_syscall_width(0, at.number, argument);

    return width == ES_WIDTH_16 ? UINT16_MAX : width == ES_WIDTH_32 ? UINT32_MAX : UINT64_MAX;
}

/* Both ends of the low and of the high word: all else is like one of these. */
static uint32_t list_values(uint64_t values[MOST_VALUES])
{
    static const uint64_t high_words[] = {0, 77, UINT32_MAX};
    uint32_t count = 0;

    for (unsigned i = 0; i < COUNT(high_words); i++) {
        for (uint64_t low = 0; low < 2 * NEAR; low++) {
            values[count++] = high_words[i] << 32 | low;
            values[count++] = high_words[i] << 32 | (UINT32_MAX - low);
        }
        for (uint64_t low = 0; low < NEAR; low++)
            values[count++] = high_words[i] << 32 | 0x12300 | low;
    }
    return count;
}

static es_comparison random_comparison(place at)
{
    es_comparison made;

    do {
        unsigned argument = below(2) ? at.first : at.second;
        uint64_t largest = largest_of(at, argument);
        made = comparison(argument, (es_operator)below(7), below(NEAR));
        if (es_syscall_width(0, at.number, argument) == ES_WIDTH_POINTER)
            made = comparison(argument, below(2) ? ES_EQUAL : ES_NOT_EQUAL, 0);
        else if (below(4) == 0)
            made.datum = largest - made.datum;
        if (made.op == ES_MASKED_EQUAL) {
            made.mask = below(2) ? below(NEAR) : largest - below(NEAR);
            made.datum &= made.mask;
        }
    } while (es_comparison_check(0, at.number, &made, NULL) != ES_OK);
    return made;
}

static rule random_rule(place at)
{
    rule made = {1 + below(MOST_COMPARISONS), {{0}}};

    for (uint32_t i = 0; i < made.count; i++)
        made.comparisons[i] = random_comparison(at);
    return made;
}

/* For how many pairs of values does the policy allow the call? */
static uint32_t count_allowed(const es_policy *policy, place at, const uint64_t *values,
                              uint32_t count)
{
    es_call call = call_of(0, at.number, 0, 0, 0);
    uint32_t allowed = 0;

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            call.args[at.first] = values[i];
            call.args[at.second] = values[j];
            allowed += es_policy_decide(policy, &call, 0) == ES_ACTION_ALLOW;
        }
    }
    return allowed;
}

static bool has_simple(place at, const rule *rules, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        es_policy *policy = new_policy(0);
        bool simple;
        allow(policy, at.number, rules[i].comparisons, rules[i].count);
        allow(policy, at.number, NULL, 0);
        simple = es_policy_check(policy, NULL) == ES_OK;
        es_policy_free(policy);
        if (simple)
            return true;
    }
    return false;
}

/* Do the rules allow everything together?  *soon: that is seen long before the search of a policy
 * gives up. */
static bool cover(place at, const rule *rules, uint32_t count, bool *soon)
{
    es_condition conditions[MOST_RULES];
    uint8_t widths[6];
    int32_t steps = INT32_MAX;
    bool all;

    for (unsigned i = 0; i < COUNT(widths); i++)
        widths[i] = (uint8_t)es_syscall_width(0, at.number, i);
    for (uint32_t i = 0; i < count; i++)
        conditions[i] = (es_condition){rules[i].comparisons, rules[i].count, 0, false};
    all = es_conditions_cover(widths, conditions, count, &steps);
    *soon = INT32_MAX - steps < ES_COVER_STEPS / 4;
    return all;
}

static void print_rule(place at, const rule *made)
{
    print_error("of call %" PRId32 ":", at.number);
    for (uint32_t i = 0; i < made->count; i++)
        print_error(" {%u, %u, mask 0x%" PRIx64 ", 0x%" PRIx64 "}", made->comparisons[i].argument,
                    made->comparisons[i].op, made->comparisons[i].mask,
                    made->comparisons[i].datum);
    print_error("\n");
}

static void print_rules(place at, const rule *rules, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        print_rule(at, &rules[i]);
}

static void start(void)
{
    const char *seed = getenv("ES_TEST_SEED");

    assert_int_equal(getrandom(&state, 4, 0), 4);
    if (seed)
        state = strtoull(seed, NULL, 0);
    print_message("ES_TEST_SEED=%" PRIu64 "\n", state);
}

static void test_rules_of_one_call(void **unused)
{
    uint64_t values[MOST_VALUES];
    uint32_t count = list_values(values), covered = 0, uncovered = 0;

    (void)unused;
    start();
    while (covered < 300 || uncovered < 300) {
        place at = random_place();
        es_policy *policy = new_policy(0), *uniting = new_policy(0);
        rule rules[MOST_RULES];
        uint32_t rule_count = 2 + below(MOST_RULES - 1);
        bool all, soon;
        for (uint32_t i = 0; i < rule_count; i++) {
            rules[i] = random_rule(at);
            allow(policy, at.number, rules[i].comparisons, rules[i].count);
            allow_uniting(uniting, at.number, rules[i].comparisons, rules[i].count);
        }
        if (!has_simple(at, rules, rule_count)) {
            all = count_allowed(policy, at, values, count) == count * count;
            covered += all;
            uncovered += !all;
            if (cover(at, rules, rule_count, &soon) != all ||
                (soon && es_policy_check(policy, NULL) != (all ? ES_ERR_CONTRADICTION : ES_OK))) {
                print_rules(at, rules, rule_count);
                fail_msg("everything is %sallowed, says brute force", all ? "" : "not ");
            }
            assert_int_equal(es_policy_check(uniting, NULL), ES_OK);
        }
        es_policy_free(policy);
        es_policy_free(uniting);
    }
}

static void test_rules_that_nothing_satisfies(void **unused)
{
    uint64_t values[MOST_VALUES];
    uint32_t count = list_values(values), possible = 0;

    (void)unused;
    start();
    for (uint32_t i = 0; i < RANDOM_RULES / 10; i++) {
        place at = random_place();
        rule made = random_rule(at);
        es_policy *policy = new_policy(0);
        es_error error = ES_ERROR_INIT;
        bool can_hold;
        allow(policy, at.number, made.comparisons, made.count);
        can_hold = count_allowed(policy, at, values, count) > 0;
        possible += can_hold;
        if (es_rule_check(0, at.number, made.comparisons, made.count, &error) !=
            (can_hold ? ES_OK : ES_ERR_COMPARISON)) {
            print_rule(at, &made);
            fail_msg("it can %shold, says brute force", can_hold ? "" : "not ");
        }
        es_policy_free(policy);
    }
    assert_in_range(possible, RANDOM_RULES / 100, RANDOM_RULES / 10 - RANDOM_RULES / 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_of_one_call),
        cmocka_unit_test(test_rules_that_nothing_satisfies),
    };
    return cmocka_run_group_tests_name("cover", tests, NULL, NULL);
}
