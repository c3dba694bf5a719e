/* Many rules in one call: the same as one by one, and nothing beyond the bytes is read. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RULES = 40, MOST_SIZE = RULES * (sizeof(es_packed_rule) + 3 * sizeof(es_comparison)) };

typedef struct {
    int32_t number;
    uint32_t count;
    es_comparison comparisons[3];
    uint32_t flags;
} rule;

static rule rule_at(uint32_t index)
{
    rule made = {UNLISTED + (int32_t)(index % 7) * 3, index % 4, {{0}}, 0};

    made.comparisons[0] = comparison(index % 3, ES_NOT_EQUAL, index);
    made.comparisons[1] = masked_comparison(1, 6, index % 2 * 2);
    made.comparisons[2] = negative_comparison(2, ES_GREATER, -1 - (int64_t)index);
    return made;
}

static size_t pack(char *at, const rule *made)
{
    es_packed_rule start = {made->number, made->count, made->flags, 0};
    size_t size = made->count * sizeof(es_comparison);

    memcpy(at, &start, sizeof start);
    memcpy(at + sizeof start, made->comparisons, size);
    return sizeof start + size;
}

static size_t pack_all(char *at)
{
    size_t size = 0;

    for (uint32_t i = 0; i < RULES; i++) {
        rule made = rule_at(i);
        size += pack(at + size, &made);
    }
    return size;
}

static void test_the_same_as_one_by_one(void **state)
{
    es_policy *together = new_policy(0), *single = new_policy(0);
    char bytes[MOST_SIZE];
    size_t size = pack_all(bytes);
    unsigned allowed = 0, calls = 0;

    (void)state;
    assert_int_equal(es_policy_allow_packed(together, bytes, size, NULL), ES_OK);
    for (uint32_t i = 0; i < RULES; i++) {
        rule made = rule_at(i);
        allow(single, made.number, made.comparisons, made.count);
    }
    for (int32_t number = UNLISTED - 1; number < UNLISTED + 25; number++) {
        for (uint64_t value = 0; value < 64; value++, calls++) {
            es_call call = call_of(0, number, value, value % 9, value % 5 - 3);
            uint32_t decision = es_policy_decide(single, &call, 0);
            assert_int_equal(es_policy_decide(together, &call, 0), decision);
            allowed += decision == ES_ACTION_ALLOW;
        }
    }
    assert_in_range(allowed, 1, calls - 1);
    es_policy_free(together);
    es_policy_free(single);
}

/* Copied to every place relative to an aligned one, and to an array that ends with them. */
static void test_anywhere_in_memory(void **state)
{
    char bytes[MOST_SIZE];
    size_t size = pack_all(bytes);
    es_call call = call_of(0, UNLISTED + 1, 5, 0, 0);

    (void)state;
    for (size_t offset = 0; offset < 9; offset++) {
        es_policy *policy = new_policy(0);
        char *copy = malloc(offset + size);
        assert_non_null(copy);
        memcpy(copy + offset, bytes, size);
        assert_int_equal(es_policy_allow_packed(policy, copy + offset, size, NULL), ES_OK);
        free(copy); /* they are copied */
        assert_int_equal(es_policy_decide(policy, &call, 0), DENIED(ENOSYS));
        call.nr = UNLISTED;
        assert_int_equal(es_policy_decide(policy, &call, 0), ES_ACTION_ALLOW);
        call.nr = UNLISTED + 1;
        es_policy_free(policy);
    }
}

static void test_nothing_to_allow(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(es_policy_allow_packed(policy, NULL, 0, NULL), ES_OK);
    assert_int_equal(es_policy_allow_packed(policy, "", 0, NULL), ES_OK);
    es_policy_free(policy);
}

