/* The shapes that the compiler has to find: long lists, ranges, far jumps, 64-bit arguments. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t write_number(void)
{
    return number_of(0, "write");
}

/* The program's decision; the policy must share it. */
static es_run decide(const es_policy *policy, const es_program *program, const es_call *call)
{
    es_run made = run_of(program, call);

    assert_int_equal(made.action, es_policy_decide(policy, call, 0));
    return made;
}

/* What every program has: the tree over the numbers, and the answers to questions. */
static uint32_t length_of_nothing(void)
{
    es_policy *policy = new_policy(0);
    es_program *program = compile(policy);
    uint32_t length = es_program_length(program);

    es_program_free(program);
    es_policy_free(policy);
    return length;
}

/* ---- Lists of descriptors ---- */

/* Every second number from 0 on is a neighbour to nothing. */
static void test_isolated_descriptors(void **state)
{
    enum { DESCRIPTORS = 3000, MOST_EXECUTED = 40 };
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    for (uint64_t i = 0; i < DESCRIPTORS; i++)
        allow_if(policy, write_number(), comparison(0, ES_EQUAL, 2 * i));
    program = compile(policy);
    assert_in_range(es_program_length(program), DESCRIPTORS, ES_MAX_INSTRUCTIONS);
    for (uint64_t fd = 0; fd < 2 * DESCRIPTORS + 10; fd++) {
        es_call call = call_of(0, write_number(), fd | fd << 40, 0, 0);
        bool listed = fd % 2 == 0 && fd < 2 * DESCRIPTORS;
        es_run made = decide(policy, program, &call);
        assert_int_equal(made.action, listed ? ES_ACTION_ALLOW : DENIED(EPERM));
        assert_in_range(made.executed, 1, MOST_EXECUTED);
        assert_int_equal(made.loaded_arguments, 1);
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* Whatever the order in which they were allowed, and however often. */
static void test_adjacent_descriptors_are_one_range(void **state)
{
    enum { DESCRIPTORS = 2000, FIRST = 100 };
    es_policy *policy = new_policy(0), *range = new_policy(0);
    es_comparison ends[] = {comparison(0, ES_GREATER_EQUAL, FIRST),
                            comparison(0, ES_LESS, FIRST + DESCRIPTORS)};
    es_program *program, *shortest;

    (void)state;
    for (uint64_t i = 0; i < 2 * DESCRIPTORS; i++)
        allow_if(policy, write_number(), comparison(0, ES_EQUAL, FIRST + i * 997 % DESCRIPTORS));
    program = compile(policy);
    allow(range, write_number(), ends, 2);
    shortest = compile(range);
    assert_int_equal(es_program_length(program), es_program_length(shortest));
    for (uint64_t fd = 0; fd < FIRST + DESCRIPTORS + 100; fd++) {
        es_call call = call_of(0, write_number(), fd, 0, 0);
        bool inside = fd >= FIRST && fd < FIRST + DESCRIPTORS;
        assert_int_equal(decide(policy, program, &call).action,
                         inside ? ES_ACTION_ALLOW : DENIED(EPERM));
        assert_int_equal(run_of(shortest, &call).action, run_of(program, &call).action);
    }
    es_program_free(program);
    es_program_free(shortest);
    es_policy_free(policy);
    es_policy_free(range);
}

/* Ranges that leave no value out are no condition: the call loads no argument. */
static void test_ranges_that_cover_everything(void **state)
{
    const es_comparison ranges[] = {comparison(0, ES_LESS, 7), comparison(0, ES_EQUAL, 7),
                                    comparison(0, ES_GREATER, 7)};
    es_policy *policy = new_policy(0);
    es_call call = call_of(0, write_number(), 12345, 0, 0);
    es_program *program;

    (void)state;
    for (size_t i = 0; i < COUNT(ranges); i++)
        allow_uniting(policy, write_number(), &ranges[i], 1);
    program = compile(policy);
    assert_int_equal(decide(policy, program, &call).action, ES_ACTION_ALLOW);
    assert_int_equal(decide(policy, program, &call).loaded_arguments, 0);
    es_program_free(program);
    es_policy_free(policy);
}

/* What nothing satisfies comes first: there is no interval yet, and none is added. */
static void test_what_nothing_satisfies(void **state)
{
    const es_comparison never[] = {comparison(0, ES_LESS, 0), comparison(0, ES_LESS, 7)};
    es_call call = call_of(0, write_number(), 0, 0, 0);

    (void)state;
    for (uint32_t count = 1; count <= COUNT(never); count++) {
        es_policy *policy = new_policy(0);
        es_program *program;
        assert_int_equal(es_policy_allow(policy, write_number(), never, count, 0, NULL), ES_OK);
        program = compile(policy);
        assert_int_equal(decide(policy, program, &call).action, ES_ACTION_ERRNO | EPERM);
        es_program_free(program);
        es_policy_free(policy);
    }
}

/* Alternatives that differ in one argument unite, also after others have united: the product of
 * two lists is as long as their sum. */
static void test_products_of_lists(void **state)
{
    enum { SIDE = 20 };
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "setsockopt");
    es_program *program;

    (void)state;
    for (uint64_t level = 0; level < SIDE; level++) {
        for (uint64_t name = 0; name < SIDE; name++) {
            es_comparison both[] = {comparison(1, ES_EQUAL, 3 * level),
                                    comparison(2, ES_EQUAL, 5 * name)};
            allow(policy, number, both, 2);
        }
    }
    program = compile(policy);
    assert_in_range(es_program_length(program) - length_of_nothing(), 2 * SIDE, 4 * SIDE);
    for (uint64_t level = 0; level < 3 * SIDE + 3; level++) {
        for (uint64_t name = 0; name < 5 * SIDE + 5; name++) {
            es_call call = call_of(0, number, 99, level, name);
            bool listed = level % 3 == 0 && level < 3 * SIDE && name % 5 == 0 && name < 5 * SIDE;
            assert_int_equal(decide(policy, program, &call).action,
                             listed ? ES_ACTION_ALLOW : DENIED(EPERM));
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* Several masks of one argument: what the first leaves in the accumulator is of no use to the
 * next. */
static void test_masks_of_one_argument(void **state)
{
    static const struct {
        uint64_t mask, wanted;
    } masks[] = {{0x06, 0x02}, {0x30, 0x10}, {0x40, 0x40}, {0x180, 0}};
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        es_comparison both[] = {masked_comparison(0, masks[i].mask, masks[i].wanted),
                                comparison(0, ES_NOT_EQUAL, i)};
        allow(policy, write_number(), both, 2);
    }
    program = compile(policy);
    for (uint64_t value = 0; value < 0x400; value++) {
        es_call call = call_of(0, write_number(), value, 0, 0);
        bool listed = false;
        for (size_t i = 0; i < COUNT(masks); i++)
            listed = listed || ((value & masks[i].mask) == masks[i].wanted && value != i);
        assert_int_equal(decide(policy, program, &call).action,
                         listed ? ES_ACTION_ALLOW : DENIED(EPERM));
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* ---- Far jumps ---- */

static bool has_long_jump(const es_program *program)
{
    char *text = malloc(1 << 20);
    bool found;

    assert_non_null(text);
    es_program_disassemble(program, text, 1 << 20);
    found = strstr(text, ": ja ") != NULL;
    free(text);
    return found;
}

/* Many calls with conditions of their own: the tree over the numbers spans the whole program. */
static void test_jumps_farther_than_a_byte(void **state)
{
    enum { CALLS = 400 };
    es_policy *policy = new_policy(ES_ARCH_AARCH64);
    es_program *program;

    (void)state;
    for (int32_t number = 0; number < CALLS; number++) {
        es_comparison own[] = {comparison(5, ES_NOT_EQUAL, (uint64_t)number + 1000),
                               masked_comparison(4, 0x6, (uint64_t)number % 4 * 2)};
        allow(policy, 500 + number, own, 2);
    }
    program = compile(policy);
    assert_in_range(es_program_length(program), 256 * 2, ES_MAX_INSTRUCTIONS);
    assert_true(has_long_jump(program));
    for (int32_t number = -2; number < CALLS + 2; number++) {
        for (unsigned i = 0; i < 16; i++) {
            es_call call = {500 + number, ES_ARCH_AARCH64, 0, {0, 0, 0, 0, 0, 0}};
            call.args[5] = (uint64_t)number + 999 + i / 4;
            call.args[4] = i % 4 * 2;
            decide(policy, program, &call);
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* One long list shared by several calls, whose trees stand far from it. */
static void test_far_shared_tails(void **state)
{
    enum { VALUES = 700, CALLS = 6 };
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    for (int32_t call = 0; call < CALLS; call++) {
        for (uint64_t i = 0; i < VALUES; i++) {
            es_comparison both[] = {comparison(1, ES_EQUAL, 2 * i),
                                    comparison(0, ES_NOT_EQUAL, (uint64_t)call)};
            allow(policy, 2000 + 2 * call, both, 2);
        }
    }
    program = compile(policy);
    assert_in_range(es_program_length(program), VALUES, 4 * VALUES);
    for (int32_t call = 0; call < CALLS; call++) {
        for (uint64_t value = 0; value < 2 * VALUES + 4; value++) {
            es_call own = call_of(0, 2000 + 2 * call, (uint64_t)call, value, 0);
            es_call other = call_of(0, 2000 + 2 * call, 77, value, 0);
            bool listed = value % 2 == 0 && value < 2 * VALUES;
            assert_int_equal(decide(policy, program, &own).action, DENIED(EPERM));
            assert_int_equal(decide(policy, program, &other).action,
                             listed ? ES_ACTION_ALLOW : DENIED(EPERM));
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* A chain of very many alternatives that cannot unite, each failing to the next. */
static void test_long_chains_of_alternatives(void **state)
{
    enum { ALTERNATIVES = 900 };
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "sendto");
    es_program *program;

    (void)state;
    for (uint64_t i = 0; i < ALTERNATIVES; i++) {
        es_comparison both[] = {comparison(0, ES_EQUAL, i),
                                comparison(3, ES_EQUAL, i * i % 8191 + i)};
        allow(policy, number, both, 2);
    }
    program = compile(policy);
    for (uint64_t i = 0; i < ALTERNATIVES + 3; i++) {
        for (uint64_t more = 0; more < 3; more++) {
            es_call call = {number, es_arch_native(), 0, {i, 0, 0, i * i % 8191 + i + more - 1}};
            bool listed = i < ALTERNATIVES && more == 1;
            assert_int_equal(decide(policy, program, &call).action,
                             listed ? ES_ACTION_ALLOW : DENIED(EPERM));
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* ---- 64 bits ---- */

static void test_ranges_across_high_words(void **state)
{
    static const struct {
        uint64_t low, high; /* both included */
    } ranges[] = {{0, 0},
                  {0xfffffffe, 0x100000001},  /* the end of one word, the start of the next */
                  {0x200000005, 0x200000009}, /* inside one */
                  {0x2fffffff0, 0x500000003}, /* over whole words */
                  {0x700000000, 0x7ffffffff}, /* exactly one */
                  {0x800000001, 0x8fffffffe}, /* all but its ends */
                  {0xa00000000, 0xbffffffff}, /* exactly two */
                  {0xfffffffe80000000, 0xffffffff00000000},
                  {UINT64_MAX, UINT64_MAX}};
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "lseek");
    es_program *program;

    (void)state;
    for (size_t i = 0; i < COUNT(ranges); i++) {
        es_comparison ends[] = {comparison(1, ES_GREATER_EQUAL, ranges[i].low),
                                comparison(1, ES_LESS_OR_EQUAL, ranges[i].high)};
        allow(policy, number, ends, 2);
    }
    program = compile(policy);
    for (size_t i = 0; i < COUNT(ranges); i++) {
        uint64_t near[] = {ranges[i].low,  ranges[i].low - 1,  ranges[i].low + 1,
                           ranges[i].high, ranges[i].high - 1, ranges[i].high + 1,
                           ranges[i].low & ~UINT64_C(0xffffffff), ranges[i].low | 0xffffffff,
                           ranges[i].low ^ UINT64_C(1) << 32, ranges[i].high ^ UINT64_C(1) << 63};
        for (size_t j = 0; j < COUNT(near); j++) {
            es_call call = call_of(0, number, 3, near[j], 0);
            bool inside = false;
            for (size_t k = 0; k < COUNT(ranges); k++)
                inside = inside || (near[j] >= ranges[k].low && near[j] <= ranges[k].high);
            assert_int_equal(decide(policy, program, &call).action,
                             inside ? ES_ACTION_ALLOW : DENIED(EPERM));
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* ---- Too long ---- */

static void test_too_long(void **state)
{
    enum { DESCRIPTORS = 6000 };
    es_policy *policy = new_policy(0);
    es_program *program = (es_program *)(void *)&policy; /* only to see it stay */
    es_filter *filter = (es_filter *)(void *)&policy;
    unsigned instructions = 0, rules = 0;
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit(policy, "BasicCapabilities", "");
    for (uint64_t i = 0; i < DESCRIPTORS; i++)
        allow_if(policy, write_number(), comparison(0, ES_EQUAL, 2 * i));
    assert_int_equal(es_compile(policy, &program, &error), ES_ERR_TOO_LONG);
    assert_int_equal(sscanf(error.message, "the filter has %u instructions", &instructions), 1);
    /* One for each value, and the tree over them. */
    assert_in_range(instructions, DESCRIPTORS, 2 * DESCRIPTORS);
    assert_error(&error, ES_ERR_TOO_LONG, "4096");
    assert_error(&error, ES_ERR_TOO_LONG, "Custom has the most rules");
    assert_int_equal(sscanf(strstr(error.message, "Custom"), "Custom has the most rules (%u",
                            &rules),
                     1);
    assert_int_equal(rules, DESCRIPTORS);
    assert_int_equal(es_prepare(policy, NULL, &filter, &error), ES_ERR_TOO_LONG);
    assert_ptr_equal(program, &policy);
    assert_ptr_equal(filter, &policy);
    es_policy_free(policy);
}

/* The message names the rule set with most rules, not the one that came last. */
static void test_too_long_names_the_largest(void **state)
{
    es_policy *policy = new_policy(0);
    es_program *program;
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (int64_t fd = 0; fd < 6000; fd++)
        permit_fd(policy, "SystemIO", "allow_file_write", 2 * fd);
    permit(policy, "BasicCapabilities", "");
    allow_if(policy, number_of(0, "chdir"), comparison(0, ES_EQUAL, 0));
    assert_int_equal(es_compile(policy, &program, &error), ES_ERR_TOO_LONG);
    assert_error(&error, ES_ERR_TOO_LONG, "SystemIO has the most rules");
    es_policy_free(policy);
}

/* The longest that fits is decided right; one more value is refused. */
static void test_the_limit(void **state)
{
    es_policy *policy = new_policy(0);
    es_program *program = NULL, *longer;
    uint64_t values = 0;
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (;; values++) {
        if (values > 2900) {
            int status = es_compile(policy, &longer, &error);
            if (status == ES_ERR_TOO_LONG)
                break;
            assert_int_equal(status, ES_OK);
            es_program_free(program);
            program = longer;
        }
        assert_in_range(values, 0, ES_MAX_INSTRUCTIONS);
        allow_if(policy, write_number(), comparison(0, ES_EQUAL, 2 * values));
    }
    assert_error(&error, ES_ERR_TOO_LONG, "the filter has 409");
    assert_in_range(es_program_length(program), ES_MAX_INSTRUCTIONS - 4, ES_MAX_INSTRUCTIONS);
    for (uint64_t fd = 0; fd < 2 * values + 4; fd++) {
        es_call call = call_of(0, write_number(), fd, 0, 0);
        bool listed = fd % 2 == 0 && fd < 2 * values - 2;
        assert_int_equal(run_of(program, &call).action, listed ? ES_ACTION_ALLOW : DENIED(EPERM));
    }
    es_program_free(program);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isolated_descriptors),
        cmocka_unit_test(test_adjacent_descriptors_are_one_range),
        cmocka_unit_test(test_ranges_that_cover_everything),
        cmocka_unit_test(test_what_nothing_satisfies),
        cmocka_unit_test(test_products_of_lists),
        cmocka_unit_test(test_masks_of_one_argument),
        cmocka_unit_test(test_jumps_farther_than_a_byte),
        cmocka_unit_test(test_far_shared_tails),
        cmocka_unit_test(test_long_chains_of_alternatives),
        cmocka_unit_test(test_ranges_across_high_words),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_too_long_names_the_largest),
        cmocka_unit_test(test_the_limit),
    };
    return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