/* Bytes that end within a rule, wherever that is. */
static void test_truncated_bytes(void **state)
{
    char bytes[MOST_SIZE];
    rule made = rule_at(3), before = rule_at(1);
    size_t first = pack(bytes, &before), size = first + pack(bytes + first, &made);

    (void)state;
    for (size_t length = 1; length <= size; length++) {
        es_policy *policy = new_policy(0);
        char *copy = malloc(length); /* so that the sanitizer sees what is read behind it */
        es_error error = {.size = sizeof(es_error), .code = -1};
        bool whole = length == first || length == size;
        assert_non_null(copy);
        memcpy(copy, bytes, length);
        assert_int_equal(es_policy_allow_packed(policy, copy, length, &error),
                         whole ? ES_OK : ES_ERR_ARGUMENT);
        if (!whole)
            assert_error(&error, ES_ERR_ARGUMENT, "end within a rule");
        free(copy);
        es_policy_free(policy);
    }
}

static void test_more_tests_than_bytes(void **state)
{
    static const uint32_t counts[] = {1, 2, INT32_MAX, UINT32_MAX,
                                      UINT32_MAX / sizeof(es_comparison) + 1};
    es_policy *policy = new_policy(0);

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        es_packed_rule start = {1, counts[i], 0, 0};
        es_error error = ES_ERROR_INIT;
        assert_int_equal(es_policy_allow_packed(policy, &start, sizeof start, &error),
                         ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, "end within a rule");
    }
    es_policy_free(policy);
}

/* What es_policy_allow() refuses is refused here. */
static void test_rules_that_cannot_be_made(void **state)
{
    static const rule wrong[] = {{-1, 0, {{0}}, 0},
                                 {ES_MAX_NR + 1, 0, {{0}}, 0},
                                 {UNLISTED, 1, {{6, ES_EQUAL, 0, 0, 0, 0}}, 0},
                                 {UNLISTED, 1, {{0, ES_EQUAL, ES_DATUM_GIVEN, 0, 0, 0}}, 0},
                                 {UNLISTED, 1, {{0, ES_EQUAL, 0, 0, 0, UINT64_MAX}}, 0},
                                 {UNLISTED, 2, {{0}, {255, 255, 255, 255, 1, 1}}, 0},
                                 {UNLISTED, 0, {{0}}, ES_RULE_UNITE + 1},
                                 {UNLISTED, 1, {{0}}, 1u << 31}};

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        es_policy *policy = new_policy(0);
        char bytes[MOST_SIZE];
        rule good = rule_at(1);
        size_t first = pack(bytes, &good), size = first + pack(bytes + first, &wrong[i]);
        const rule *it = &wrong[i];
        int expected = es_policy_allow(policy, it->number, it->comparisons, it->count, it->flags,
                                       NULL);
        es_error error = {.size = sizeof(es_error), .code = -1};
        assert_int_not_equal(expected, ES_OK);
        assert_int_equal(es_policy_allow_packed(policy, bytes, size, &error), expected);
        assert_error(&error, expected, " ");
        es_policy_free(policy);
    }
}

/* What unites is not lifted: the flag is that of its own rule. */
static void test_rules_that_unite(void **state)
{
    static const struct {
        uint32_t first, second;
        int status;
    } cases[] = {{ES_RULE_UNITE, 0, ES_OK},
                 {ES_RULE_UNITE, ES_RULE_UNITE, ES_OK},
                 {0, 0, ES_ERR_CONTRADICTION},
                 {0, ES_RULE_UNITE, ES_ERR_CONTRADICTION}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_policy *policy = new_policy(0);
        char bytes[MOST_SIZE];
        rule limited = rule_at(1), simple = {limited.number, 0, {{0}}, cases[i].second};
        size_t size;
        limited.flags = cases[i].first;
        size = pack(bytes, &limited);
        size += pack(bytes + size, &simple);
        assert_int_equal(es_policy_allow_packed(policy, bytes, size, NULL), ES_OK);
        assert_int_equal(es_policy_check(policy, NULL), cases[i].status);
        es_policy_free(policy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_as_one_by_one),
        cmocka_unit_test(test_anywhere_in_memory),
        cmocka_unit_test(test_nothing_to_allow),
        cmocka_unit_test(test_truncated_bytes),
        cmocka_unit_test(test_more_tests_than_bytes),
        cmocka_unit_test(test_rules_that_cannot_be_made),
        cmocka_unit_test(test_rules_that_unite),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
